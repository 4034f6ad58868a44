#include "node/db/network/names.h"

#include <stdlib.h>

/* As many as a registry can have named here at all. */
enum { WAITING_MAX = 1000 };

enum { TAKE, PUT_OFF, WITHDRAW, DUE };

/* clang-format off */
const struct db_statement db_names_statements[] = {
    /* until: when the office will have brought no more than it may. */
    [TAKE] = {"names_take",
        "INSERT INTO office_pace AS p (office, until) VALUES ($1, now() + interval '1 hour' / $2::bigint) ON CONFLICT (office) "
        "DO UPDATE SET until = greatest(p.until, now()) + interval '1 hour' / $2::bigint WHERE p.until < now() + interval '1 hour'"},
    [PUT_OFF] = {"names_put_off",
        "INSERT INTO waiting_names AS w (office, authority, body) SELECT $1, $2, $3 "
        "WHERE (SELECT count(*) FROM waiting_names WHERE office = $1) < $4"},
    [WITHDRAW] = {"names_withdraw", "DELETE FROM waiting_names WHERE office = $1 AND authority = $2 RETURNING body"},
    [DUE] = {"names_due",
        "SELECT DISTINCT ON (w.office) w.office, w.authority FROM waiting_names w JOIN peers o ON o.authority = w.office "
        "JOIN office_pace p ON p.office = w.office WHERE o.state = 'active' AND o.member AND p.until < now() + interval '1 hour' "
        "ORDER BY w.office, w.since, w.authority"},
    {NULL, NULL},
};
/* clang-format on */

/* Did it change anything? Ends it. */
static bool changed(struct db_result *result)
{
    bool any = db_affected(result) > 0;

    db_result_destroy(result);
    return any;
}

bool db_names_take(struct tx *tx, const char *office, int64_t an_hour, bool *may)
{
    struct db_result *result;

    if (!DB_QUERY(tx, &db_names_statements[TAKE], &result, db_text(office), db_integer(an_hour)))
        return false;
    *may = changed(result);
    return true;
}

bool db_names_put_off(struct tx *tx, const char *office, const char *authority, const json_t *body, bool *put)
{
    char *text = json_dumps(body, JSON_COMPACT);
    struct db_result *result;
    bool ok;

    if (!text)
        return problem_set(tx->problem, PROBLEM_INTERNAL, "Out of memory.");
    ok = DB_QUERY(tx, &db_names_statements[PUT_OFF], &result, db_text(office), db_text(authority),
                  db_text(text), db_integer(WAITING_MAX));
    free(text);
    *put = ok && changed(result);
    return ok;
}

bool db_names_withdraw(struct tx *tx, const char *office, const char *authority, json_t **body)
{
    struct db_result *row;

    if (!DB_QUERY(tx, &db_names_statements[WITHDRAW], &row, db_text(office), db_text(authority)))
        return false;
    if (body)
        *body = NULL;
    if (body && db_rows(row) > 0)
        *body = json_loads(db_cell(row, 0, "body"), 0, NULL);
    db_result_destroy(row);
    return true;
}

bool db_names_due(struct tx *tx, json_t **names)
{
    static const struct db_json_column columns[] = {{NULL, DB_JSON_STRING}};
    struct db_result *rows;

    if (!db_query(tx, &db_names_statements[DUE], NULL, 0, &rows))
        return false;
    *names = db_rows_json(rows, columns);
    db_result_destroy(rows);
    return true;
}
