/* What other towns read of our listings, where it stands in our stream, and who has got it. */
#ifndef NODE_DB_PUBLICATION_PUBLICATIONS_H
#define NODE_DB_PUBLICATION_PUBLICATIONS_H

#include "node/db/db.h"
#include "protocol/chain.h"

extern const struct db_statement db_publications_statements[];

/* What a publication may tell of a listing, and no more of it: *source {id, kind, organisation_id, title,
 * text, language, help, municipality, day, state}, a new reference; NULL when there is no such listing. LOCK:
 * nobody else changes the listing until the transaction ends. */
bool db_publications_source(struct tx *tx, const char *kind, const char *listing_id, enum db_reading reading,
                            json_t **source);

/* *publication: rev, epoch, seq, body, wording, coarsened, accepted, current (what is published is what is
 * recorded), at, held_at, erased_at, erase_epoch, erase_seq, organisation_id (whose); NULL when never
 * published. */
bool db_publications_read(struct tx *tx, const char *listing_id, json_t **publication);

struct db_publication {
    const char *listing_id;
    int64_t rev;
    struct cursor at;
    json_t *body;     /* borrowed, as published */
    json_t *wording;  /* borrowed: members of the body that differ from the listing */
    json_t *accepted; /* borrowed: array, fingerprints of the findings that were overridden */
    bool coarsened;
};

/* Published, or published anew: what is recorded now counts as published. */
bool db_publications_save(struct tx *tx, const struct db_publication *publication);
/* Only the state in the body changed: wording and source stay. */
bool db_publications_restate(struct tx *tx, const struct db_publication *publication);
/* It cannot be renewed as it stands: it waits for somebody to look at it. */
bool db_publications_hold(struct tx *tx, const char *listing_id);
/* Withdrawn: the text is gone here too. */
bool db_publications_erase(struct tx *tx, const char *listing_id, struct cursor at);

/* The time of this line is over: if it is what others read, they cannot read it any more, from `at` on. */
bool db_publications_expire(struct tx *tx, const char *listing_id, struct cursor line, struct cursor at);
/* What stands after the place up to which the peer had read when it ceased to be active: array of {id, kind,
 * state, organisation_id, body, coarsened, accepted, keep_until (seconds)}; locked. */
bool db_publications_withheld(struct tx *tx, const char *peer, json_t **publications);
/* What stands in an epoch that is over, and is not held back: array of {id}, at most 500. */
bool db_publications_outdated(struct tx *tx, json_t **publications);
/* That one, if it still does, as of those that were withheld. */
bool db_publications_outdated_one(struct tx *tx, const char *listing_id, json_t **publications);

/* Whom an entry in `net` goes to: array of {authority, name}. */
bool db_publications_recipients(struct tx *tx, json_t **recipients);
/* Who has acknowledged our `net` up to a place: array of {authority, name, <member>: time or null}. Of an
 * erasure also those are told that are no longer active. */
bool db_publications_delivered(struct tx *tx, struct cursor at, json_t **recipients);
bool db_publications_erased(struct tx *tx, struct cursor at, json_t **recipients);

#endif
