#include "node/db/say/entries.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    EPOCHS,
    LINES,
    CHAIN,
    FOLLOWED,
    NEWEST_HEAD,
    OPEN,
    LOCK,
    INSERT,
    QUARANTINE,
    ADVANCE,
    VOUCH,
    FREEZE,
    DISCARD_LINES,
    DISCARD_EPOCHS,
    STEP_BACK,
    LOSE,
    SHOW_ANEW,
    REWIND,
    OPENED,
    KEYS,
    UNAPPLIED,
    HELD,
    APPLIED,
    NAMED_TYPES,
    ERASE,
    UNCOVERED,
    EXPIRED,
    WITHHOLD
};

/* clang-format off */
/* What an array of "E.S" names, each once. */
#define NAMED \
    "(SELECT DISTINCT split_part(text, '.', 1)::bigint AS epoch, split_part(text, '.', 2)::bigint AS seq " \
    "FROM json_array_elements_text($3::json) AS text) n "
#define OF_STREAM  "FROM entries e JOIN streams s ON s.id = e.stream_id WHERE s.origin = $1 AND s.name = $2 "

const struct db_statement db_entries_statements[] = {
    [EPOCHS] = {"entries_epochs",
        "SELECT id, epoch, seq, lost_seq, issued_at, head FROM streams WHERE origin = $1 AND name = $2 AND seq > 0 ORDER BY epoch"},
    /* The inner limit keeps a long history from being summed up for each page. */
    [LINES] = {"entries_lines",
        "SELECT seq, type, line, digest, chain, head FROM (SELECT *, sum(octets) OVER (ORDER BY seq) AS total FROM "
        "(SELECT seq, type, line, digest, chain, head, coalesce(octet_length(line), 80) + 1 AS octets FROM entries "
        "WHERE stream_id = $1 AND seq > $2 ORDER BY seq LIMIT 5000) AS next) AS summed WHERE total <= $3 ORDER BY seq"},
    [CHAIN] = {"entries_chain", "SELECT e.chain " OF_STREAM "AND s.epoch = $3 AND e.seq = $4"},
    [KEYS] = {"entries_keys", "SELECT e.line " OF_STREAM "AND e.type IN ('epoch', 'key') "
        "AND s.epoch = (SELECT max(epoch) FROM streams WHERE origin = $1 AND name = $2) ORDER BY e.seq DESC LIMIT 100"},
    [FOLLOWED] = {"entries_followed",
        "SELECT s.id, s.epoch, s.seq, s.chain, s.key, s.settled, s.frozen, v.epoch AS vouched_epoch, v.vouched_seq, s.head "
        "FROM streams s "
        "LEFT JOIN LATERAL (SELECT t.epoch, t.vouched_seq FROM streams t WHERE t.origin = $1 AND t.name = $2 "
        "AND t.vouched_seq > 0 ORDER BY t.epoch DESC LIMIT 1) v ON true "
        "WHERE s.origin = $1 AND s.name = $2 AND s.key IS NOT NULL ORDER BY s.epoch DESC LIMIT 1"},
    [NEWEST_HEAD] = {"entries_newest_head",
        "SELECT head FROM streams WHERE origin = $1 AND name = $2 ORDER BY epoch DESC LIMIT 1"},
    [OPEN] = {"entries_open",
        "INSERT INTO streams (origin, name, epoch, chain, settled) VALUES ($1, $2, $3, $4, false) ON CONFLICT DO NOTHING"},
    [LOCK] = {"entries_lock",
        "SELECT id, seq, settled, EXISTS (SELECT FROM streams t WHERE t.origin = $1 AND t.name = $2 AND t.applied_seq < t.seq) AS behind, "
        "coalesce((SELECT max(seq) FROM entries e WHERE e.stream_id = streams.id), 0) AS last "
        "FROM streams WHERE origin = $1 AND name = $2 AND epoch = $3 FOR UPDATE"},
    [INSERT] = {"entries_insert",
        "INSERT INTO entries AS e (stream_id, seq, type, object_id, rev, at, line, digest, chain, status, covered, dropped, "
        "keep_until) SELECT $1, seq, type, object_id, rev, to_timestamp(at), decode(line, 'hex'), decode(digest, 'hex'), decode(chain, 'hex'), "
        "status, covered, dropped, to_timestamp(keep_until) FROM json_to_recordset($2::json) AS l(seq bigint, type text, object_id uuid, "
        "rev bigint, at bigint, line text, digest text, chain text, status text, covered boolean, dropped boolean, keep_until bigint) "
        "ON CONFLICT (stream_id, seq) DO UPDATE SET type = excluded.type, object_id = excluded.object_id, rev = excluded.rev, "
        "at = excluded.at, line = excluded.line, status = excluded.status, covered = excluded.covered, dropped = excluded.dropped, "
        "keep_until = excluded.keep_until, received_at = now() WHERE e.dropped AND e.digest = excluded.digest"},
    [QUARANTINE] = {"entries_quarantine",
        "UPDATE entries SET status = 'quarantined', keep_until = least(keep_until, to_timestamp($3::bigint)) "
        "WHERE stream_id = $1 AND seq = $2 AND status = 'held'"},
    [ADVANCE] = {"entries_advance",
        "UPDATE streams SET seq = $2, chain = $3, head = $4, issued_at = greatest(issued_at, $5), key = $6, settled = $7 "
        "WHERE id = $1"},
    [VOUCH] = {"entries_vouch",
        "UPDATE streams SET vouched_seq = seq, vouched_head = head, vouched_key = key, "
        "applied_seq = CASE WHEN $3 THEN seq ELSE applied_seq END WHERE origin = $1 AND name = $2 "
        "AND (vouched_seq, vouched_head) IS DISTINCT FROM (seq, head)"},
    [FREEZE] = {"entries_freeze", "UPDATE streams SET frozen = true WHERE origin = $1 AND name = $2 AND epoch = $3"},
    [DISCARD_LINES] = {"entries_discard_lines",
        "DELETE FROM entries e USING streams s WHERE s.id = e.stream_id AND s.origin = $1 AND s.name = $2 "
        "AND s.epoch >= $3 AND s.epoch < $5 "
        "AND e.seq > CASE WHEN s.epoch = $3 THEN greatest($4, s.vouched_seq) ELSE s.vouched_seq END"},
    [DISCARD_EPOCHS] = {"entries_discard_epochs",
        "DELETE FROM streams s WHERE origin = $1 AND name = $2 AND epoch < $3 "
        "AND NOT EXISTS (SELECT FROM entries WHERE stream_id = s.id)"},
    [STEP_BACK] = {"entries_step_back",
        "UPDATE streams s SET seq = e.seq, chain = e.chain, head = s.vouched_head, key = s.vouched_key FROM streams t "
        "CROSS JOIN LATERAL (SELECT seq, chain FROM entries WHERE stream_id = t.id ORDER BY seq DESC LIMIT 1) e "
        "WHERE t.origin = $1 AND t.name = $2 AND t.epoch < $3 AND e.seq < t.seq AND s.id = t.id"},
    /* A line is lost when a later epoch whose word counts from now on goes on from before it, or from nothing. Of a frozen epoch it is not
     * known where its two histories part, unless the next one goes on from what is held here. */
    [LOSE] = {"entries_lose",
        "WITH told AS (SELECT s.id, s.epoch, s.frozen, s.applied_seq = 0 AS fresh, CASE WHEN s.applied_seq = 0 THEN "
        "(SELECT convert_from(e.line, 'UTF8')::jsonb->'body'->'previous' FROM entries e WHERE e.stream_id = s.id AND e.seq = 1) "
        "END AS previous FROM streams s WHERE s.origin = $1 AND s.name = $2), "
        "bounds AS (SELECT id, epoch, frozen AND lead(fresh) OVER (ORDER BY epoch) AS forked, "
        "lead(previous) OVER (ORDER BY epoch) AS next, min(CASE jsonb_typeof(previous) WHEN 'object' THEN "
        "ARRAY[(previous->>'epoch')::bigint, (previous->>'seq')::bigint] WHEN 'null' THEN ARRAY[0, 0]::bigint[] END) OVER (ORDER BY epoch DESC "
        "ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS kept FROM told), "
        "ends AS MATERIALIZED (SELECT id, epoch, kept, forked AND NOT EXISTS (SELECT FROM entries x WHERE x.stream_id = b.id "
        "AND (next->>'epoch')::bigint = b.epoch AND x.seq = (next->>'seq')::bigint "
        "AND rtrim(translate(encode(x.chain, 'base64'), '+/', '-_'), '=') = next->>'chain') AS forked FROM bounds b) "
        "UPDATE entries e SET status = CASE WHEN b.gone THEN 'erased' ELSE 'quarantined' END, "
        "line = CASE WHEN NOT b.gone THEN e.line END, type = CASE WHEN NOT b.gone THEN e.type END, "
        "keep_until = CASE WHEN NOT b.gone THEN e.keep_until END "
        "FROM (SELECT n.stream_id, n.seq, n.keep_until IS NOT NULL AND $2 = 'net' AS gone FROM ends b "
        "JOIN entries n ON n.stream_id = b.id WHERE n.status = 'held' AND (b.forked OR (b.kept[1] <= b.epoch "
        "AND n.seq > CASE WHEN b.kept[1] = b.epoch THEN b.kept[2] ELSE 0 END))) b "
        "WHERE (e.stream_id, e.seq) = (b.stream_id, b.seq)"},
    /* The newest epoch of each first, as who takes a page in. */
    [SHOW_ANEW] = {"entries_show_anew",
        "UPDATE streams s SET applied_seq = 0 FROM (SELECT id FROM streams WHERE origin = $1 "
        "AND ($2::text IS NULL OR name = $2) ORDER BY name, epoch DESC FOR UPDATE) o WHERE s.id = o.id"},
    /* Not over a key that counted since: what was dropped before it is lost here. */
    [REWIND] = {"entries_rewind",
        "UPDATE streams s SET seq = e.seq, chain = e.chain, vouched_seq = least(s.vouched_seq, e.seq), "
        "applied_seq = least(s.applied_seq, e.seq) FROM streams t CROSS JOIN LATERAL (SELECT min(seq) AS seq FROM entries "
        "WHERE stream_id = t.id AND dropped) d JOIN entries e ON e.stream_id = t.id AND e.seq = d.seq - 1 "
        "WHERE s.id = t.id AND t.origin = $1 AND NOT t.frozen "
        "AND NOT EXISTS (SELECT FROM streams n WHERE n.origin = $1 AND n.name = t.name AND n.epoch > t.epoch) "
        "AND NOT EXISTS (SELECT FROM entries k WHERE k.stream_id = t.id AND k.seq > d.seq AND k.type = 'key')"},
    [OPENED] = {"entries_opened",
        "SELECT count(*) AS count FROM streams WHERE origin = $1 AND name = $2 AND opened_at > now() - interval '10 minutes'"},
    [UNAPPLIED] = {"entries_unapplied",
        "SELECT id, epoch, applied_seq, (SELECT max(seq) FROM (SELECT seq, sum(coalesce(octet_length(line), 0)) "
        "OVER (ORDER BY seq) - coalesce(octet_length(line), 0) AS octets FROM entries WHERE stream_id = s.id AND seq > applied_seq AND seq <= least(applied_seq + 200, "
        "vouched_seq)) AS next WHERE octets < 262144) AS until FROM streams s WHERE origin = $1 AND name = $2 "
        "AND applied_seq < vouched_seq ORDER BY epoch LIMIT 1 FOR UPDATE"},
    [APPLIED] = {"entries_applied", "UPDATE streams SET applied_seq = $2 WHERE id = $1"},
    [HELD] = {"entries_held",
        "SELECT e.seq, e.line FROM entries e WHERE e.stream_id = $3 AND e.seq > $5 AND e.seq <= $6 "
        "AND (e.status = 'held' OR (e.status = 'quarantined' AND e.type IS NULL)) AND CASE WHEN e.type IN ('proposal', 'offer') THEN NOT EXISTS (SELECT FROM network_items i WHERE i.origin = $1 "
        "AND i.id = e.object_id AND (i.epoch, i.seq) >= ($4, e.seq)) WHEN e.type = 'member' THEN $7 AND NOT EXISTS (SELECT "
        "FROM streams t JOIN entries n ON n.stream_id = t.id WHERE t.origin = $1 AND t.name = $2 AND t.epoch >= $4 "
        "AND n.object_id = e.object_id AND n.type = 'member' AND n.status = 'held' AND n.line IS NOT NULL "
        "AND n.seq > CASE WHEN t.epoch = $4 THEN e.seq ELSE 0 END AND n.seq <= t.vouched_seq) ELSE true END ORDER BY e.seq"},
    [NAMED_TYPES] = {"entries_named_types",
        "SELECT DISTINCT e.type, e.seq IS NULL AS missing FROM " NAMED
        "LEFT JOIN streams s ON s.origin = $1 AND s.name = $2 AND s.epoch = n.epoch "
        "LEFT JOIN entries e ON e.stream_id = s.id AND e.seq = n.seq WHERE n.epoch = $4"},
    /* Of our own it stays known what they were about, so that `rev` goes on growing. */
    [ERASE] = {"entries_erase",
        "UPDATE entries e SET line = NULL, type = NULL, at = NULL, keep_until = NULL, covered = true, "
        "object_id = CASE WHEN old.ours THEN e.object_id END, rev = CASE WHEN old.ours THEN e.rev END, status = 'erased' "
        "FROM (SELECT e.*, s.epoch, EXISTS (SELECT FROM node_state WHERE authority = $1) AS ours FROM " NAMED
        "JOIN streams s ON s.origin = $1 AND s.name = $2 AND s.epoch = n.epoch "
        "JOIN entries e ON e.stream_id = s.id AND e.seq = n.seq WHERE (e.status <> 'erased' OR NOT e.covered) "
        "AND coalesce(e.type, '') NOT IN ('erase', 'key', 'member', 'epoch') FOR UPDATE OF e) old "
        "WHERE (e.stream_id, e.seq) = (old.stream_id, old.seq) RETURNING old.epoch, old.seq, old.type, old.object_id"},
    [UNCOVERED] = {"entries_uncovered", "SELECT count(*) AS count " OF_STREAM "AND NOT e.covered"},
    [EXPIRED] = {"entries_expired",
        "SELECT s.origin, s.name AS stream, s.epoch, e.seq, e.object_id, e.type FROM entries e "
        "JOIN streams s ON s.id = e.stream_id WHERE e.keep_until <= now() AND e.line IS NOT NULL "
        "AND (s.origin = $1) = $2 ORDER BY random() LIMIT 500"},
    [WITHHOLD] = {"entries_withhold",
        "UPDATE entries SET line = NULL, type = NULL, object_id = NULL, rev = NULL, at = NULL, keep_until = NULL, "
        "status = 'withheld' WHERE (stream_id, seq) IN (SELECT e.stream_id, e.seq FROM entries e JOIN streams s "
        "ON s.id = e.stream_id WHERE s.origin <> $1 AND e.line IS NOT NULL "
        "AND (e.type IN ('proposal', 'offer') OR (e.type IS NULL AND e.status = 'quarantined')) LIMIT 1000)"},
    {NULL, NULL},
};
/* clang-format on */

static const struct db_statement *statement(int index)
{
    return &db_entries_statements[index];
}

static bool damaged(struct tx *tx, const char *what)
{
    return problem_set(tx->problem, PROBLEM_INTERNAL, "The stored %s is damaged.", what);
}

bool db_entries_epochs(struct tx *tx, const char *origin, const char *name, struct db_epoch **epochs,
                       size_t *count)
{
    struct db_result *rows;

    *count = 0;
    if (!DB_QUERY(tx, statement(EPOCHS), &rows, db_text(origin), db_text(name)))
        return false;
    if (!(*epochs = calloc(db_rows(rows) + 1, sizeof **epochs))) {
        db_result_destroy(rows);
        return problem_set(tx->problem, PROBLEM_INTERNAL, "Out of memory.");
    }
    for (; *count < db_rows(rows); ++*count) {
        struct db_epoch *epoch = &(*epochs)[*count];

        epoch->id = db_cell_integer(rows, *count, "id");
        epoch->epoch = db_cell_integer(rows, *count, "epoch");
        epoch->last = db_cell_integer(rows, *count, "seq");
        epoch->lost = db_cell_integer(rows, *count, "lost_seq");
        epoch->issued_at = db_cell_integer(rows, *count, "issued_at");
        snprintf(epoch->head, sizeof epoch->head, "%s", db_cell(rows, *count, "head"));
    }
    db_result_destroy(rows);
    return true;
}

bool db_entries_lines(struct tx *tx, int64_t stream_id, int64_t from, int64_t octets_max,
                      struct db_result **rows)
{
    return DB_QUERY(tx, statement(LINES), rows, db_integer(stream_id), db_integer(from),
                    db_integer(octets_max));
}

bool db_entries_chain(struct tx *tx, const char *origin, const char *name, struct cursor at,
                      uint8_t chain[CHAIN_SIZE], bool *found)
{
    struct db_result *row;

    *found = at.seq == 0;
    if (at.seq == 0) {
        chain_start(origin, name, at.epoch, chain);
        return true;
    }
    if (!DB_QUERY(tx, statement(CHAIN), &row, db_text(origin), db_text(name), db_integer(at.epoch),
                  db_integer(at.seq)))
        return false;
    *found = db_rows(row) > 0 && db_cell_fixed(row, 0, "chain", chain, CHAIN_SIZE);
    db_result_destroy(row);
    return true;
}

/* A stream that was only just begun has no head. */
static bool read_signer(const char *jws, char signer[KEY_ID_SIZE])
{
    struct head head = {0};

    if (jws && head_parse(jws, strlen(jws), &head, NULL) != ERR_OK)
        return false;
    memcpy(signer, head.key_id, KEY_ID_SIZE);
    return true;
}

bool db_entries_followed(struct tx *tx, const char *origin, const char *name, struct db_followed *followed)
{
    struct db_result *row;
    uint8_t key[KEY_SIZE];
    const char *jws;
    bool ok = true;

    *followed = (struct db_followed){0};
    if (!DB_QUERY(tx, statement(FOLLOWED), &row, db_text(origin), db_text(name)))
        return false;
    if (db_rows(row) > 0) {
        followed->id = db_cell_integer(row, 0, "id");
        followed->position.at =
            (struct cursor){db_cell_integer(row, 0, "epoch"), db_cell_integer(row, 0, "seq")};
        followed->settled = db_cell_boolean(row, 0, "settled");
        followed->frozen = db_cell_boolean(row, 0, "frozen");
        followed->vouched =
            (struct cursor){db_cell_integer(row, 0, "vouched_epoch"), db_cell_integer(row, 0, "vouched_seq")};
        jws = db_cell(row, 0, "head");
        ok = db_cell_fixed(row, 0, "chain", followed->position.chain, CHAIN_SIZE) &&
             read_signer(jws, followed->signer) &&
             (!db_cell(row, 0, "key") || (db_cell_fixed(row, 0, "key", key, KEY_SIZE) &&
                                          (followed->key = key_public_from_raw(key, NULL))));
    }
    db_result_destroy(row);
    return ok || damaged(tx, "position");
}

bool db_entries_newest_head(struct tx *tx, const char *origin, const char *name, char head[HEAD_SIZE])
{
    struct db_result *row;
    const char *text;

    if (!DB_QUERY(tx, statement(NEWEST_HEAD), &row, db_text(origin), db_text(name)))
        return false;
    text = db_rows(row) > 0 ? db_cell(row, 0, "head") : NULL;
    snprintf(head, HEAD_SIZE, "%s", text ? text : "");
    db_result_destroy(row);
    return true;
}

bool db_entries_lock(struct tx *tx, const char *origin, const char *name, int64_t epoch,
                     struct db_locked *locked)
{
    struct db_result *row;
    uint8_t start[CHAIN_SIZE];

    chain_start(origin, name, epoch, start);
    if (!DB_QUERY(tx, statement(OPEN), NULL, db_text(origin), db_text(name), db_integer(epoch),
                  db_octets(start, CHAIN_SIZE)) ||
        !DB_QUERY(tx, statement(LOCK), &row, db_text(origin), db_text(name), db_integer(epoch)))
        return false;
    *locked = (struct db_locked){.id = db_cell_integer(row, 0, "id"),
                                 .seq = db_cell_integer(row, 0, "seq"),
                                 .settled = db_cell_boolean(row, 0, "settled"),
                                 .behind = db_cell_boolean(row, 0, "behind"),
                                 .last = db_cell_integer(row, 0, "last")};
    db_result_destroy(row);
    return true;
}

bool db_entries_opened(struct tx *tx, const char *origin, const char *name, int64_t *count)
{
    struct db_result *row;

    if (!DB_QUERY(tx, statement(OPENED), &row, db_text(origin), db_text(name)))
        return false;
    *count = db_cell_integer(row, 0, "count");
    db_result_destroy(row);
    return true;
}

static void put_text(struct buffer *out, const char *name, const char *text)
{
    if (!text)
        return;
    buffer_printf(out, ",\"%s\":", name);
    db_json_text(out, text, strlen(text));
}

static void put_number(struct buffer *out, const char *name, int64_t number)
{
    if (number)
        buffer_printf(out, ",\"%s\":%lld", name, (long long)number);
}

static void put_octets(struct buffer *out, const char *name, const uint8_t *data, size_t size)
{
    static const char digits[] = "0123456789abcdef";

    if (size == 0)
        return;
    buffer_printf(out, ",\"%s\":\"", name);
    for (size_t i = 0; i < size; i++)
        buffer_append(out, (const char[]){digits[data[i] >> 4], digits[data[i] & 15]}, 2);
    buffer_puts(out, "\"");
}

static void put_line(struct buffer *out, const struct db_line *line)
{
    buffer_printf(out, "%s{\"seq\":%lld,\"status\":\"%s\",\"covered\":%s,\"dropped\":%s",
                  out->size == 1 ? "" : ",", (long long)line->seq, line->status,
                  line->covered ? "true" : "false", line->dropped ? "true" : "false");
    put_text(out, "type", line->type);
    put_text(out, "object_id", line->object_id);
    put_number(out, "rev", line->rev);
    put_number(out, "at", line->at);
    put_number(out, "keep_until", line->keep_until);
    put_octets(out, "line", line->line.data, line->line.size);
    put_octets(out, "digest", line->digest, CHAIN_SIZE);
    put_octets(out, "chain", line->chain, CHAIN_SIZE);
    buffer_puts(out, "}");
}

bool db_entries_insert(struct tx *tx, int64_t stream_id, const struct db_line *lines, size_t count)
{
    struct buffer rows = {0};
    bool ok;

    buffer_puts(&rows, "[");
    for (size_t i = 0; i < count; i++)
        put_line(&rows, &lines[i]);
    buffer_puts(&rows, "]");
    ok = rows.failed
             ? problem_set(tx->problem, PROBLEM_INTERNAL, "Out of memory.")
             : DB_QUERY(tx, statement(INSERT), NULL, db_integer(stream_id), db_text((const char *)rows.data));
    buffer_free(&rows);
    return ok;
}

bool db_entries_quarantine(struct tx *tx, int64_t stream_id, int64_t seq, int64_t keep_until)
{
    return DB_QUERY(tx, statement(QUARANTINE), NULL, db_integer(stream_id), db_integer(seq),
                    db_integer(keep_until));
}

bool db_entries_advance(struct tx *tx, int64_t stream_id, const struct head *head, const char *jws,
                        const uint8_t key[KEY_SIZE], bool settled)
{
    return DB_QUERY(tx, statement(ADVANCE), NULL, db_integer(stream_id), db_integer(head->position.at.seq),
                    db_octets(head->position.chain, CHAIN_SIZE), db_text(jws), db_integer(head->issued_at),
                    db_octets(key, KEY_SIZE), db_boolean(settled));
}

bool db_entries_vouch(struct tx *tx, const char *origin, const char *name, bool applied)
{
    return DB_QUERY(tx, statement(VOUCH), NULL, db_text(origin), db_text(name), db_boolean(applied));
}

bool db_entries_freeze(struct tx *tx, const char *origin, const char *name, int64_t epoch)
{
    return DB_QUERY(tx, statement(FREEZE), NULL, db_text(origin), db_text(name), db_integer(epoch));
}

bool db_entries_discard(struct tx *tx, const char *origin, const char *name, struct cursor linked,
                        int64_t before_epoch)
{
    return DB_QUERY(tx, statement(DISCARD_LINES), NULL, db_text(origin), db_text(name),
                    db_integer(linked.epoch), db_integer(linked.seq), db_integer(before_epoch)) &&
           DB_QUERY(tx, statement(DISCARD_EPOCHS), NULL, db_text(origin), db_text(name),
                    db_integer(before_epoch)) &&
           DB_QUERY(tx, statement(STEP_BACK), NULL, db_text(origin), db_text(name), db_integer(before_epoch));
}

bool db_entries_lose(struct tx *tx, const char *origin, const char *name, bool *lost)
{
    struct db_result *result;

    if (!DB_QUERY(tx, statement(LOSE), &result, db_text(origin), db_text(name)))
        return false;
    *lost = db_affected(result) > 0;
    db_result_destroy(result);
    return true;
}

bool db_entries_show_anew(struct tx *tx, const char *origin, const char *name)
{
    return DB_QUERY(tx, statement(SHOW_ANEW), NULL, db_text(origin), db_text(name));
}

bool db_entries_rewind(struct tx *tx, const char *origin)
{
    return DB_QUERY(tx, statement(REWIND), NULL, db_text(origin));
}

/* NULL when the line names no key, or another one. */
static struct key_public *key_of_line(const struct buffer *line, const char *key_id)
{
    struct entry entry;
    struct key_public *key = NULL;

    if (entry_parse((const char *)line->data, line->size, &entry, NULL) != ERR_OK)
        return NULL;
    key = key_public_from_jwk(json_object_get(entry.body, "jwk"), NULL);
    entry_finish(&entry);
    if (key && strcmp(key_public_id(key), key_id) == 0)
        return key;
    key_public_destroy(key);
    return NULL;
}

static struct key_public *key_of_row(const struct db_result *rows, size_t row, const char *key_id)
{
    struct buffer line = {0};
    struct key_public *key = db_cell_octets(rows, row, "line", &line) ? key_of_line(&line, key_id) : NULL;

    buffer_free(&line);
    return key;
}

static bool row_names(const struct db_result *rows, size_t row, const char *key_id)
{
    struct key_public *key = key_of_row(rows, row, key_id);

    key_public_destroy(key);
    return key != NULL;
}

bool db_entries_own_key(struct tx *tx, const char *origin, const char *name, const char *key_id,
                        struct key_public **key)
{
    struct db_result *rows;

    *key = NULL;
    if (!DB_QUERY(tx, statement(KEYS), &rows, db_text(origin), db_text(name)))
        return false;
    for (size_t row = 0; row < db_rows(rows) && !*key; row++)
        *key = key_of_row(rows, row, key_id);
    db_result_destroy(rows);
    return true;
}

bool db_entries_key_retired(struct tx *tx, const char *origin, const struct key_public *key,
                            const struct key_public *current, bool *retired)
{
    struct db_result *rows;
    bool passed = false;

    *retired = false;
    if (!DB_QUERY(tx, statement(KEYS), &rows, db_text(origin), db_text("net")))
        return false;
    for (size_t row = 0; row < db_rows(rows) && !*retired; row++) { /* newest first */
        *retired = passed && row_names(rows, row, key_public_id(key));
        passed = passed || row_names(rows, row, key_public_id(current));
    }
    db_result_destroy(rows);
    return true;
}

bool db_entries_unapplied(struct tx *tx, const char *origin, const char *name, struct db_span *span)
{
    struct db_result *row;

    *span = (struct db_span){0};
    if (!DB_QUERY(tx, statement(UNAPPLIED), &row, db_text(origin), db_text(name)))
        return false;
    if (db_rows(row) > 0)
        *span = (struct db_span){db_cell_integer(row, 0, "id"), db_cell_integer(row, 0, "epoch"),
                                 db_cell_integer(row, 0, "applied_seq"), db_cell_integer(row, 0, "until")};
    db_result_destroy(row);
    return true;
}

bool db_entries_held(struct tx *tx, const char *origin, const char *name, const struct db_span *span,
                     bool registry, struct db_result **rows)
{
    return DB_QUERY(tx, statement(HELD), rows, db_text(origin), db_text(name), db_integer(span->stream_id),
                    db_integer(span->epoch), db_integer(span->from), db_integer(span->to),
                    db_boolean(registry));
}

bool db_entries_applied(struct tx *tx, int64_t stream_id, int64_t seq)
{
    return DB_QUERY(tx, statement(APPLIED), NULL, db_integer(stream_id), db_integer(seq));
}

bool db_entries_erasable(struct tx *tx, const char *origin, const char *name, const json_t *cursors,
                         int64_t epoch, bool *erasable)
{
    char *named = json_dumps(cursors, JSON_COMPACT);
    struct db_result *rows;
    bool ok = named && DB_QUERY(tx, statement(NAMED_TYPES), &rows, db_text(origin), db_text(name),
                                db_text(named), db_integer(epoch));

    free(named);
    if (!ok)
        return false;
    *erasable = true;
    for (size_t row = 0; row < db_rows(rows); row++) {
        const char *type = db_cell(rows, row, "type");

        if (db_cell_boolean(rows, row, "missing") || (type && !entry_erasable(type)))
            *erasable = false;
    }
    db_result_destroy(rows);
    return true;
}

bool db_entries_erase(struct tx *tx, const char *origin, const char *name, const json_t *cursors,
                      struct db_result **rows)
{
    char *named = json_dumps(cursors, JSON_COMPACT);
    bool ok = named && DB_QUERY(tx, statement(ERASE), rows, db_text(origin), db_text(name), db_text(named));

    free(named);
    return ok;
}

bool db_entries_uncovered(struct tx *tx, const char *origin, const char *name, int64_t *count)
{
    struct db_result *row;

    if (!DB_QUERY(tx, statement(UNCOVERED), &row, db_text(origin), db_text(name)))
        return false;
    *count = db_cell_integer(row, 0, "count");
    db_result_destroy(row);
    return true;
}

bool db_entries_expired(struct tx *tx, const char *self, enum db_entries_whose whose, json_t **lines)
{
    static const struct db_json_column columns[] = {
        {"epoch", DB_JSON_INTEGER}, {"seq", DB_JSON_INTEGER}, {NULL, DB_JSON_STRING}};
    struct db_result *rows;

    if (!DB_QUERY(tx, statement(EXPIRED), &rows, db_text(self), db_boolean(whose == DB_ENTRIES_OURS)))
        return false;
    *lines = db_rows_json(rows, columns);
    db_result_destroy(rows);
    return true;
}

bool db_entries_withhold(struct tx *tx, const char *self, bool *more)
{
    struct db_result *result;

    if (!DB_QUERY(tx, statement(WITHHOLD), &result, db_text(self)))
        return false;
    *more = db_affected(result) > 0;
    db_result_destroy(result);
    return true;
}
