/* What a town says: as node/work/say/writer.c, node/federation/serve_pages.c and serve.c do with a database.
 */
#include "tests/sim/sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/check.h"

enum { YEAR = 365 * 86400 };

int64_t town_seconds(const struct town *town)
{
    return BEGIN + world.ms / SECOND + town->clock_s;
}

bool town_leapt(struct town *town)
{
    struct epoch *newest = disk_newest(&town->disk.own[town->index]);
    int64_t now = town_seconds(town);
    struct leap_witness witness = {.database = now - town->clock_s + town->database_s,
                                   .head = newest ? newest->issued_at : 0};

    for (int i = 0; i < TOWNS; i++)
        witness.peer |= llabs(town->disk.heard[i] - now) <= LEAP_SECONDS;
    return leap_suspected(&witness, now);
}

bool town_write(struct town *town)
{
    if (!town->up || world.quiet || !chance_percent(world.crash))
        return town->up;
    sim_tell("%s dies while writing", town->authority);
    town_stop(town);
    return false;
}

/* ---- appending */

static void uuid_of(int object, char out[UUID_SIZE])
{
    snprintf(out, UUID_SIZE, "00000000-0000-4000-8000-00000000%04x", (unsigned)object & 0xffff);
}

/* At the end of that stream, in its newest epoch. Takes the body over. */
static struct cursor append(struct town *town, int stream, const char *type, int object, json_t *body,
                            int64_t keep_until)
{
    struct stream *own = &town->disk.own[stream];
    struct epoch *epoch = disk_newest(own);
    struct origin_stream end = {.position.at = {epoch->epoch, epoch->seq},
                                .last_issued_at = epoch->issued_at};
    struct entry entry = {.rev = 1, .at = town_seconds(town), .keep_until = keep_until, .body = body};
    struct origin_line line;
    struct line *stored;
    char head[HEAD_SIZE];
    struct err err = {0};

    memcpy(end.origin, town->authority, sizeof end.origin);
    memcpy(end.name, own->name, sizeof end.name);
    memcpy(end.position.chain, epoch->chain, CHAIN_SIZE);
    snprintf(entry.type, sizeof entry.type, "%s", type);
    uuid_of(object, entry.id);
    for (size_t i = 0; i < sizeof entry.salt; i++)
        entry.salt[i] = (uint8_t)chance_bits();
    if (origin_append(&end, &entry, 1, town->key, town_seconds(town), &line, head, &err) != ERR_OK)
        sim_wrong("%s cannot append: %s", town->authority, err.text);
    stored =
        disk_add(own, end.position.at,
                 disk_text(&entry, (struct bytes){line.line.data, line.line.size}, line.digest, line.chain));
    stored->head = epoch->head = keep_copy(head, strlen(head));
    epoch->seq = end.position.at.seq;
    epoch->issued_at = end.last_issued_at;
    memcpy(epoch->chain, end.position.chain, CHAIN_SIZE);
    origin_lines_finish(&line, 1);
    entry_finish(&entry);
    return stored->at;
}

static void erase_lines(struct town *town, int stream, json_t *cursors)
{
    json_t *text;
    size_t index;

    if (json_array_size(cursors) == 0) {
        json_decref(cursors);
        return;
    }
    append(town, stream, "erase", 0, json_pack("{s:O}", "entries", cursors), 0);
    json_array_foreach (cursors, index, text) {
        struct cursor at;
        struct line *line;

        CHECK(cursor_parse(json_string_value(text), &at));
        line = disk_line(&town->disk.own[stream], at);
        if (line && entry_erasable(line->text->type))
            line->status = LINE_ERASED;
    }
    json_decref(cursors);
}

static void name_cursor(json_t *cursors, struct cursor at)
{
    char text[CURSOR_SIZE];

    cursor_format(at, text);
    json_array_append_new(cursors, json_string(text));
}

/* ---- epochs (SPEC.md 6.5) */

static json_t *previous_of(const struct epoch *old)
{
    char chain[BYTES_B64U_SIZE(CHAIN_SIZE)];

    if (!old)
        return json_null();
    bytes_b64u_encode(old->chain, CHAIN_SIZE, chain);
    return json_pack("{s:I, s:I, s:s}", "epoch", (json_int_t)old->epoch, "seq", (json_int_t)old->seq, "chain",
                     chain);
}

static void begin_stream(struct town *town, int stream)
{
    struct stream *own = &town->disk.own[stream];
    json_t *previous = previous_of(disk_newest(own));
    uint8_t chain[CHAIN_SIZE];

    chain_start(town->authority, own->name, town->disk.epoch, chain);
    disk_open(own, town->disk.epoch, chain);
    append(town, stream, "epoch", 0,
           json_pack("{s:o, s:o}", "previous", previous, "jwk",
                     key_public_to_jwk(key_private_public(town->key))),
           0);
}

static void erase_again(struct town *town, int stream)
{
    const struct stream *own = &town->disk.own[stream];
    json_t *cursors = json_array();

    for (int i = 0; i < own->lines_count; i++)
        if (own->lines[i].status == LINE_ERASED)
            name_cursor(cursors, own->lines[i].at);
    erase_lines(town, stream, cursors);
}

static void begin_epoch(struct town *town, int64_t beyond)
{
    int64_t previous = town->disk.epoch > beyond ? town->disk.epoch : beyond;

    town->disk.epoch = origin_next_epoch(previous, town_seconds(town));
    town->disk.opened_in = town->disk.database;
    sim_tell("%s begins epoch %lld", town->authority, (long long)town->disk.epoch);
    for (int i = 0; i < TOWNS; i++)
        begin_stream(town, i);
    for (int i = 0; i < TOWNS; i++)
        erase_again(town, i);
}

static int unknown_epochs(const struct stream *own)
{
    int count = 0;

    for (int i = 0; i < own->epochs_count; i++)
        count += own->epochs[i].seq == 0;
    return count;
}

/* Somebody holds lines of an older epoch that we do not know any more; perhaps nothing of it. */
static void erase_lost(struct town *town, int stream, struct cursor held)
{
    struct stream *own = &town->disk.own[stream];
    struct epoch *old = disk_epoch(own, held.epoch);
    json_t *cursors = json_array();
    uint8_t chain[CHAIN_SIZE];

    if (held.epoch < town->disk.epoch && !old && unknown_epochs(own) < ORIGIN_UNKNOWN_MAX) {
        chain_start(town->authority, own->name, held.epoch, chain);
        old = disk_open(own, held.epoch, chain);
    }
    if (held.epoch < town->disk.epoch && old) {
        struct origin_range range =
            origin_lost(&(struct origin_epoch){held.epoch, old->seq}, old->lost, held.seq);

        for (int64_t seq = range.from + 1; seq <= range.last; seq++)
            name_cursor(cursors, (struct cursor){held.epoch, seq});
        if (range.last > range.from)
            old->lost = range.last;
    }
    erase_lines(town, stream, cursors);
}

void town_start(struct town *town)
{
    town->up = true;
    town->life++;
    for (int i = 0; i < TOWNS; i++)
        town->busy[i] = false;
    if (town->disk.opened_in != town->disk.database && !town_leapt(town)) {
        if (!town_write(town))
            return;
        begin_epoch(town, 0);
        if (!town_write(town))
            return;
    }
    for (int i = 0; i < TOWNS; i++)
        if (i != town->index)
            follow_begin(town, i);
}

/* The next who writes settles what was not begun while the clock was in doubt. False: it died. */
static bool settle(struct town *town)
{
    if (town->disk.opened_in == town->disk.database)
        return true;
    if (!town_write(town))
        return false;
    begin_epoch(town, 0);
    return town_write(town);
}

/* ---- what people do */

static void hint_all(struct town *town)
{
    for (int i = 0; i < TOWNS; i++)
        if (i != town->index)
            world_hint(town, i);
}

static void publish(struct town *town, int object, int version)
{
    char title[16];
    json_t *body;

    snprintf(title, sizeof title, "%d", version);
    body = json_pack("{s:s, s:s, s:s, s:[{s:s}], s:{s:s}, s:s}", "title", title, "text", "Es wird gebraucht.",
                     "language", "de", "help", "category", "hands", "municipality", "name", "Trier", "state",
                     "submitted");
    town->disk.published[object] = (struct published){
        .at = append(town, town->index, "proposal", object, body, town_seconds(town) + YEAR),
        .version = version,
        .stands = true};
}

void town_publish(struct town *town, int object)
{
    if (town_leapt(town) || !settle(town) || !town_write(town))
        return;
    sim_tell("%s publishes %d", town->authority, object);
    publish(town, object, town->disk.published[object].version + 1);
    if (town_write(town))
        hint_all(town);
}

void town_erase(struct town *town, int object)
{
    const struct stream *own = &town->disk.own[town->index];
    json_t *cursors = json_array();

    if (!town->disk.published[object].stands || town_leapt(town) || !settle(town) || !town_write(town)) {
        json_decref(cursors);
        return;
    }
    sim_tell("%s erases %d", town->authority, object);
    for (int i = 0; i < own->lines_count; i++)
        if (own->lines[i].status == LINE_HELD && strcmp(own->lines[i].text->type, "proposal") == 0 &&
            own->lines[i].text->object == object)
            name_cursor(cursors, own->lines[i].at);
    erase_lines(town, town->index, cursors);
    town->disk.published[object].stands = false;
    if (town_write(town))
        hint_all(town);
}

enum { FIRST_CASE = 0x100, FIRST_FORWARD = 0x200, FIRST_ANSWERED = 0x300 };

/* A response is to something of the town that it goes to, a forward about something of the third. */
static void write_letter(struct town *town, int to, struct letter *letter)
{
    int origin = letter->version ? to : TOWNS - town->index - to;
    char object[UUID_SIZE], version[16];
    json_t *body;

    uuid_of(letter->version ? FIRST_ANSWERED + letter->object - FIRST_CASE : 0, object);
    body = json_pack("{s:s, s:s, s:s}", "origin", world.towns[origin].authority, "object", object,
                     "object_type", "proposal");
    if (letter->version) {
        snprintf(version, sizeof version, "%d", letter->version);
        json_object_set_new(body, "response", json_string("declined"));
        json_object_set_new(body, "reason", json_string(version));
    }
    letter->at = append(town, to, letter->version ? "response" : "forward", letter->object, body,
                        town_seconds(town) + YEAR);
    sim_tell("%s says %d, version %d, to %s", town->authority, letter->object, letter->version,
             world.towns[to].authority);
}

static void forward(struct town *town, int to)
{
    struct letter letter = {.object = FIRST_FORWARD + world.forwards++};

    write_letter(town, to, &letter);
    disk_add_letter(&town->disk.said[to], &letter);
}

static void respond(struct town *town, int to)
{
    struct letters *said = &town->disk.said[to];
    int object = FIRST_CASE + town->index * CASES + (int)chance_below(CASES);

    if (!disk_letter(said, object))
        disk_add_letter(said, &(struct letter){.object = object});
    disk_letter(said, object)->version++;
    write_letter(town, to, disk_letter(said, object));
}

/* A forward, an answer, or what this edition does not know. */
void town_say(struct town *town, int to)
{
    int what = (int)chance_below(5);

    if (town_leapt(town) || !settle(town) || !town_write(town))
        return;
    if (what < 2)
        forward(town, to);
    else if (what < 4)
        respond(town, to);
    else
        append(town, to, "novelty", 0, json_pack("{s:s}", "text", "Das gibt es noch nicht."), 0);
    if (town_write(town))
        world_hint(town, to);
}

static void expire(struct town *town)
{
    for (int i = 0; i < OBJECTS && town->up; i++) {
        const struct line *line = disk_line(&town->disk.own[town->index], town->disk.published[i].at);

        if (town->disk.published[i].stands && line->text->keep_until <= town_seconds(town))
            town_erase(town, i);
    }
    for (int i = 0; i < TOWNS && town->up; i++)
        if (i != town->index)
            follow_expire(town, i);
}

/* False: it died. */
static bool publish_again(struct town *town)
{
    for (int i = 0; i < OBJECTS; i++) {
        const struct published *published = &town->disk.published[i];

        if (!published->stands || published->at.epoch >= town->disk.epoch)
            continue;
        if (!town_write(town))
            return false;
        publish(town, i, published->version);
        if (!town_write(town))
            return false;
        hint_all(town);
    }
    return true;
}

static void write_again(struct town *town, int to)
{
    struct letters *said = &town->disk.said[to];

    for (int i = 0; i < said->count; i++) {
        if (said->all[i].at.epoch >= town->disk.epoch)
            continue;
        if (!town_write(town))
            return;
        write_letter(town, to, &said->all[i]);
        if (!town_write(town))
            return;
        world_hint(town, to);
    }
}

void town_work(struct town *town)
{
    if (town_leapt(town) || !settle(town))
        return;
    expire(town);
    if (!publish_again(town))
        return;
    for (int i = 0; i < TOWNS && town->up; i++)
        write_again(town, i);
}

const char *town_hint(const struct town *town, int peer)
{
    for (int i = 0; i < FOLLOWER_STREAMS; i++) {
        const struct stream *own = &town->disk.own[i == FOLLOWER_NET ? town->index : peer];
        const struct epoch *newest = &own->epochs[own->epochs_count - 1];

        if (cursor_compare(town->disk.peers[peer][i].acknowledged,
                           (struct cursor){newest->epoch, newest->seq}))
            return newest->head;
    }
    return NULL;
}

/* ---- what others ask */

struct asking {
    struct town *town;
    int peer, kind;
    struct stream *own;
    struct cursor cursor, served;
    struct buffer *out;
};

static void write_line(const struct line *line, struct buffer *out)
{
    if (line->status == LINE_ERASED)
        page_write_placeholder(out, PAGE_ERASED, line->at.seq, line->text->digest);
    else
        page_write_entry(out, line->text->line);
}

static struct position position_at(struct asking *a, struct cursor at)
{
    struct position position = {.at = at};

    if (at.seq == 0)
        chain_start(a->town->authority, a->own->name, at.epoch, position.chain);
    else
        memcpy(position.chain, disk_line(a->own, at)->text->chain, CHAIN_SIZE);
    return position;
}

static struct origin_following *following_of(const struct asking *a)
{
    return &a->town->disk.peers[a->peer][a->kind];
}

/* A page ends at any head: here, or further on. */
static struct cursor write_page(struct asking *a, struct cursor from, int64_t last)
{
    struct position start = position_at(a, from);
    struct cursor at = from;
    const struct line *line = NULL;

    page_write_open(a->out, a->town->authority, a->own->name, &start);
    do {
        at.seq++;
        line = disk_line(a->own, at);
        write_line(line, a->out);
    } while (at.seq < last && chance_percent(60));
    page_write_close(a->out, line->head);
    return at;
}

static void write_empty(struct asking *a)
{
    struct epoch *newest = disk_newest(a->own);
    struct origin_stream end = {.position.at = {newest->epoch, newest->seq},
                                .last_issued_at = newest->issued_at};
    char head[HEAD_SIZE];
    bool anew;

    memcpy(end.origin, a->town->authority, sizeof end.origin);
    memcpy(end.name, a->own->name, sizeof end.name);
    memcpy(end.position.chain, newest->chain, CHAIN_SIZE);
    CHECK(origin_refresh(&end, a->town->key, town_seconds(a->town), &anew, head, NULL) == ERR_OK);
    if (anew && !town_leapt(a->town)) {
        newest->head = keep_copy(head, strlen(head));
        newest->issued_at = end.last_issued_at;
    }
    page_write_open(a->out, a->town->authority, a->own->name, &end.position);
    page_write_close(a->out, newest->head);
    a->served = end.position.at;
}

/* An answer may end behind any of its pages: *room. */
static void write_range(struct asking *a, const struct origin_range *range, bool *room)
{
    struct cursor at = {range->epoch, range->from};

    while (*room && at.seq < range->last) {
        a->served = at = write_page(a, at, range->last);
        *room = world.quiet || chance_percent(80);
    }
}

/* False: the cursor is ahead. */
static bool write_stream(struct asking *a, bool heads_only)
{
    struct origin_epoch held[EPOCHS];
    struct origin_range ranges[EPOCHS];
    bool room = true;
    size_t epochs = 0;
    int count;

    for (int i = 0; i < a->own->epochs_count; i++)
        if (a->own->epochs[i].seq > 0)
            held[epochs++] = (struct origin_epoch){a->own->epochs[i].epoch, a->own->epochs[i].seq};
    count = heads_only ? 0 : origin_answer(held, epochs, following_of(a), a->cursor, ranges);
    if (heads_only)
        write_empty(a);
    for (int i = 0; i < count && room; i++)
        if (ranges[i].from == ranges[i].last)
            write_empty(a);
        else
            write_range(a, &ranges[i], &room);
    return count >= 0;
}

static bool acknowledge(struct asking *a)
{
    struct epoch *old = disk_epoch(a->own, a->cursor.epoch);
    int stream = (int)(a->own - a->town->disk.own);

    origin_asked(following_of(a), a->cursor, a->served);
    judge_delivered(a->town, a->peer, a->kind);
    if (town_leapt(a->town) || a->cursor.epoch == 0 || a->cursor.epoch >= a->town->disk.epoch ||
        (old && (a->cursor.seq <= old->seq || a->cursor.seq <= old->lost)))
        return true;
    if (!town_write(a->town))
        return false;
    erase_lost(a->town, stream, a->cursor);
    return town_write(a->town);
}

static struct answer answer_pages(struct town *town, int peer, const struct request *request)
{
    struct buffer out = {0};
    struct answer answer = {.status = 200};
    struct asking asks[FOLLOWER_STREAMS] = {
        [FOLLOWER_TO] = {town, peer, FOLLOWER_TO, &town->disk.own[peer], request->to, {0}, &out},
        [FOLLOWER_NET] = {town, peer, FOLLOWER_NET, &town->disk.own[town->index], request->net, {0}, &out}};

    for (int i = 0; i < FOLLOWER_STREAMS && answer.status == 200; i++)
        if (!write_stream(&asks[i], request->heads_only)) {
            answer = (struct answer){.status = 409, .slug = "cursor-ahead"};
            origin_asked(following_of(&asks[i]), asks[i].cursor, asks[i].served);
        }
    if (answer.status == 200)
        answer.body = (struct bytes){keep_copy(out.data, out.size), out.size};
    buffer_free(&out);
    for (int i = 0; i < FOLLOWER_STREAMS && answer.status == 200; i++)
        if (!acknowledge(&asks[i]))
            return (struct answer){0};
    return answer;
}

/* A head of ours that a peer holds. */
static struct answer answer_shown(struct town *town, int peer, const char *jws)
{
    struct head head;
    struct stream *own;
    const struct line *held;
    const struct epoch *newest;
    struct origin_stream end;
    enum origin_verdict verdict;

    CHECK(head_verify(jws, strlen(jws), key_private_public(town->key), NULL) == ERR_OK);
    CHECK(head_parse(jws, strlen(jws), &head, NULL) == ERR_OK);
    own = &town->disk.own[strcmp(head.stream, "net") == 0 ? town->index : peer];
    held = disk_line(own, head.position.at);
    newest = disk_newest(own);
    end = (struct origin_stream){.position.at = {newest->epoch, newest->seq}};
    memcpy(end.position.chain, newest->chain, CHAIN_SIZE);
    verdict = origin_compare(&end, &head, held ? held->text->chain : NULL, town_seconds(town));
    if (town_leapt(town))
        return (struct answer){.status = 503, .slug = "busy"};
    if (verdict == ORIGIN_AHEAD || verdict == ORIGIN_DIFFERENT) {
        if (!town_write(town))
            return (struct answer){0};
        begin_epoch(town, head.position.at.epoch);
        erase_lost(town, (int)(own - town->disk.own), head.position.at);
        if (!town_write(town))
            return (struct answer){0};
        hint_all(town);
    } else if (held && memcmp(held->text->chain, head.position.chain, CHAIN_SIZE) == 0) {
        origin_shown(&town->disk.peers[peer][own == &town->disk.own[peer] ? FOLLOWER_TO : FOLLOWER_NET],
                     head.position.at);
    } else if (!held) {
        erase_lost(town, (int)(own - town->disk.own), head.position.at);
    }
    if (verdict == ORIGIN_ABSURD)
        sim_wrong("%s is shown a head from far in the future", town->authority);
    return (struct answer){.status = 204};
}

struct answer town_answer(struct town *town, int peer, const struct request *request)
{
    if (town->readers[peer])
        reader_seen(town->readers[peer], world.ms);
    if (request->show)
        return answer_shown(town, peer, request->head);
    return answer_pages(town, peer, request);
}
