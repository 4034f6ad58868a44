#include "node/db/clock/jobs.h"

enum { READ, ENDED };

const struct db_statement db_jobs_statements[] = {
    /* Never in the future, even if the database's clock was set back. */
    [READ] = {"jobs_read",
              "SELECT name, (extract(epoch FROM greatest(now() - ended_at, '0')) * 1000)::bigint AS ago, "
              "failures FROM jobs ORDER BY name"},
    [ENDED] = {"jobs_ended", "INSERT INTO jobs (name, failures) VALUES ($1, $2) "
                             "ON CONFLICT (name) DO UPDATE SET ended_at = now(), failures = $2"},
    {NULL, NULL},
};

bool db_jobs_read(struct tx *tx, json_t **jobs)
{
    static const struct db_json_column columns[] = {
        {"ago", DB_JSON_INTEGER}, {"failures", DB_JSON_INTEGER}, {NULL, DB_JSON_STRING}};
    struct db_result *rows;

    if (!db_query(tx, &db_jobs_statements[READ], NULL, 0, &rows))
        return false;
    *jobs = db_rows_json(rows, columns);
    db_result_destroy(rows);
    return true;
}

bool db_jobs_ended(struct tx *tx, const char *name, int64_t failures)
{
    return DB_QUERY(tx, &db_jobs_statements[ENDED], NULL, db_text(name), db_integer(failures));
}
