#include "node/work/say/writer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/base/random.h"
#include "node/db/say/entries.h"
#include "node/db/say/streams.h"
#include "node/work/leap.h"

#include "protocol/check.h"
#include "protocol/origin.h"
#include "protocol/page.h"

enum { KEEP_DAYS = 365, DAY = 86400 };

int64_t writer_keep_until(int64_t now)
{
    return now + (int64_t)KEEP_DAYS * DAY;
}

static bool refused(struct tx *tx, const struct err *err)
{
    return problem_set(tx->problem, PROBLEM_INTERNAL, "This could not be written into the stream: %s",
                       err->text);
}

/* Numbers, chains, signs and stores entries at the end of a locked stream. The entries' bodies stay the
 * caller's. */
static bool store_entries(struct tx *tx, const struct node *node, int64_t id, struct origin_stream *stream,
                          struct entry *entries, size_t count)
{
    struct origin_line *lines = calloc(count, sizeof *lines);
    char head[HEAD_SIZE];
    struct err err = {0};
    bool ok = false;

    if (!lines)
        return problem_set(tx->problem, PROBLEM_INTERNAL, "Out of memory.");
    for (size_t i = 0; i < count; i++) {
        random_octets(entries[i].salt, sizeof entries[i].salt);
        entries[i].at = tx->now;
    }
    if (origin_append(stream, entries, count, node->key, tx->now, lines, head, &err) != ERR_OK)
        refused(tx, &err);
    else
        ok = db_streams_append(tx, id, stream, entries, lines, count, head);
    origin_lines_finish(lines, count);
    free(lines);
    return ok;
}

static json_t *previous_json(const struct position *previous)
{
    char chain[BYTES_B64U_SIZE(CHAIN_SIZE)];
    json_t *object;

    if (!previous)
        return json_null();
    bytes_b64u_encode(previous->chain, CHAIN_SIZE, chain);
    object = json_object();
    json_object_set_new(object, "epoch", json_integer(previous->at.epoch));
    json_object_set_new(object, "seq", json_integer(previous->at.seq));
    json_object_set_new(object, "chain", json_string(chain));
    return object;
}

/* Begins `epoch` of a stream with its `epoch` entry (SPEC.md 11.9); previous is NULL for a stream that never
 * was. */
static bool begin_stream(struct tx *tx, const struct node *node, const char *name, int64_t epoch,
                         const struct position *previous, int64_t *id, struct origin_stream *stream)
{
    const struct key_public *key = key_private_public(node->key);
    struct entry entry = {.type = "epoch", .rev = 1};
    bool ok;

    *stream = (struct origin_stream){.position.at.epoch = epoch};
    snprintf(stream->origin, sizeof stream->origin, "%s", node->authority);
    snprintf(stream->name, sizeof stream->name, "%s", name);
    chain_start(stream->origin, stream->name, epoch, stream->position.chain);
    if (!db_streams_create(tx, stream, key_public_raw(key), id))
        return false;
    random_uuid(entry.id);
    entry.body = json_object();
    json_object_set_new(entry.body, "previous", previous_json(previous));
    json_object_set_new(entry.body, "jwk", key_public_to_jwk(key));
    ok = store_entries(tx, node, *id, stream, &entry, 1);
    json_decref(entry.body);
    return ok;
}

/* Else it is a restored backup or a promoted replica, and what it wrote since is lost to it (SPEC.md 6.5). */
static bool same_database(const struct db_node_state *state)
{
    return state->exists && strcmp(state->opened_in.system_identifier, state->now.system_identifier) == 0 &&
           state->opened_in.timeline == state->now.timeline &&
           state->opened_in.database_oid == state->now.database_oid;
}

static bool authority_belongs(struct tx *tx, const struct node *node, const struct db_node_state *state)
{
    return !state->exists || strcmp(state->authority, node->authority) == 0 ||
           problem_set(
               tx->problem, PROBLEM_CONFLICT,
               "This database belongs to the node %s, but the configuration says %s. Nothing was changed. "
               "Use the right database, or the right authority.",
               state->authority, node->authority);
}

static bool key_belongs(struct tx *tx, const struct node *node, const struct db_node_state *state)
{
    if (!authority_belongs(tx, node, state))
        return false;
    if (state->exists && memcmp(state->key, key_public_raw(key_private_public(node->key)), KEY_SIZE) != 0)
        return problem_set(
            tx->problem, PROBLEM_CONFLICT,
            "The signing key is not the one this node's streams are signed with. Nothing was changed. "
            "Restore the key file.");
    return true;
}

bool writer_check(struct tx *tx, const struct node *node)
{
    struct db_node_state state;

    return db_streams_state(tx, DB_STREAMS_READ, &state) && key_belongs(tx, node, &state);
}

/* Named in `erase` entries of as many as one may name; *at is where the last one stands. */
static bool erase_in_parts(struct tx *tx, const struct node *node, const char *stream, const json_t *cursors,
                           struct cursor *at)
{
    bool ok = true;

    for (size_t from = 0; ok && from < json_array_size(cursors); from += ENTRY_ERASE_MAX) {
        json_t *some = json_array();

        for (size_t i = from; i < json_array_size(cursors) && i < from + ENTRY_ERASE_MAX; i++)
            json_array_append(some, json_array_get(cursors, i));
        ok = writer_erase_lines(tx, node, stream, some, at);
        json_decref(some);
    }
    return ok;
}

/* Whoever followed another history of ours has not read what was erased in this one (SPEC.md 6.5). */
static bool erase_again(struct tx *tx, const struct node *node, const char *stream, int64_t epoch)
{
    json_t *cursors = NULL;
    struct cursor at;
    bool ok = db_streams_erased_lines(tx, node->authority, stream, &cursors) &&
              erase_in_parts(tx, node, stream, cursors, &at) &&
              db_streams_begun(tx, node->authority, stream, epoch);

    json_decref(cursors);
    return ok;
}

/* In all streams at once (SPEC.md 6.5). With the state locked for change. */
static bool begin_epoch(struct tx *tx, const struct node *node, struct db_node_state *state, int64_t beyond)
{
    json_t *names = NULL, *name;
    size_t index;
    bool ok;

    /* Nobody would follow an epoch from the day after tomorrow until then. */
    if (!leap_refuse(tx) || !db_streams_names(tx, node->authority, &names))
        return false;
    state->epoch = origin_next_epoch(state->epoch > beyond ? state->epoch : beyond, tx->now);
    ok = state->epoch || problem_set(tx->problem, PROBLEM_INTERNAL, "There is no epoch left to open.");
    snprintf(state->authority, sizeof state->authority, "%s", node->authority);
    memcpy(state->key, key_public_raw(key_private_public(node->key)), KEY_SIZE);
    if (json_array_size(names) == 0)
        json_array_append_new(names, json_string("net"));
    ok = ok && db_streams_state_save(tx, state);
    json_array_foreach (names, index, name) {
        struct origin_stream old, stream;
        int64_t id;

        ok = ok && db_streams_lock(tx, node->authority, json_string_value(name), &id, &old) &&
             begin_stream(tx, node, json_string_value(name), state->epoch, id ? &old.position : NULL, &id,
                          &stream);
    }
    json_array_foreach (names, index, name)
        ok = ok && erase_again(tx, node, json_string_value(name), state->epoch);
    json_decref(names);
    return ok;
}

static bool current_epoch(struct tx *tx, const struct node *node, int64_t *epoch)
{
    struct db_node_state state;

    /* Looked at again with the lock: the key may have been changed while it was waited for (SPEC.md 9.2). */
    if (!leap_refuse(tx) || !writer_settle(tx, node) || !db_streams_state(tx, DB_STREAMS_SHARE, &state) ||
        !key_belongs(tx, node, &state))
        return false;
    *epoch = state.epoch;
    return true;
}

/* Numbers of an epoch that is over. Of what kind those lines were is not known any more. */
static bool erase_numbers(struct tx *tx, const struct node *node, const char *stream,
                          const struct origin_range *range)
{
    json_t *cursors = json_array();
    struct cursor at;
    bool ok;

    for (int64_t seq = range->from + 1; seq <= range->last; seq++) {
        char text[CURSOR_SIZE];

        cursor_format((struct cursor){range->epoch, seq}, text);
        json_array_append_new(cursors, json_string(text));
    }
    ok = erase_in_parts(tx, node, stream, cursors, &at);
    json_decref(cursors);
    return ok;
}

/* Up to which number of an older epoch we have lines, and know what became of the others; known->id 0: it is
 * one too many. */
static bool find_known(struct tx *tx, const struct node *node, const char *name, int64_t epoch,
                       struct db_known *known)
{
    struct origin_stream stream = {.position.at.epoch = epoch};

    if (!db_streams_known(tx, node->authority, name, epoch, known) || known->id != 0)
        return known->id != 0;
    snprintf(stream.origin, sizeof stream.origin, "%s", node->authority);
    snprintf(stream.name, sizeof stream.name, "%s", name);
    chain_start(stream.origin, stream.name, epoch, stream.position.chain);
    return db_streams_remember(tx, &stream, ORIGIN_UNKNOWN_MAX, &known->id);
}

bool writer_erase_lost(struct tx *tx, const struct node *node, const char *stream, struct cursor held)
{
    struct db_known known;
    struct origin_range range;
    int64_t epoch;

    if (!current_epoch(tx, node, &epoch))
        return false;
    /* Until the next epoch is opened nothing of the newest one is lost. */
    if (held.epoch >= epoch)
        return true;
    if (!find_known(tx, node, stream, held.epoch, &known))
        return false;
    range = origin_lost(&(struct origin_epoch){held.epoch, known.last}, known.lost, held.seq);
    if (known.id == 0 || range.from == range.last)
        return true;
    return db_streams_set_lost(tx, known.id, range.last) && erase_numbers(tx, node, stream, &range);
}

bool writer_open_epoch(struct tx *tx, const struct node *node, const struct head *shown)
{
    struct db_node_state state;

    if (!db_streams_state(tx, DB_STREAMS_CHANGE, &state))
        return false;
    if (!key_belongs(tx, node, &state))
        return false;
    /* Several peers may show the same lost head at once: one new epoch answers them all (SPEC.md 6.5). */
    if (state.epoch <= shown->position.at.epoch && !begin_epoch(tx, node, &state, shown->position.at.epoch))
        return false;
    return writer_erase_lost(tx, node, shown->stream, shown->position.at);
}

bool writer_settle(struct tx *tx, const struct node *node)
{
    struct db_node_state state;

    if (!db_streams_state(tx, DB_STREAMS_READ, &state) || !key_belongs(tx, node, &state))
        return false;
    if (same_database(&state))
        return true;
    if (!db_streams_state(tx, DB_STREAMS_CHANGE, &state))
        return false;
    return same_database(&state) || begin_epoch(tx, node, &state, 0);
}

bool writer_epoch_ahead(struct tx *tx, int64_t *from)
{
    struct db_node_state state;

    if (!db_streams_state(tx, DB_STREAMS_READ, &state))
        return false;
    *from = origin_epoch_believable(state.epoch, 0, tx->now) ? 0 : state.epoch - ORIGIN_EPOCH_LEAD_SECONDS;
    return true;
}

/* The stream, locked and in the current epoch, begun if it never was. */
static bool lock_stream(struct tx *tx, const struct node *node, int64_t epoch, const char *name, int64_t *id,
                        struct origin_stream *stream)
{
    if (!db_streams_lock(tx, node->authority, name, id, stream))
        return false;
    if (*id == 0)
        return begin_stream(tx, node, name, epoch, NULL, id, stream);
    /* An epoch begins in all streams at once. */
    CHECK(stream->position.at.epoch == epoch);
    return true;
}

bool writer_open_stream(struct tx *tx, const struct node *node, const char *name)
{
    struct origin_stream stream;
    int64_t epoch, id;

    return current_epoch(tx, node, &epoch) && lock_stream(tx, node, epoch, name, &id, &stream);
}

/* Appends those items that belong to one stream, in their order. */
static bool append_to(struct tx *tx, const struct node *node, int64_t epoch, const char *name,
                      struct writer_item *items, size_t count)
{
    struct entry entries[PAGE_APPEND_ENTRIES];
    struct origin_stream stream;
    size_t used = 0;
    int64_t id;

    if (!lock_stream(tx, node, epoch, name, &id, &stream))
        return false;
    for (size_t i = 0; i < count; i++) {
        struct entry *entry = &entries[used];

        if (strcmp(items[i].stream, name) != 0)
            continue;
        if (used == PAGE_APPEND_ENTRIES)
            return problem_set(tx->problem, PROBLEM_TOO_LARGE,
                               "That is too much at once for one transaction.");
        *entry = (struct entry){.keep_until = items[i].keep_until, .body = items[i].body};
        snprintf(entry->type, sizeof entry->type, "%s", items[i].type);
        snprintf(entry->id, sizeof entry->id, "%s", items[i].id);
        if (!db_streams_last_rev(tx, node->authority, name, entry->id, &entry->rev))
            return false;
        /* Nobody says two things about one object at once: they would have the same rev. */
        for (size_t k = 0; k < used; k++)
            CHECK(strcmp(entries[k].id, entry->id) != 0);
        items[i].rev = ++entry->rev;
        used++;
    }
    if (!store_entries(tx, node, id, &stream, entries, used))
        return false;
    used = 0;
    for (size_t i = 0; i < count; i++)
        if (strcmp(items[i].stream, name) == 0)
            items[i].at = (struct cursor){stream.position.at.epoch, entries[used++].seq};
    return true;
}

/* The next stream name after `last` in the order of octets, in which they are locked (SPEC.md 6.4); NULL at
 * the end. */
static const char *next_stream(const struct writer_item *items, size_t count, const char *last)
{
    const char *next = NULL;

    for (size_t i = 0; i < count; i++)
        if ((!last || strcmp(items[i].stream, last) > 0) && (!next || strcmp(items[i].stream, next) < 0))
            next = items[i].stream;
    return next;
}

bool writer_append(struct tx *tx, const struct node *node, struct writer_item *items, size_t count)
{
    const char *name = NULL;
    int64_t epoch;

    if (!current_epoch(tx, node, &epoch))
        return false;
    while ((name = next_stream(items, count, name)))
        if (!append_to(tx, node, epoch, name, items, count))
            return false;
    return true;
}

/* Two heads over the `key` entry (SPEC.md 11.7): the old key's closes the page that brings it and stays with
 * the line; the new key's is the stream's newest. */
static bool rotate_stream(struct tx *tx, const struct node *node, const char *name, json_t *body,
                          const struct key_private *new_key)
{
    struct entry entry = {.type = "key", .rev = 1, .body = body};
    struct origin_stream stream;
    struct head head = {0};
    char jws[HEAD_SIZE];
    struct err err = {0};
    int64_t id;

    random_uuid(entry.id);
    if (!db_streams_lock(tx, node->authority, name, &id, &stream) ||
        !store_entries(tx, node, id, &stream, &entry, 1))
        return false;
    memcpy(head.origin, stream.origin, sizeof head.origin);
    memcpy(head.stream, stream.name, sizeof head.stream);
    head.position = stream.position;
    head.issued_at = stream.last_issued_at;
    if (head_sign(&head, new_key, jws, &err) != ERR_OK)
        return refused(tx, &err);
    return db_streams_refresh(tx, id, &stream, jws) &&
           db_streams_set_key(tx, id, key_public_raw(key_private_public(new_key)));
}

bool writer_rotate(struct tx *tx, const struct node *node, const struct key_private *new_key)
{
    const struct key_public *key = key_private_public(new_key);
    struct db_node_state state;
    json_t *names = NULL, *name, *body;
    size_t index;
    bool ok;

    if (!writer_settle(tx, node) || !db_streams_state(tx, DB_STREAMS_CHANGE, &state) ||
        !db_streams_names(tx, node->authority, &names))
        return false;
    body = json_object();
    json_object_set_new(body, "jwk", key_public_to_jwk(key));
    memcpy(state.key, key_public_raw(key), KEY_SIZE);
    ok = db_streams_state_save(tx, &state);
    json_array_foreach (names, index, name)
        ok = ok && rotate_stream(tx, node, json_string_value(name), body, new_key);
    json_decref(body);
    json_decref(names);
    return ok;
}

bool writer_replace_key(struct tx *tx, const struct node *node, struct key_private *new_key)
{
    struct node renewed = *node;
    struct db_node_state state;

    renewed.key = new_key;
    /* The old key need not fit, it is gone; but whose database this is must be right all the more. */
    return db_streams_state(tx, DB_STREAMS_CHANGE, &state) && authority_belongs(tx, node, &state) &&
           begin_epoch(tx, &renewed, &state, 0);
}

bool writer_signs_with(struct tx *tx, const struct key_public *key, bool *yes)
{
    struct db_node_state state;

    if (!db_streams_state(tx, DB_STREAMS_READ, &state))
        return false;
    *yes = state.exists && memcmp(state.key, key_public_raw(key), KEY_SIZE) == 0;
    return true;
}

bool writer_erase_lines(struct tx *tx, const struct node *node, const char *stream, json_t *cursors,
                        struct cursor *at)
{
    json_t *body = json_pack("{s:O}", "entries", cursors);
    char id[UUID_SIZE];
    struct writer_item item = {.stream = stream, .type = "erase", .id = id, .body = body};
    bool ok;

    random_uuid(id);
    ok = writer_append(tx, node, &item, 1) && db_entries_erase(tx, node->authority, stream, cursors, NULL);
    if (ok)
        *at = item.at;
    json_decref(body);
    return ok;
}

bool writer_erase_object(struct tx *tx, const struct node *node, const char *stream, const char *object_id,
                         struct cursor *at)
{
    json_t *cursors = NULL;
    bool ok;

    /* The stream's row first: a line of the same object appended meanwhile must not be missed. */
    ok = writer_open_stream(tx, node, stream) &&
         db_streams_object_lines(tx, node->authority, stream, object_id, &cursors) &&
         erase_in_parts(tx, node, stream, cursors, at);
    json_decref(cursors);
    return ok;
}
