/* Searching: what somebody typed becomes a query over the words by which texts are found (search_vector in
 * the migrations), and a list takes it as one more thing asked for.
 *
 * A text is found when each typed word is in it: as typed, by its stem in any of the four languages, or as a
 * word that is much like it or has it as a part. Accents, case and ä for ae make no difference; words that
 * hardly mean anything (`für`, `the`) are passed over when others were typed too. */
#ifndef NODE_DB_SEARCH_H
#define NODE_DB_SEARCH_H

#include "node/db/db.h"

/* The condition that a row is found by a query, and is of a kind (search_words_of in the migrations). */
#define DB_SEARCH_FINDS(row, query, kind)                                                                    \
    row ".search_vector @@ (" query "::text || ' & ''kind/' || " kind "::text || '''')::tsquery"

/* The query as a tsquery's text, to be freed; NULL when what was typed has no word: it finds nothing. False
 * after setting a problem. */
bool db_search_query(struct tx *tx, const char *typed, char **query);

/* Learns the words that concurrent changes missed, and forgets those that no text has any more: what was
 * erased does not live on here. Reads all texts' words, so seldom. */
bool db_search_tidy(struct tx *tx);

extern const struct db_statement db_search_statements[];

#endif
