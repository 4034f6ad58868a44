/* Listings: proposals and offers. Rows come as JSON in the API's form, as somebody of a role reads them, and
 * go as JSON but for the date, which is `day` here (needed_by of a proposal, available_until of an offer). */
#ifndef NODE_DB_DESK_LISTINGS_H
#define NODE_DB_DESK_LISTINGS_H

#include "node/core/workflow.h"
#include "node/db/db.h"
#include "node/db/page.h"

extern const struct db_statement db_listings_statements[];

enum db_listings_sort { LISTINGS_NEWEST, LISTINGS_BY_DAY, LISTINGS_BY_TITLE };

/* Which of a kind, in which order, for whom. */
struct db_listings_filter {
    enum listing_kind kind;
    const char *role;   /* who reads: tells which steps they may take; NULL: the node itself */
    const char *q;      /* NULL here and below: any */
    json_t *states;     /* array of texts */
    json_t *categories; /* array of texts */
    const char *organisation_id;
    const json_t *published; /* boolean */
    enum db_listings_sort sort;
};

bool db_listings_list(struct tx *tx, const struct db_listings_filter *filter, struct db_page *page);
/* *listing is a new reference, NULL when there is none. DB_LOCK: FOR UPDATE. role: see db_listings_filter. */
bool db_listings_read(struct tx *tx, enum listing_kind kind, const char *role, const char *id,
                      enum db_reading reading, json_t **listing);
/* What an import would meet: by external_id if given, else by organisation and title; *listing NULL if
 * nothing. */
bool db_listings_find(struct tx *tx, enum listing_kind kind, const char *external_id,
                      const char *organisation_id, const char *title, json_t **listing);
/* fields with kind and state, and external_source and external_id if any. Gives the next number of the kind.
 */
bool db_listings_insert(struct tx *tx, json_t *fields, char id[37]);
bool db_listings_update(struct tx *tx, const char *id, json_t *changes);
bool db_listings_set_state(struct tx *tx, const char *id, const char *state);
bool db_listings_delete(struct tx *tx, const char *id);
/* For whoever needs nothing of it. */
bool db_listings_exists(struct tx *tx, const char *kind, const char *id, bool *exists);

#endif
