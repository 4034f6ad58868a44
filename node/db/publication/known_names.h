/* Every name this node knows: organisations, companies, contacts, and the places it may say aloud. */
#ifndef NODE_DB_PUBLICATION_KNOWN_NAMES_H
#define NODE_DB_PUBLICATION_KNOWN_NAMES_H

#include "node/db/db.h"

extern const struct db_statement db_known_names_statements[];

/* A moment in the history of the names: the newest change. */
struct db_names_moment {
    int64_t n;      /* 0: there was none yet */
    char stamp[37]; /* "" then */
};

bool db_known_names_moment(struct tx *tx, struct db_names_moment *moment);
/* All names: rows for db_known_names_name. The caller destroys them. */
bool db_known_names_all(struct tx *tx, struct db_result **rows);
/* What was added since that moment, likewise; *rows NULL when something else happened too, or the moment is
 * of another history: then all must be read. The place of a new organisation is among them. */
bool db_known_names_added(struct tx *tx, const struct db_names_moment *since, struct db_result **rows);
struct db_name {
    const char *kind; /* organisation, company, contact, place */
    const char *id;   /* "" of a place */
    const char *name;
};
/* Borrowed from the rows. */
struct db_name db_known_names_name(const struct db_result *rows, size_t row);

/* How many the node knows that could be meant: organisations of this one's kind (-1: its kind is not
 * recorded), and of its sector, in the municipality or of unknown place, itself included. Counted up to ten:
 * then they are not few. */
bool db_known_names_neighbours(struct tx *tx, const char *organisation_id, const char *municipality,
                               int64_t *same_kind, int64_t *same_sector);

#endif
