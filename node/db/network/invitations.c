#include "node/db/network/invitations.h"

#include <stdio.h>

#include "protocol/authority.h"

enum { ADD, LIST, FIND, USE };

/* clang-format off */
const struct db_statement db_invitations_statements[] = {
    [ADD] = {"invitations_add",
        "INSERT INTO invitations (token_hash, label, expires_at) VALUES ($1, $2, to_timestamp($3::bigint)) "
        "RETURNING id, label, " DB_TIME("expires_at") " AS expires_at"},
    [LIST] = {"invitations_list",
        "SELECT id, label, " DB_TIME("created_at") " AS created_at, " DB_TIME("expires_at") " AS expires_at, "
        DB_TIME("used_at") " AS used_at, used_by FROM invitations ORDER BY invitations.created_at DESC LIMIT 1000"},
    /* A used one is known for good: whoever used it may ask again. */
    [FIND] = {"invitations_find",
        "SELECT used_by FROM invitations WHERE token_hash = $1 AND (used_at IS NOT NULL OR expires_at > now()) FOR UPDATE"},
    [USE] = {"invitations_use", "UPDATE invitations SET used_at = now(), used_by = $2 WHERE token_hash = $1"},
    {NULL, NULL},
};
/* clang-format on */

bool db_invitations_add(struct tx *tx, const uint8_t token_hash[32], const char *label, int64_t expires_at,
                        json_t **invitation)
{
    struct db_result *row;

    if (!DB_QUERY(tx, &db_invitations_statements[ADD], &row, db_octets(token_hash, 32), db_text(label),
                  db_integer(expires_at)))
        return false;
    *invitation = db_row_json(row, 0, NULL);
    db_result_destroy(row);
    return true;
}

bool db_invitations_list(struct tx *tx, json_t **items)
{
    struct db_result *rows;

    if (!db_query(tx, &db_invitations_statements[LIST], NULL, 0, &rows))
        return false;
    *items = db_rows_json(rows, NULL);
    db_result_destroy(rows);
    return true;
}

bool db_invitations_find(struct tx *tx, const uint8_t token_hash[32], enum db_invitation *state,
                         char *used_by)
{
    struct db_result *row;
    const char *town;

    if (!DB_QUERY(tx, &db_invitations_statements[FIND], &row, db_octets(token_hash, 32)))
        return false;
    town = db_rows(row) > 0 ? db_cell(row, 0, "used_by") : NULL;
    *state = db_rows(row) == 0 ? DB_INVITATION_NONE : town ? DB_INVITATION_USED : DB_INVITATION_OPEN;
    snprintf(used_by, AUTHORITY_SIZE, "%s", town ? town : "");
    db_result_destroy(row);
    return true;
}

bool db_invitations_use(struct tx *tx, const uint8_t token_hash[32], const char *authority)
{
    return DB_QUERY(tx, &db_invitations_statements[USE], NULL, db_octets(token_hash, 32), db_text(authority));
}
