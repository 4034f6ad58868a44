#include "node/db/witness.h"

enum { READ, SAY, BELIEVE, PEER };

/* clang-format off */
const struct db_statement db_witness_statements[] = {
    [READ] = {"witness_read",
        "SELECT extract(epoch FROM now())::bigint AS database, n.clock_said AS said, "
        "(SELECT s.issued_at FROM streams s WHERE s.origin = n.authority AND s.name = 'net' AND s.epoch = n.epoch) AS head, "
        "EXISTS (SELECT FROM peers WHERE state = 'active' AND abs(heard_at - $1) <= $2) AS peer "
        "FROM (SELECT 1) AS one LEFT JOIN node_state n ON true"},
    [SAY] = {"witness_say", "UPDATE node_state SET clock_said = $1"},
    [BELIEVE] = {"witness_believe", "UPDATE node_state SET clock_said = $1 WHERE abs(clock_said - $1) > 3600"},
    [PEER] = {"witness_peer", "UPDATE peers SET heard_at = $2 WHERE authority = $1"},
    {NULL, NULL},
};
/* clang-format on */

bool db_witness_read(struct tx *tx, int64_t now, struct leap_witness *witness)
{
    struct db_result *row;

    if (!DB_QUERY(tx, &db_witness_statements[READ], &row, db_integer(now), db_integer(LEAP_SECONDS)))
        return false;
    *witness = (struct leap_witness){.database = db_cell_integer(row, 0, "database"),
                                     .head = db_cell_integer(row, 0, "head"),
                                     .said = db_cell_integer(row, 0, "said"),
                                     .peer = db_cell_boolean(row, 0, "peer")};
    db_result_destroy(row);
    return true;
}

bool db_witness_person(struct tx *tx, int64_t now)
{
    return DB_QUERY(tx, &db_witness_statements[SAY], NULL, db_integer(now));
}

bool db_witness_believe(struct tx *tx, int64_t now)
{
    return DB_QUERY(tx, &db_witness_statements[BELIEVE], NULL, db_integer(now));
}

bool db_witness_peer(struct tx *tx, const char *authority, int64_t date)
{
    return DB_QUERY(tx, &db_witness_statements[PEER], NULL, db_text(authority), db_integer(date));
}
