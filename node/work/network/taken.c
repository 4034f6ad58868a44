#include "node/work/network/taken.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/base/clock.h"
#include "node/db/network/alarms.h"
#include "node/db/network/cases.h"
#include "node/db/say/entries.h"
#include "node/db/network/items.h"
#include "node/db/network/room.h"
#include "node/db/say/streams.h"
#include "node/work/leap.h"

#include "node/work/network/cases.h"
#include "node/work/network/member.h"
#include "node/work/network/peer_change.h"
#include "node/work/network/registry_town.h"
#include "node/work/network/taken_entry.h"
#include "protocol/json_profile.h"

/* Of a stream, within ten minutes (SPEC.md 9.4). */
enum { EPOCHS_MAX = 10 };
enum { DAY_SECONDS = 86400 };
/* How long one transaction goes through lines: others have their turn meanwhile (SPEC.md 9.4). */
enum { APPLY_MS = 50 };

/* ---- what is read from an entry, by type */

static const char *known(const char *text, const char *const *values)
{
    for (; text && *values; values++)
        if (strcmp(text, *values) == 0)
            return text;
    return text ? "other" : NULL;
}

/* Codes that a later edition may know are shown as «other» (SPEC.md 11.1). */
static json_t *read_help(const json_t *help)
{
    json_t *out = json_array();
    const json_t *item;
    size_t index;

    json_array_foreach (help, index, item) {
        const char *band = known(json_profile_text(item, "quantity"), entry_quantity_bands);

        json_array_append_new(out, json_pack("{s:s, s:s?}", "category",
                                             known(json_profile_text(item, "category"), entry_categories),
                                             "quantity_band", band));
    }
    return out;
}

static enum taken_verdict take_item(struct tx *tx, const struct taken_entry *e)
{
    const json_t *body = e->entry->body, *place = json_object_get(body, "municipality");
    bool proposal = strcmp(e->entry->type, "proposal") == 0;
    struct db_items_item item = {.origin = e->peer->authority,
                                 .id = e->entry->id,
                                 .type = e->entry->type,
                                 .rev = e->entry->rev,
                                 .at = e->entry->at,
                                 .entry = e->at,
                                 .title = json_profile_text(body, "title"),
                                 .text = json_profile_text(body, "text"),
                                 .language = json_profile_text(body, "language"),
                                 .month = json_profile_text(body, "month")};
    json_t *help, *municipality, *ids;
    bool ok;

    /* An office sees aggregates only; these may be left from an edition that stored them. */
    if (e->node->office || e->entry->keep_until <= tx->now)
        return TAKEN_IN;
    item.state =
        known(json_profile_text(body, "state"), proposal ? entry_proposal_states : entry_offer_states);
    item.help = help = read_help(json_object_get(body, "help"));
    item.municipality = municipality =
        json_pack("{s:s, s:s?, s:s?}", "name", json_profile_text(place, "name"), "scheme",
                  json_profile_text(place, "scheme"), "code", json_profile_text(place, "code"));
    ids = json_pack("[s]", item.id);
    ok = db_items_put(tx, &item) && db_cases_withdraw(tx, item.origin, ids, DB_CASES_SAID_AGAIN);
    json_decref(ids);
    json_decref(help);
    json_decref(municipality);
    return ok ? TAKEN_IN : TAKEN_FAILED;
}

/* What an erased line told goes too (SPEC.md 12). items: gathers those of `net`, which go together. */
static bool forget(struct tx *tx, const char *origin, const char *type, const char *id, struct cursor at,
                   json_t *items)
{
    if (strcmp(type, "proposal") == 0 || strcmp(type, "offer") == 0)
        return json_array_append_new(items, json_pack("{s:s, s:I, s:I}", "id", id, "epoch",
                                                      (json_int_t)at.epoch, "seq", (json_int_t)at.seq)) == 0;
    return cases_forget(tx, type, &(struct db_letter){.direction = "in", .peer = origin, .at = at});
}

/* What others withdrew, or forgot, is not shown any more; what we answered to it stays in view (SPEC.md 12).
 * Consumes ids. */
static bool note_withdrawn(struct tx *tx, const char *origin, json_t *ids)
{
    bool ok = json_array_size(ids) == 0 || db_cases_withdraw(tx, origin, ids, DB_CASES_WITHDRAWN);

    json_decref(ids);
    return ok;
}

static bool withdraw(struct tx *tx, const char *origin, const json_t *items)
{
    json_t *ids;

    return db_items_erase(tx, origin, items, &ids) && note_withdrawn(tx, origin, ids);
}

static bool forget_rows(struct tx *tx, const char *origin, const struct db_result *rows)
{
    json_t *items = json_array();
    bool ok = true;

    for (size_t row = 0; ok && row < db_rows(rows); row++) {
        const char *type = db_cell(rows, row, "type"), *id = db_cell(rows, row, "object_id");

        ok = !type || !id ||
             forget(tx, origin, type, id,
                    (struct cursor){db_cell_integer(rows, row, "epoch"), db_cell_integer(rows, row, "seq")},
                    items);
    }
    ok = ok && (json_array_size(items) == 0 || withdraw(tx, origin, items));
    json_decref(items);
    return ok;
}

/* An `erase` names what was said before it. */
static bool names_earlier(const json_t *cursors, struct cursor here)
{
    const json_t *text;
    struct cursor at;
    size_t index;

    json_array_foreach (cursors, index, text)
        if (!cursor_parse(json_string_value(text), &at) || cursor_compare(at, here) >= 0)
            return false;
    return true;
}

/* An `erase` is taken as a whole or not at all (SPEC.md 12). Its cost is that of the lines it takes out, and
 * of its own length: never one statement for each cursor, which may all name the same line (9.3). */
static enum taken_verdict take_erase(struct tx *tx, const struct taken_entry *e)
{
    const json_t *cursors = json_object_get(e->entry->body, "entries");
    const char *origin = e->peer->authority;
    struct db_result *rows;
    bool erasable, ok;

    if (!names_earlier(cursors, e->at))
        return TAKEN_NONSENSE;
    if (!db_entries_erasable(tx, origin, e->stream, cursors, e->at.epoch, &erasable))
        return TAKEN_FAILED;
    if (!erasable)
        return TAKEN_NONSENSE;
    if (!db_entries_erase(tx, origin, e->stream, cursors, &rows))
        return TAKEN_FAILED;
    ok = forget_rows(tx, origin, rows);
    db_result_destroy(rows);
    return ok ? TAKEN_IN : TAKEN_FAILED;
}

/* Types that are not here are kept as they are (SPEC.md 9.3, 11.10): `key` and `epoch` are the follower's
 * business, `report` the office's, and the rest belongs to editions to come. */
static const struct {
    const char *type;
    enum { IN_NET = 1, IN_TO = 2, IN_BOTH = 3 } where;
    enum taken_verdict (*take)(struct tx *tx, const struct taken_entry *e);
} takers[] = {
    {"proposal", IN_NET, take_item},        {"offer", IN_NET, take_item},
    {"member", IN_NET, registry_town_take}, {"erase", IN_BOTH, take_erase},
    {"forward", IN_TO, cases_take_forward}, {"response", IN_TO, cases_take_response},
};

static enum taken_verdict take(struct tx *tx, const struct taken_entry *e)
{
    bool net = strcmp(e->stream, "net") == 0;

    for (size_t i = 0; i < sizeof takers / sizeof *takers; i++)
        if (strcmp(takers[i].type, e->entry->type) == 0)
            return takers[i].where & (net ? IN_NET : IN_TO) ? takers[i].take(tx, e) : TAKEN_NONSENSE;
    return TAKEN_IN;
}

/* Whoever goes through the lines of a stream has the row of its newest epoch: a page, what was stored before,
 * and what the clock erases. */
static bool lock_stream(struct tx *tx, const char *origin, const char *stream)
{
    struct origin_stream ignored;
    int64_t id;

    return db_streams_lock(tx, origin, stream, &id, &ignored);
}

bool taken_forget(struct tx *tx, const char *origin, const char *stream, struct cursor at)
{
    char text[CURSOR_SIZE];
    struct db_result *rows;
    json_t *cursors;
    bool ok;

    if (!lock_stream(tx, origin, stream))
        return false;
    cursor_format(at, text);
    cursors = json_pack("[s]", text);
    ok = db_entries_erase(tx, origin, stream, cursors, &rows);
    json_decref(cursors);
    if (!ok)
        return false;
    ok = forget_rows(tx, origin, rows);
    db_result_destroy(rows);
    return ok;
}

/* ---- a page */

struct applying {
    struct tx *tx;
    struct taken_page *p;
    struct db_peer peer;
    const char *stream;
    int64_t stream_id;
    bool at_once;             /* nothing that is stored waits to be applied before it */
    bool lost;                /* of `net` something is lost to its origin */
    int64_t applied_seq;      /* then: how far there was time to go through its lines */
    int64_t unreadable;       /* entries that say nothing we understand */
    int64_t unreadable_first; /* the number of the first, and what is wrong with it */
    char unreadable_why[300];
};

/* Its origin takes it for delivered, and nobody here sees it: perhaps a later edition wrote it. */
static void note_unreadable(struct applying *a, int64_t seq, const char *why)
{
    if (a->unreadable++ > 0)
        return;
    a->unreadable_first = seq;
    snprintf(a->unreadable_why, sizeof a->unreadable_why, "%s", why);
}

/* Once for all of a page: whoever writes nothing else must not cost a statement for each line. */
static bool tell_unreadable(const struct applying *a)
{
    char detail[1000];

    if (a->unreadable == 0 || strcmp(a->peer.state, "active") != 0)
        return true;
    snprintf(
        detail, sizeof detail,
        "%s says things in %s that this node does not understand, as number %lld (%s). They are kept and "
        "not shown, and %s takes them for delivered. One of the two may be of an older edition.",
        a->p->origin, a->stream, (long long)a->unreadable_first, a->unreadable_why, a->p->origin);
    return db_alarms_raise(a->tx,
                           &(struct db_alarm){.kind = "unreadable", .peer = a->p->origin, .detail = detail});
}

static bool refuse_erase(struct applying *a, struct cursor at)
{
    a->p->refused = true;
    return problem_set(a->tx->problem, PROBLEM_CONFLICT, "The erasure %lld.%lld of %s cannot be applied.",
                       (long long)at.epoch, (long long)at.seq, a->peer.authority);
}

/* A text from the day after tomorrow would stand before all others for as long as it likes (SPEC.md 6.2). */
static bool from_the_future(const struct applying *a, const struct entry *entry)
{
    return entry_text_bearing(entry->type) && entry->at > a->tx->now + DAY_SECONDS;
}

/* Takes in one checked entry; nonsense is marked, except an `erase`, which nobody may skip (SPEC.md 9.3). */
static bool apply_entry(struct applying *a, struct cursor at, const struct entry *entry)
{
    const struct taken_entry e = {
        .node = a->p->node, .peer = &a->peer, .stream = a->stream, .at = at, .entry = entry};
    struct err err = {0};
    bool erase = strcmp(entry->type, "erase") == 0;
    enum taken_verdict verdict = TAKEN_NONSENSE;
    enum err_code code;

    /* Of what a suspended peer says only erasures count (SPEC.md 8.4). */
    if (!erase && strcmp(a->peer.state, "active") != 0)
        return true;
    code = entry_check(entry, &err);
    if (code != ERR_OK && code != ERR_MALFORMED)
        return problem_set(a->tx->problem, PROBLEM_INTERNAL, "An entry could not be looked at: %s.",
                           err.text);
    if (code == ERR_OK && !from_the_future(a, entry))
        verdict = take(a->tx, &e);
    if (verdict != TAKEN_NONSENSE)
        return verdict == TAKEN_IN;
    /* What a registry says too much has an alarm of its own. */
    if (code != ERR_OK || strcmp(entry->type, "member") != 0)
        note_unreadable(a, at.seq, code == ERR_OK ? "it does not fit what is known here" : err.text);
    return erase ? refuse_erase(a, at)
                 : db_entries_quarantine(a->tx, a->stream_id, at.seq, a->tx->now + ENTRY_KEEP_MAX_SECONDS);
}

/* However long a text wants to be kept, it is at most as long as any may be; the same when it does not say
 * how long, or nobody here can read it (SPEC.md 9.3). 0: for ever. */
static int64_t keep_until(const struct applying *a, const struct entry *entry)
{
    int64_t longest = a->tx->now + ENTRY_KEEP_MAX_SECONDS;

    if (entry->body && (!entry_erasable(entry->type) ||
                        (!entry->keep_until && entry_known(entry->type) && !entry_text_bearing(entry->type))))
        return 0;
    return entry->keep_until && entry->keep_until < longest ? entry->keep_until : longest;
}

static bool quarantine_line(struct applying *a, const struct page_line *line, struct db_line *row)
{
    if (strcmp(line->entry.type, "erase") == 0)
        return refuse_erase(a, (struct cursor){a->p->page->from.at.epoch, line->seq});
    row->status = "quarantined";
    row->keep_until = keep_until(a, &line->entry);
    row->line = line->line;
    return true;
}

/* Of who is suspended or removed, or has used up its room, only what cannot be erased is kept (SPEC.md 8.4).
 */
static bool is_dropped(const struct applying *a, const struct entry *entry)
{
    return (a->peer.full || strcmp(a->peer.state, "active") != 0) && entry_erasable(entry->type);
}

/* An office sees aggregates only: what it was sent of a listing all the same, or cannot be told from one, it
 * keeps as if it had been withheld (SPEC.md 8.4). */
static bool is_kept_from_us(const struct applying *a, const struct page_line *line)
{
    return a->p->node->office && line->kind == PAGE_ENTRY &&
           (line->entry.body ? entry_is_listing(line->entry.type) : strcmp(line->entry.type, "erase") != 0);
}

static int64_t room_of(const struct applying *a, const struct page_line *line)
{
    bool kept = !is_dropped(a, &line->entry) && !is_kept_from_us(a, line);

    return db_room_of(line->entry.type, kept ? line->line.size : 0);
}

static bool describe_line(struct applying *a, const struct page_line *line, struct db_line *row)
{
    const struct entry *entry = &line->entry;

    *row = (struct db_line){.seq = line->seq, .digest = line->digest, .chain = line->chain, .covered = true};
    switch (is_kept_from_us(a, line) ? PAGE_WITHHELD : line->kind) {
    case PAGE_ENTRY:
        if (is_dropped(a, entry)) {
            row->status = "withheld";
            row->dropped = true;
            break;
        }
        if (!entry->body)
            return quarantine_line(a, line, row);
        if (entry->keep_until && entry->keep_until <= a->tx->now && entry_erasable(entry->type)) {
            row->status = "erased"; /* its time was over before it came (SPEC.md 9.3) */
            break;
        }
        row->status = "held";
        row->type = entry->type;
        row->object_id = entry->id;
        row->rev = entry->rev;
        row->at = entry->at;
        row->keep_until = keep_until(a, entry);
        row->line = line->line;
        break;
    case PAGE_ERASED:
        row->status = "erased";
        row->covered = false;
        a->p->placeholders = true;
        break;
    case PAGE_WITHHELD:
        row->status = "withheld";
        break;
    }
    return true;
}

/* Before anything of the page is kept: what is stored waits to be applied, and a peer of which something
 * waits is asked nothing (SPEC.md 9.3). All in one statement, however many there are. */
static bool check_erases(struct applying *a)
{
    const struct page *page = a->p->page;
    json_t *named = json_array();
    struct cursor last = {page->from.at.epoch, 0};
    bool sound = true, ok = true;

    for (size_t i = 0; sound && i < page->count; i++) {
        const struct entry *entry = &page->lines[i].entry;
        struct err err = {0};

        if (page->lines[i].kind != PAGE_ENTRY || !entry->body || strcmp(entry->type, "erase") != 0)
            continue;
        last.seq = page->lines[i].seq;
        sound = entry_check(entry, &err) == ERR_OK &&
                names_earlier(json_object_get(entry->body, "entries"), last);
        if (sound)
            json_array_extend(named, json_object_get(entry->body, "entries"));
    }
    if (sound && json_array_size(named) > 0)
        ok = db_entries_erasable(a->tx, a->p->origin, a->stream, named, last.epoch, &sound);
    json_decref(named);
    return ok && (sound || refuse_erase(a, last));
}

static bool store_lines(struct applying *a)
{
    const struct page *page = a->p->page;
    struct db_line *rows;
    bool ok = true;

    if (page->count == 0)
        return true;
    if (!(rows = calloc(page->count, sizeof *rows)))
        return problem_set(a->tx->problem, PROBLEM_INTERNAL, "Out of memory.");
    for (size_t i = 0; ok && i < page->count; i++)
        ok = describe_line(a, &page->lines[i], &rows[i]);
    ok = ok && db_entries_insert(a->tx, a->stream_id, rows, page->count) && check_erases(a);
    free(rows);
    return ok;
}

static const char no_entry[] = "its form is that of no entry";

static bool apply_line(struct applying *a, const struct page_line *line)
{
    struct cursor at = {a->p->page->from.at.epoch, line->seq};

    if (line->kind != PAGE_ENTRY || is_kept_from_us(a, line) || is_dropped(a, &line->entry))
        return true;
    if (line->entry.body)
        return apply_entry(a, at, &line->entry);
    note_unreadable(a, line->seq, no_entry);
    return true;
}

/* Of a page that takes long the rest is left to taken_catch_up. */
static bool apply_lines(struct applying *a)
{
    const struct page *page = a->p->page;
    int64_t until_ms = clock_ms() + APPLY_MS;

    for (size_t i = 0; a->at_once && i < page->count; i++) {
        if (!apply_line(a, &page->lines[i]))
            return false;
        a->applied_seq = page->lines[i].seq;
        a->at_once = i + 1 == page->count || clock_ms() < until_ms;
    }
    return true;
}

static bool save_position(struct applying *a)
{
    const struct page *page = a->p->page;
    char jws[HEAD_SIZE];

    snprintf(jws, sizeof jws, "%.*s", (int)page->head_jws.size, (const char *)page->head_jws.data);
    return db_entries_advance(a->tx, a->stream_id, &page->head, jws, key_public_raw(a->p->step->key),
                              a->p->step->settled);
}

/* Nobody comes under a key that is ours or another peer's, not even by the old key's word (SPEC.md 9.2). Who
 * tries, and has the key, is frozen: nothing else of the page is taken. */
static bool claim_key(struct applying *a)
{
    const struct key_public *key = a->p->step->rotated;
    char holder[AUTHORITY_SIZE], detail[1000];
    struct db_peer before, peer;

    if (!key)
        return true;
    if (!peer_change_key_holder(a->tx, a->p->node, key, a->p->origin, holder))
        return false;
    if (!holder[0])
        return true;
    a->p->stale = true;
    if (!db_peers_hold(a->tx, a->p->origin, &before))
        return false;
    if (!before.exists || before.frozen)
        return true;
    peer = before;
    peer.frozen = true;
    snprintf(
        detail, sizeof detail,
        "%s goes over to the key of %s, and signs with it. Nothing is exchanged with %s until fingerprints "
        "were compared.",
        peer.authority, holder, peer.authority);
    return db_peers_save(a->tx, &peer) && peer_change_settle(a->tx, a->p->node, &before, peer.authority) &&
           db_alarms_raise(
               a->tx, &(struct db_alarm){.kind = "key_conflict", .peer = peer.authority, .detail = detail});
}

/* The trusted key named this one, which signed this head: it is as good (SPEC.md 9.2), and ends a wait for it
 * (9.1). An office says so to all (11.7). */
static bool save_rotation(struct applying *a)
{
    struct db_peer *peer = &a->peer;

    if (!a->p->step->rotated)
        return true;
    memcpy(peer->key, key_public_raw(a->p->step->rotated), KEY_SIZE);
    if (peer->has_other && memcmp(peer->other_key, peer->key, KEY_SIZE) == 0)
        peer->has_other = false;
    return db_peers_save(a->tx, peer) &&
           db_alarms_settle_keys(a->tx, peer->authority, "The old key signed the new one.") &&
           (!a->p->node->office || strcmp(peer->via, a->p->node->authority) != 0 ||
            member_tell(a->tx, a->p->node, peer->authority));
}

/* Where the origin goes on from an older state, what it said since then it can neither answer for nor
 * withdraw: of `net` that is not shown any more, and what it said of the same things before counts again
 * (SPEC.md 9.2), also if it erases what is lost on this very page: so this comes before the page is applied.
 */
static bool lose(struct applying *a)
{
    const struct follower_step *step = a->p->step;
    bool lost = false;

    if (step->settled && (step->lost || step->just_settled) &&
        !db_entries_lose(a->tx, a->p->origin, a->stream, &lost))
        return false;
    a->lost = lost && strcmp(a->stream, "net") == 0;
    a->at_once = a->at_once && !a->lost;
    return true;
}

/* The trusted key vouches for all that is held now (SPEC.md 9.2). */
static bool vouch(struct applying *a)
{
    json_t *ids;

    if (!a->p->step->settled)
        return true;
    if (!db_entries_vouch(a->tx, a->p->origin, a->stream, a->at_once))
        return false;
    if (!a->at_once && a->applied_seq && !db_entries_applied(a->tx, a->stream_id, a->applied_seq))
        return false;
    a->p->behind = !a->at_once;
    return !a->lost ||
           (db_items_lose(a->tx, a->p->origin, &ids) && note_withdrawn(a->tx, a->p->origin, ids) &&
            db_entries_show_anew(a->tx, a->p->origin, a->stream));
}

/* What is true of the peer may have changed while its page was worked on: who changes it, suspending it for
 * instance, does not wait for a page, so the page gives way (SPEC.md 9.3). */
static bool still_true(struct applying *a)
{
    struct db_peer now;

    if (!db_peers_hold(a->tx, a->p->origin, &now))
        return false;
    a->p->stale = !now.exists || strcmp(now.state, a->peer.state) != 0 || now.full != a->peer.full ||
                  memcmp(now.key, a->peer.key, KEY_SIZE) != 0;
    a->peer = now;
    return !a->p->stale ||
           problem_set(a->tx->problem, PROBLEM_BUSY, "%s was changed meanwhile.", a->p->origin);
}

/* Each epoch may make what is shown be looked through again (SPEC.md 9.4). */
static bool may_begin(struct applying *a)
{
    int64_t count;

    if (!a->p->step->new_epoch)
        return true;
    if (!db_entries_opened(a->tx, a->p->origin, a->stream, &count))
        return false;
    a->p->too_many = count >= EPOCHS_MAX;
    return !a->p->too_many || problem_set(a->tx->problem, PROBLEM_BUSY,
                                          "%s began %d epochs within ten minutes; the next one waits.",
                                          a->p->origin, EPOCHS_MAX);
}

/* Each peer has its share of the disk. Of who wants more, no texts are kept until there is room or a person
 * allows it, and for the rest there is as much room once more: its erasures arrive (SPEC.md 8.4). */
static bool make_room(struct applying *a)
{
    int64_t share = a->p->node->config->peer_megabytes * 1000000 * (a->peer.full ? 2 : 1), octets = 0;
    char detail[1000];
    struct db_peer peer;
    struct db_room room;

    for (size_t i = 0; i < a->p->page->count; i++)
        octets += room_of(a, &a->p->page->lines[i]);
    if (!db_room_fits(a->tx, a->peer.authority, share, octets, &room))
        return false;
    a->p->stale = !room.fits;
    if (room.fits || a->peer.full)
        return true;
    if (!db_peers_hold(a->tx, a->peer.authority, &peer))
        return false;
    snprintf(
        detail, sizeof detail,
        "What %s said, or those who are known through it alone, takes more than its share (%ld MB, those "
        "together eight times that). Erasures are asked for still, and no texts are kept until there is "
        "room again, or somebody allows as much once more by settling this.",
        room.whose, a->p->node->config->peer_megabytes);
    return !peer.exists ||
           (db_room_close(a->tx, a->peer.authority) && db_streams_wake(a->tx) &&
            db_alarms_raise(a->tx, &(struct db_alarm){.kind = "room", .peer = room.whose, .detail = detail}));
}

/* What was dropped is asked for again once its peer is active and has room (db_entries_rewind). It must be
 * the same: the digests stayed, and whoever says something else under the same number has forked
 * (SPEC.md 9.5). */
static bool is_same(struct applying *a, int64_t last)
{
    const struct page *page = a->p->page;
    int64_t known = last - page->from.at.seq, n = known < (int64_t)page->count ? known : (int64_t)page->count;
    struct db_alarm alarm = {.kind = "fork", .peer = a->peer.authority};
    struct buffer proof = {0};
    uint8_t chain[CHAIN_SIZE];
    bool found, ok;

    if (n <= 0)
        return true;
    if (!db_entries_chain(a->tx, a->p->origin, a->stream,
                          (struct cursor){page->from.at.epoch, page->from.at.seq + n}, chain, &found))
        return false;
    a->p->stale = found && memcmp(chain, page->lines[n - 1].chain, CHAIN_SIZE) != 0;
    if (!a->p->stale)
        return true;
    page_write_proof(&proof, page);
    alarm.detail = "What it says now is not what it said while no text of it was kept (it was suspended, or "
                   "its room used up).";
    alarm.proof = (struct bytes){proof.data, proof.size};
    ok = !proof.failed && db_entries_freeze(a->tx, a->p->origin, a->stream, page->from.at.epoch) &&
         db_alarms_raise(a->tx, &alarm);
    buffer_free(&proof);
    return ok;
}

bool taken_apply(struct tx *tx, struct taken_page *p)
{
    const struct follower_step *step = p->step;
    struct applying a = {.tx = tx, .p = p, .stream = p->page->stream};
    struct db_locked locked;

    p->stale = p->placeholders = p->refused = p->behind = p->too_many = false;
    /* By a clock that is days ahead every text would come too late to be kept, by one behind too early. */
    if (!leap_refuse(tx) || !may_begin(&a) || !claim_key(&a))
        return false;
    if (p->stale)
        return true;
    if (!db_peers_get(tx, p->origin, DB_LOOK, &a.peer))
        return false;
    /* Before the stream is opened: an empty one that stays behind could never be followed. Who is invited or
     * frozen is not pulled (SPEC.md 8.4, 9.1). */
    if (strcmp(a.peer.state, "invited") == 0 || a.peer.frozen ||
        memcmp(a.peer.key, key_public_raw(step->trusted), KEY_SIZE) != 0) {
        p->stale = true;
        return true;
    }
    if (p->page->count > 0 && !make_room(&a))
        return false;
    if (p->stale)
        return true;
    if (!db_entries_lock(tx, p->origin, a.stream, p->page->from.at.epoch, &locked))
        return false;
    if (locked.seq != p->page->from.at.seq ||
        (!locked.settled && step->settled && !step->just_settled && !step->new_epoch)) {
        p->stale = true;
        return true;
    }
    if (!is_same(&a, locked.last))
        return false;
    if (p->stale)
        return true;
    a.stream_id = locked.id;
    a.at_once = step->settled && !step->just_settled && !locked.behind;
    if (step->new_epoch && !db_entries_discard(tx, p->origin, a.stream, step->linked, p->page->from.at.epoch))
        return false;
    return store_lines(&a) && lose(&a) && apply_lines(&a) && save_position(&a) && vouch(&a) &&
           tell_unreadable(&a) && still_true(&a) && save_rotation(&a);
}

static bool apply_row(struct applying *a, const struct db_result *rows, size_t row, int64_t epoch)
{
    struct buffer line = {0};
    struct entry entry;
    enum err_code code = ERR_MALFORMED;
    bool ok = db_cell_octets(rows, row, "line", &line);

    if (ok)
        code = entry_parse((const char *)line.data, line.size, &entry, NULL);
    if (code == ERR_OK) {
        ok = apply_entry(a, (struct cursor){epoch, db_cell_integer(rows, row, "seq")}, &entry);
        entry_finish(&entry);
    } else if (code == ERR_NO_MEMORY) {
        ok = problem_set(a->tx->problem, PROBLEM_INTERNAL, "Out of memory.");
    } else { /* it was kept as nonsense */
        note_unreadable(a, db_cell_integer(rows, row, "seq"), no_entry);
    }
    buffer_free(&line);
    return ok;
}

bool taken_catch_up(struct tx *tx, struct taken_page *p, const char *stream)
{
    struct applying a = {.tx = tx, .p = p, .stream = stream};
    int64_t until_ms = clock_ms() + APPLY_MS, applied_seq;
    struct db_result *rows;
    struct db_span span;
    size_t row = 0;
    bool ok = true;

    p->stale = p->refused = p->behind = false;
    if (!db_peers_get(tx, p->origin, DB_LOOK, &a.peer) || !lock_stream(tx, p->origin, stream) ||
        !db_entries_unapplied(tx, p->origin, stream, &span))
        return false;
    /* Whoever has nothing to apply may ask, and hears what time it is. */
    if (span.stream_id == 0)
        return true;
    if (!leap_refuse(tx) || !db_entries_held(tx, p->origin, stream, &span, a.peer.member, &rows))
        return false;
    a.stream_id = span.stream_id;
    for (; ok && row < db_rows(rows) && (row == 0 || clock_ms() < until_ms); row++)
        ok = apply_row(&a, rows, row, span.epoch);
    applied_seq = row < db_rows(rows) && row > 0 ? db_cell_integer(rows, row - 1, "seq") : span.to;
    db_result_destroy(rows);
    p->behind = true;
    return ok && db_entries_applied(tx, span.stream_id, applied_seq) && tell_unreadable(&a) && still_true(&a);
}

bool taken_missing(struct tx *tx, const char *origin, const char *stream)
{
    char detail[1000];
    int64_t count;

    if (!db_entries_uncovered(tx, origin, stream, &count))
        return false;
    if (count == 0)
        return true;
    snprintf(
        detail, sizeof detail,
        "%lld entries of %s (%s) came without their text, and no erasure of its names them: somebody may be "
        "withholding them.",
        (long long)count, origin, stream);
    return db_alarms_raise(tx, &(struct db_alarm){.kind = "missing", .peer = origin, .detail = detail});
}
