#include "node/work/retention.h"

#include <stdio.h>
#include <string.h>

#include "node/db/entries.h"
#include "node/db/publications.h"
#include "node/db/requests.h"
#include "node/db/streams.h"
#include "node/work/cases.h"
#include "node/work/network.h"
#include "node/work/peers.h"
#include "node/work/publish.h"

enum { EXPIRED_AT_ONCE = 500 };

struct expired {
    const char *origin, *stream;
    struct cursor at;
    const char *object_id, *type;
};

static struct expired expired_row(const struct db_result *rows, size_t row)
{
    return (struct expired){db_cell(rows, row, 0),
                            db_cell(rows, row, 1),
                            {db_cell_integer(rows, row, 2), db_cell_integer(rows, row, 3)},
                            db_cell(rows, row, 4),
                            db_cell(rows, row, 5)};
}

/* What we keep beside a line of ours goes with it: our own answer or note, or what others read of a listing.
 */
static bool forget_own(struct tx *tx, const struct expired *line, struct cursor erased)
{
    if (strcmp(line->stream, "net") == 0)
        return db_publications_expire(tx, line->object_id, line->at, erased);
    return cases_forget(
        tx, line->type,
        &(struct db_letter){.direction = "out", .peer = line->stream + strlen("to/"), .at = line->at});
}

/* One `erase` names all expired lines of one stream. */
static bool erase_stream(struct tx *tx, const struct node *node, const char *stream,
                         const struct db_result *rows)
{
    json_t *cursors = json_array(), *body = json_pack("{s:O}", "entries", cursors);
    char id[ENTRY_UUID_SIZE];
    struct publish_item item = {.stream = stream, .type = "erase", .id = id, .body = body};
    bool ok = true;

    node_uuid(id);
    for (size_t row = 0; ok && row < db_rows(rows); row++) {
        struct expired line = expired_row(rows, row);
        struct db_erased erased;
        char text[CURSOR_SIZE];

        if (strcmp(line.stream, stream) != 0)
            continue;
        cursor_format(line.at, text);
        json_array_append_new(cursors, json_string(text));
        ok = db_entries_erase(tx, node->authority, stream, line.at, &erased);
    }
    ok = ok && publish_append(tx, node, &item, 1);
    for (size_t row = 0; ok && row < db_rows(rows); row++) {
        struct expired line = expired_row(rows, row);

        ok = strcmp(line.stream, stream) != 0 || forget_own(tx, &line, item.at);
    }
    json_decref(cursors);
    json_decref(body);
    return ok;
}

static bool seen_before(const struct db_result *rows, size_t row)
{
    for (size_t i = 0; i < row; i++)
        if (strcmp(db_cell(rows, i, 1), db_cell(rows, row, 1)) == 0)
            return true;
    return false;
}

bool retention_erase_own(struct tx *tx, const struct node *node, bool *more)
{
    struct db_result *rows;
    bool ok = true;

    if (!db_entries_expired(tx, node->authority, true, &rows))
        return false;
    *more = db_rows(rows) == EXPIRED_AT_ONCE;
    for (size_t row = 0; ok && row < db_rows(rows); row++)
        if (!seen_before(rows, row))
            ok = erase_stream(tx, node, db_cell(rows, row, 1), rows);
    db_result_destroy(rows);
    return ok;
}

bool retention_erase_others(struct tx *tx, const struct node *node, bool *more)
{
    struct db_result *rows;
    bool ok = true;

    if (!db_entries_expired(tx, node->authority, false, &rows))
        return false;
    *more = db_rows(rows) == EXPIRED_AT_ONCE;
    for (size_t row = 0; ok && row < db_rows(rows); row++) {
        struct expired line = expired_row(rows, row);

        ok = network_forget(tx, line.origin, line.stream, line.at);
    }
    db_result_destroy(rows);
    return ok;
}

bool retention_forget_nonces(struct tx *tx, const struct node *node, bool *more)
{
    (void)node;
    *more = false;
    return db_relax(tx) && db_requests_expire(tx, tx->now);
}

bool retention_take_keys(struct tx *tx, const struct node *node, bool *more)
{
    *more = false;
    return peers_take_due_keys(tx, node);
}
