#include "node/db/search.h"

#include <stdlib.h>
#include <string.h>

enum { QUERY, TIDY };

/* clang-format off */
/* Bounds of what one search may cost: more typed words than eight narrow nothing, and of the words that one is like the
 * fifty likest are looked for. What is less so than the likest is noise, unless it has that, or the word, as a part. */
#define TERMS "8"
#define ALIKE "50"
#define NOISE "0.9"
#define STEMS(term) \
    "to_tsvector('german', " term ") || to_tsvector('dutch', " term ") || to_tsvector('french', " term ") || " \
    "to_tsvector('english', " term ") || to_tsvector('simple', " term ")"
#define MEANS_LITTLE(term) \
    "'' IN (to_tsvector('german', " term ")::text, to_tsvector('dutch', " term ")::text, " \
    "to_tsvector('french', " term ")::text, to_tsvector('english', " term ")::text)"

const struct db_statement db_search_statements[] = {
    /* No word has a quote, or anything else that is no letter or digit: plain() makes none. */
    [QUERY] = {"search_query",
        "WITH typed AS (SELECT term, " MEANS_LITTLE("term") " AS little FROM "
        "unnest(tsvector_to_array(to_tsvector('simple', plain($1)))) AS term ORDER BY 2, length(term) DESC, term LIMIT " TERMS "), "
        "terms AS (SELECT term FROM typed WHERE NOT little OR NOT EXISTS (SELECT FROM typed WHERE NOT little)) "
        "SELECT string_agg(f.either, ' & ') AS query FROM terms t CROSS JOIN LATERAL (SELECT '(' || "
        "string_agg('''' || word || '''', ' | ') || ')' AS either FROM (SELECT unnest(tsvector_to_array(" STEMS("t.term") ")) AS word "
        "UNION (SELECT word FROM (SELECT word, likeness, max(likeness) OVER () AS most, "
        "first_value(word) OVER (ORDER BY likeness DESC, length(word), word) AS likest FROM (SELECT w.word, "
        "word_similarity(t.term, w.word) AS likeness FROM search_words w WHERE w.word %> t.term AND search_learnable(t.term)) AS w) AS w "
        "WHERE likeness >= " NOISE " * most OR strpos(word, likest) > 0 OR strpos(word, (SELECT stem FROM "
        "unnest(tsvector_to_array(" STEMS("t.term") ")) AS stem ORDER BY length(stem), stem LIMIT 1)) > 0 "
        "ORDER BY likeness DESC, length(word), word LIMIT " ALIKE ")) AS words) AS f"},
    [TIDY] = {"search_tidy",
        "WITH used AS MATERIALIZED (SELECT word FROM ts_stat('SELECT search_vector FROM listings UNION ALL "
        "SELECT search_vector FROM organisations UNION ALL SELECT search_vector FROM network_items') WHERE search_learnable(word)), "
        "missed AS (INSERT INTO search_words SELECT word FROM used u WHERE NOT EXISTS (SELECT FROM search_words w WHERE w.word = u.word)) "
        "DELETE FROM search_words w WHERE NOT EXISTS (SELECT FROM used u WHERE u.word = w.word) OR EXISTS (SELECT FROM search_words twin "
        "WHERE twin.word = w.word AND twin.ctid < w.ctid)"},
    {NULL, NULL},
};
/* clang-format on */

bool db_search_query(struct tx *tx, const char *typed, char **query)
{
    struct db_result *row;
    const char *text;

    *query = NULL;
    if (!DB_QUERY(tx, &db_search_statements[QUERY], &row, db_text(typed)))
        return false;
    text = db_cell(row, 0, "query");
    if (text)
        *query = strdup(text);
    db_result_destroy(row);
    return !text || *query || problem_set(tx->problem, PROBLEM_INTERNAL, "There is no memory for a search.");
}

bool db_search_tidy(struct tx *tx)
{
    return db_query(tx, &db_search_statements[TIDY], NULL, 0, NULL);
}
