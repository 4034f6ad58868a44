#include "node/db/network/room.h"

#include <stdio.h>
#include <string.h>

/* What a line takes besides its octets (row, keys, digests), and how many times the octets of one that is
 * read: it is shown, and its words can be searched for, in the worst case each of them for the first time. As
 * measured. The database counts likewise (entry_room). */
enum { LINE = 250, READ = 10 };

/* As many shares have all those together whom people know through one office alone: names cost it nothing.
 * Each has its equal part of them whatever the others take. */
enum { SHARES_OF_AN_OFFICE = 8 };

enum { FITS, CLOSE, GRANT, CLOSED, OPEN };

/* clang-format off */
const struct db_statement db_room_statements[] = {
    [FITS] = {"room_fits",
        "SELECT mine.octets + $3 <= $2::bigint * (1 + p.grants) AS own, "
        "CASE WHEN NOT p.confirmed AND o.authority IS NOT NULL THEN (SELECT coalesce(sum(s.octets), 0) + $3 <= "
        "$4 * $2::bigint * (1 + o.grants) OR mine.octets + $3 <= $4 * $2::bigint * (1 + o.grants) / "
        "greatest(count(DISTINCT m.authority) FILTER (WHERE m.state <> 'removed' OR s.octets > 0), 1) "
        "FROM peers m LEFT JOIN streams s ON s.origin = m.authority WHERE m.via = p.via AND NOT m.confirmed) "
        "ELSE true END AS shared, p.via FROM peers p LEFT JOIN peers o ON o.authority = p.via CROSS JOIN LATERAL "
        "(SELECT coalesce(sum(octets), 0)::bigint AS octets FROM streams WHERE origin = $1) AS mine WHERE p.authority = $1"},
    [CLOSE] = {"room_close", "UPDATE peers SET full_at = now(), version = version + 1 WHERE authority = $1"},
    [GRANT] = {"room_grant",
        "UPDATE peers SET full_at = NULL, grants = grants + 1, version = version + 1 WHERE authority = $1"},
    [CLOSED] = {"room_closed", "SELECT authority FROM peers WHERE full_at IS NOT NULL ORDER BY authority"},
    [OPEN] = {"room_open", "UPDATE peers SET full_at = NULL, version = version + 1 WHERE authority = $1"},
    {NULL, NULL},
};
/* clang-format on */

int64_t db_room_of(const char *type, size_t octets)
{
    bool read = strcmp(type, "proposal") == 0 || strcmp(type, "offer") == 0;

    return LINE + (int64_t)octets * (read ? READ : 1);
}

bool db_room_fits(struct tx *tx, const char *peer, int64_t share, int64_t octets, struct db_room *room)
{
    struct db_result *row;
    bool own, shared;

    if (!DB_QUERY(tx, &db_room_statements[FITS], &row, db_text(peer), db_integer(share), db_integer(octets),
                  db_integer(SHARES_OF_AN_OFFICE)))
        return false;
    own = db_rows(row) > 0 && db_cell_boolean(row, 0, "own");
    shared = db_rows(row) > 0 && db_cell_boolean(row, 0, "shared");
    room->fits = own && shared;
    snprintf(room->whose, sizeof room->whose, "%s", own && !shared ? db_cell(row, 0, "via") : peer);
    db_result_destroy(row);
    return true;
}

bool db_room_close(struct tx *tx, const char *peer)
{
    return DB_QUERY(tx, &db_room_statements[CLOSE], NULL, db_text(peer));
}

bool db_room_grant(struct tx *tx, const char *peer)
{
    return DB_QUERY(tx, &db_room_statements[GRANT], NULL, db_text(peer));
}

bool db_room_open(struct tx *tx, const char *peer)
{
    return DB_QUERY(tx, &db_room_statements[OPEN], NULL, db_text(peer));
}

bool db_room_free(struct tx *tx, int64_t share, json_t **peers)
{
    struct db_result *rows;
    struct db_room room;
    bool ok = true;

    if (!db_query(tx, &db_room_statements[CLOSED], NULL, 0, &rows))
        return false;
    *peers = json_array();
    for (size_t row = 0; ok && row < db_rows(rows); row++) {
        const char *peer = db_cell(rows, row, "authority");

        ok = db_room_fits(tx, peer, share / 10 * 9, 0, &room);
        if (ok && room.fits)
            json_array_append_new(*peers, json_string(peer));
    }
    db_result_destroy(rows);
    return ok;
}
