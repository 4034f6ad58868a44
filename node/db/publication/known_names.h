/* Every name this node knows: organisations, companies, contacts, and the places it may say aloud. */
#ifndef NODE_DB_PUBLICATION_KNOWN_NAMES_H
#define NODE_DB_PUBLICATION_KNOWN_NAMES_H

#include "node/db/db.h"

extern const struct db_statement db_known_names_statements[];

enum { KNOWN_NAMES_STAMP_SIZE = 128 };

/* A text that differs whenever a name was added, changed or removed. */
bool db_known_names_stamp(struct tx *tx, char stamp[KNOWN_NAMES_STAMP_SIZE]);
/* All of them: rows for db_known_names_name. The caller destroys them. */
bool db_known_names_names(struct tx *tx, struct db_result **rows);
struct db_name {
    const char *kind; /* organisation, company, contact, place */
    const char *id;   /* "" of a place */
    const char *name;
};
/* Borrowed from the rows. */
struct db_name db_known_names_name(const struct db_result *rows, size_t row);

/* How many the node knows that could be meant: organisations of this one's kind (-1: its kind is not
 * recorded), and of its sector, in the municipality or of unknown place. */
bool db_known_names_neighbours(struct tx *tx, const char *organisation_id, const char *municipality,
                               int64_t *same_kind, int64_t *same_sector);

#endif
