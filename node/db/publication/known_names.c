#include "node/db/publication/known_names.h"

#include <stdio.h>

enum { STAMP, NAMES, NEIGHBOURS };

/* clang-format off */
#define STAMP_OF(table)                                                                                      \
    "(SELECT concat(count(*), ' ', bit_xor(hashtextextended(concat(id, version), 0))) FROM " table ")"

const struct db_statement db_known_names_statements[] = {
    /* Over ids and versions, not times: a slow transaction commits with an earlier time than a quick one. */
    [STAMP] = {"directory_stamp",
        "SELECT concat_ws(' ', " STAMP_OF("organisations") ", " STAMP_OF("contacts") ") AS stamp"},
    [NAMES] = {"known_names_compiled",
        "SELECT CASE sector WHEN 'company' THEN 'company' ELSE 'organisation' END AS kind, id::text, name "
        "FROM organisations "
        "UNION ALL SELECT 'contact', id::text, name FROM contacts "
        "UNION ALL SELECT DISTINCT 'place', '', municipality FROM organisations WHERE municipality IS NOT NULL"},
    [NEIGHBOURS] = {"directory_neighbours",
        "SELECT CASE WHEN min(me.kind) IS NULL THEN -1 "
        "ELSE count(*) FILTER (WHERE fold(o.kind) = fold(me.kind)) END AS same_kind, "
        "count(*) FILTER (WHERE o.sector = me.sector) AS same_sector "
        "FROM organisations me JOIN organisations o "
        "ON o.id = me.id OR o.municipality IS NULL OR fold(o.municipality) = fold($2) WHERE me.id = $1"},
    {NULL, NULL},
};
/* clang-format on */

bool db_known_names_stamp(struct tx *tx, char stamp[KNOWN_NAMES_STAMP_SIZE])
{
    struct db_result *rows;

    if (!db_query(tx, &db_known_names_statements[STAMP], NULL, 0, &rows))
        return false;
    snprintf(stamp, KNOWN_NAMES_STAMP_SIZE, "%s", db_cell(rows, 0, "stamp"));
    db_result_destroy(rows);
    return true;
}

bool db_known_names_names(struct tx *tx, struct db_result **rows)
{
    return db_query(tx, &db_known_names_statements[NAMES], NULL, 0, rows);
}

struct db_name db_known_names_name(const struct db_result *rows, size_t row)
{
    return (struct db_name){db_cell(rows, row, "kind"), db_cell(rows, row, "id"), db_cell(rows, row, "name")};
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
