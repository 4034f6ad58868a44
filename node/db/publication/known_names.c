#include "node/db/publication/known_names.h"

#include <stdio.h>

enum { MOMENT, ALL, ADDED, NEIGHBOURS };

/* clang-format off */
#define ORGANISATION_KIND(o) "CASE " o ".sector WHEN 'company' THEN 'company' ELSE 'organisation' END"

/* In the same place as $2, or nobody knows where, beside the one that asks. */
#define NEIGHBOURS_BY(condition)                                                                             \
    "1 + (SELECT count(*) FROM (SELECT FROM organisations o WHERE " condition " "                            \
    "AND coalesce(fold(o.municipality), '') = ANY (ARRAY['', fold($2)]) AND o.id <> me.id LIMIT 9) AS others)"

const struct db_statement db_known_names_statements[] = {
    [MOMENT] = {"known_names_moment", "SELECT n, stamp FROM known_names_changes ORDER BY n DESC LIMIT 1"},
    [ALL] = {"known_names_all",
        "SELECT " ORGANISATION_KIND("o") " AS kind, o.id::text, o.name FROM organisations o "
        "UNION ALL SELECT 'contact', id::text, name FROM contacts "
        "UNION ALL SELECT DISTINCT 'place', '', municipality FROM organisations WHERE municipality IS NOT NULL"},
    /* A row without a kind is a change that adds nothing; the moment itself is the first row. */
    [ADDED] = {"known_names_added",
        "WITH since AS (SELECT c.kind, c.id, c.n FROM known_names_changes c WHERE c.n > $1 "
        "AND EXISTS (SELECT FROM known_names_changes WHERE n = $1 AND stamp = $2::text::uuid)) "
        "SELECT " ORGANISATION_KIND("o") " AS kind, o.id::text, o.name FROM since s JOIN organisations o ON o.id = s.id "
        "UNION ALL SELECT 'contact', c.id::text, c.name FROM since s JOIN contacts c ON c.id = s.id "
        "UNION ALL SELECT DISTINCT 'place', '', o.municipality FROM since s JOIN organisations o ON o.id = s.id "
        "WHERE o.municipality IS NOT NULL "
        "UNION ALL SELECT NULL, NULL, NULL WHERE NOT EXISTS (SELECT FROM since) OR EXISTS (SELECT FROM since WHERE kind IS NULL)"},
    [NEIGHBOURS] = {"known_names_neighbours",
        "SELECT CASE WHEN me.kind IS NULL THEN -1 ELSE " NEIGHBOURS_BY("fold(o.kind) = fold(me.kind)") " END AS same_kind, "
        NEIGHBOURS_BY("o.sector = me.sector") " AS same_sector FROM organisations me WHERE me.id = $1"},
    {NULL, NULL},
};
/* clang-format on */

bool db_known_names_moment(struct tx *tx, struct db_names_moment *moment)
{
    struct db_result *row;

    *moment = (struct db_names_moment){0};
    if (!db_query(tx, &db_known_names_statements[MOMENT], NULL, 0, &row))
        return false;
    if (db_rows(row) > 0) {
        moment->n = db_cell_integer(row, 0, "n");
        snprintf(moment->stamp, sizeof moment->stamp, "%s", db_cell(row, 0, "stamp"));
    }
    db_result_destroy(row);
    return true;
}

bool db_known_names_all(struct tx *tx, struct db_result **rows)
{
    return db_query(tx, &db_known_names_statements[ALL], NULL, 0, rows);
}

bool db_known_names_added(struct tx *tx, const struct db_names_moment *since, struct db_result **rows)
{
    *rows = NULL;
    if (since->n == 0)
        return true;
    if (!DB_QUERY(tx, &db_known_names_statements[ADDED], rows, db_integer(since->n), db_text(since->stamp)))
        return false;
    for (size_t row = 0; row < db_rows(*rows); row++)
        if (!db_cell(*rows, row, "kind")) {
            db_result_destroy(*rows);
            *rows = NULL;
            break;
        }
    return true;
}

struct db_name db_known_names_name(const struct db_result *rows, size_t row)
{
    return (struct db_name){.kind = db_cell(rows, row, "kind"),
                            .id = db_cell(rows, row, "id"),
                            .name = db_cell(rows, row, "name")};
}

bool db_known_names_neighbours(struct tx *tx, const char *organisation_id, const char *municipality,
                               int64_t *same_kind, int64_t *same_sector)
{
    struct db_result *rows;

    if (!DB_QUERY(tx, &db_known_names_statements[NEIGHBOURS], &rows, db_text(organisation_id),
                  db_text(municipality)))
        return false;
    *same_kind = db_cell_integer(rows, 0, "same_kind");
    *same_sector = db_cell_integer(rows, 0, "same_sector");
    db_result_destroy(rows);
    return true;
}
