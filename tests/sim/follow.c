/* What a town hears: as node/federation/contact.c and intake.c and node/work/network/taken.c do with a
 * database. */
#include "tests/sim/sim.h"

#include <stdio.h>
#include <string.h>

#include "protocol/check.h"
#include "protocol/json_profile.h"

/* ---- what is stored */

static struct stream *followed(struct town *town, int peer, int stream)
{
    return &town->disk.followed[peer][stream];
}

static struct cursor end_of(const struct epoch *epoch)
{
    return (struct cursor){epoch->epoch, epoch->seq};
}

static void load_stream(struct town *town, int peer, int stream)
{
    struct stream *held = followed(town, peer, stream);
    const struct epoch *newest = disk_newest(held);
    struct follower_state state = {0};

    if (newest) {
        state = (struct follower_state){.position.at = end_of(newest),
                                        .key = key_private_public(world.towns[peer].key),
                                        .signer = newest->signer,
                                        .settled = newest->settled,
                                        .frozen = newest->frozen};
        memcpy(state.position.chain, newest->chain, CHAIN_SIZE);
    }
    for (int i = 0; i < held->epochs_count; i++)
        if (held->epochs[i].vouched > 0)
            state.vouched = (struct cursor){held->epochs[i].epoch, held->epochs[i].vouched};
    CHECK(reader_restore(town->readers[peer], stream, &state));
}

void follow_begin(struct town *town, int peer)
{
    const struct reader_who who = {.self = town->authority,
                                   .via = world.towns[peer].authority,
                                   .origin = world.towns[peer].authority,
                                   .trusted = key_private_public(world.towns[peer].key)};

    reader_destroy(town->readers[peer]);
    town->readers[peer] = reader_create(&who, MINUTE);
    CHECK(town->readers[peer]);
    for (int i = 0; i < FOLLOWER_STREAMS; i++)
        load_stream(town, peer, i);
    world_wake(town, peer, world.ms);
}

/* ---- what is shown */

static struct item *item_of(struct town *town, int peer, int object)
{
    return &town->disk.items[peer][object];
}

static bool is_letter(const struct line *line)
{
    return strcmp(line->text->type, "forward") == 0 || strcmp(line->text->type, "response") == 0;
}

/* What says again what is the latest of its object is that one, and stands in the later line. */
static void hear(struct letters *heard, const struct line *line)
{
    const struct letter letter = {line->at, line->text->object, line->text->version};
    struct letter *latest = disk_letter(heard, letter.object);

    if (!latest || latest->version != letter.version)
        disk_add_letter(heard, &letter);
    else if (cursor_compare(latest->at, letter.at) < 0)
        latest->at = letter.at;
}

static void forget_letter(struct letters *heard, struct cursor at)
{
    int kept = 0;

    for (int i = 0; i < heard->count; i++)
        if (cursor_compare(heard->all[i].at, at) != 0)
            heard->all[kept++] = heard->all[i];
    heard->count = kept;
}

static void forget_item(struct item *item, struct cursor at)
{
    if (cursor_compare(item->at, at) == 0)
        item->version = 0;
}

static void forget(struct town *town, int peer, const struct line *line)
{
    if (is_letter(line))
        forget_letter(&town->disk.received[peer], line->at);
    if (strcmp(line->text->type, "proposal") == 0)
        forget_item(item_of(town, peer, line->text->object), line->at);
}

static void put_item(struct item *item, const struct line *line)
{
    if (item->version == 0 || cursor_compare(item->at, line->at) < 0)
        *item = (struct item){line->at, line->text->version};
}

void follow_expire(struct town *town, int peer)
{
    bool some = false;

    for (int s = 0; s < FOLLOWER_STREAMS; s++) {
        struct stream *held = followed(town, peer, s);

        for (int i = 0; i < held->lines_count; i++) {
            struct line *line = &held->lines[i];

            if (line->status == LINE_ERASED || !line->text->keep_until ||
                line->text->keep_until > town_seconds(town))
                continue;
            forget(town, peer, line);
            line->status = LINE_ERASED;
            some = true;
        }
    }
    if (some && sim_mirror)
        sim_mirror->expired(town, peer);
}

/* False: it names what is not there. */
static bool apply_erase(struct town *town, int peer, struct stream *held, const struct line *erase)
{
    for (size_t i = 0; i < erase->text->erases_count; i++) {
        struct cursor at = erase->text->erases[i];
        struct line *line = disk_line(held, at);

        if (cursor_compare(at, erase->at) >= 0 || (!line && at.epoch == erase->at.epoch))
            return false;
        if (!line || (line->text->line.size > 0 && !entry_erasable(line->text->type)))
            continue;
        if (line->status != LINE_ERASED)
            forget(town, peer, line);
        line->status = LINE_ERASED;
        line->uncovered = false;
    }
    return true;
}

static bool apply_line(struct town *town, int peer, struct stream *held, const struct line *line)
{
    if (line->status != LINE_HELD)
        return true;
    if (is_letter(line))
        hear(&town->disk.received[peer], line);
    if (strcmp(line->text->type, "erase") == 0)
        return apply_erase(town, peer, held, line);
    if (strcmp(line->text->type, "proposal") == 0)
        put_item(item_of(town, peer, line->text->object), line);
    return true;
}

/* ---- what is lost to its origin */

/* {0, 0} when it goes on from nothing. */
static void read_previous(const struct stream *held, const struct epoch *epoch, struct position *out)
{
    const struct text *text = NULL;
    struct entry entry;
    const json_t *previous;
    const char *chain;

    for (int i = 0; i < held->lines_count && !text; i++)
        if (held->lines[i].at.epoch == epoch->epoch && held->lines[i].at.seq == 1)
            text = held->lines[i].text;
    CHECK(text && entry_parse((const char *)text->line.data, text->line.size, &entry, NULL) == ERR_OK);
    previous = json_object_get(entry.body, "previous");
    chain = json_profile_text(previous, "chain");
    if (chain)
        CHECK(bytes_b64u_decode(chain, strlen(chain), out->chain, CHAIN_SIZE));
    out->at =
        (struct cursor){json_profile_integer(previous, "epoch", 0), json_profile_integer(previous, "seq", 0)};
    entry_finish(&entry);
}

/* Up to where an epoch is kept, when these later ones begin to count: all of it, to the earliest number that
 * any goes on from, or, if it was frozen and the next one goes on from another history, nothing. */
static struct cursor kept_of(struct stream *held, int index, bool *forked)
{
    struct epoch *epoch = &held->epochs[index];
    struct cursor kept = {epoch->epoch, INT64_MAX};

    *forked = false;
    for (int i = index + 1; i < held->epochs_count; i++) {
        struct position previous;
        const struct line *line;

        if (held->epochs[i].applied > 0)
            continue;
        read_previous(held, &held->epochs[i], &previous);
        line = disk_line(held, previous.at);
        if (i == index + 1 && epoch->frozen)
            *forked = previous.at.epoch != epoch->epoch || !line ||
                      memcmp(line->text->chain, previous.chain, CHAIN_SIZE) != 0;
        if (cursor_compare(previous.at, kept) < 0)
            kept = previous.at;
    }
    return kept;
}

static bool lose(struct stream *held)
{
    bool net = strcmp(held->name, "net") == 0, lost = false, forked;

    for (int i = 0; i < held->epochs_count; i++) {
        struct cursor kept = kept_of(held, i, &forked);

        for (int k = 0; k < held->lines_count; k++) {
            struct line *line = &held->lines[k];

            if (line->at.epoch != held->epochs[i].epoch || line->status != LINE_HELD ||
                (!forked && cursor_compare(line->at, kept) <= 0))
                continue;
            line->status = net && entry_text_bearing(line->text->type) ? LINE_ERASED : LINE_LOST;
            lost = true;
        }
    }
    return lost;
}

static void hide_lost(struct town *town, int peer, struct stream *held)
{
    for (int i = 0; i < OBJECTS; i++) {
        const struct line *line = disk_line(held, item_of(town, peer, i)->at);

        if (line && line->status != LINE_HELD)
            item_of(town, peer, i)->version = 0;
    }
    for (int i = 0; i < held->epochs_count; i++)
        held->epochs[i].applied = 0; /* what was said of the same things before counts again */
}

/* ---- actions */

struct doing {
    struct town *town;
    int peer;
    const struct reader_action *action;
    struct stream *held; /* the action's */
    struct reader_result result;
};

static bool any_behind(const struct stream *held)
{
    for (int i = 0; i < held->epochs_count; i++)
        if (held->epochs[i].applied < held->epochs[i].seq)
            return true;
    return false;
}

/* Throws away what nobody vouches for beyond `linked`, of epochs before another. */
static void discard(struct stream *held, struct cursor linked, int64_t before)
{
    int lines = 0, epochs = 0;

    for (int i = 0; i < held->lines_count; i++) {
        struct cursor at = held->lines[i].at;
        const struct epoch *epoch = disk_epoch(held, at.epoch);
        int64_t upto = at.epoch == linked.epoch && linked.seq > epoch->vouched ? linked.seq : epoch->vouched;

        if (at.epoch < linked.epoch || at.epoch >= before || at.seq <= upto)
            held->lines[lines++] = held->lines[i];
    }
    held->lines_count = lines;
    for (int i = 0; i < held->epochs_count; i++) {
        struct epoch *epoch = &held->epochs[i];

        while (epoch->seq > 0 && !disk_line(held, end_of(epoch))) {
            epoch->seq--;
            epoch->head = epoch->vouched_head;
        }
        if (epoch->seq > 0) {
            memcpy(epoch->chain, disk_line(held, end_of(epoch))->text->chain, CHAIN_SIZE);
            held->epochs[epochs++] = *epoch;
        }
    }
    held->epochs_count = epochs;
}

static void take_line(struct doing *d, const struct page_line *in, struct cursor at)
{
    struct line *line = disk_line(d->held, at);

    if (line)
        sim_wrong("%s takes %lld.%lld of %s twice", d->town->authority, (long long)at.epoch,
                  (long long)at.seq, world.towns[d->peer].authority);
    line = disk_add(d->held, at, disk_text(&in->entry, in->line, in->digest, in->chain));
    if (line->text->keep_until && line->text->keep_until <= town_seconds(d->town))
        line->status = LINE_ERASED; /* its time was over before it came */
    if (in->kind != PAGE_ENTRY) {
        line->status = LINE_ERASED;
        line->uncovered = d->result.placeholders = true;
    }
}

/* Of one epoch, numbers from+1 ... to. */
static void apply_lines(struct doing *d, int64_t epoch, int64_t from, int64_t to)
{
    for (int i = 0; i < d->held->lines_count; i++) {
        const struct line *line = &d->held->lines[i];

        if (line->at.epoch == epoch && line->at.seq > from && line->at.seq <= to &&
            !apply_line(d->town, d->peer, d->held, line))
            sim_wrong("%s cannot apply an erasure of %s", d->town->authority, world.towns[d->peer].authority);
    }
}

static void vouch(struct doing *d, bool at_once)
{
    for (int i = 0; i < d->held->epochs_count; i++) {
        struct epoch *epoch = &d->held->epochs[i];

        epoch->vouched = epoch->seq;
        epoch->vouched_head = epoch->head;
        if (at_once)
            epoch->applied = epoch->seq;
    }
    d->result.behind = !at_once;
}

static void do_store(struct doing *d)
{
    const struct page *page = d->action->page;
    const struct follower_step *step = d->action->step;
    struct epoch *epoch = disk_epoch(d->held, page->from.at.epoch);
    bool at_once = step->settled && !step->just_settled && !any_behind(d->held), lost;

    if (town_leapt(d->town)) {
        d->result = (struct reader_result){.outcome = READER_BROKEN, .slug = "busy"};
        return;
    }
    if (step->new_epoch)
        discard(d->held, step->linked, page->from.at.epoch);
    if (!epoch)
        epoch = disk_open(d->held, page->from.at.epoch, page->from.chain);
    epoch = disk_newest(d->held);
    CHECK(epoch->epoch == page->from.at.epoch && epoch->seq == page->from.at.seq);
    for (size_t i = 0; i < page->count; i++)
        take_line(d, &page->lines[i], (struct cursor){epoch->epoch, page->lines[i].seq});
    lost = step->settled && (step->lost || step->just_settled) && lose(d->held) &&
           d->action->stream == FOLLOWER_NET;
    at_once = at_once && !lost;
    if (at_once)
        apply_lines(d, epoch->epoch, page->from.at.seq, page->head.position.at.seq);
    epoch->seq = page->head.position.at.seq;
    epoch->settled = step->settled;
    epoch->head = keep_copy(page->head_jws.data, page->head_jws.size);
    memcpy(epoch->chain, page->head.position.chain, CHAIN_SIZE);
    memcpy(epoch->signer, step->signer, sizeof epoch->signer);
    if (step->settled)
        vouch(d, at_once);
    if (lost)
        hide_lost(d->town, d->peer, d->held);
}

static void do_catch_up(struct doing *d)
{
    for (int i = 0; i < d->held->epochs_count; i++) {
        struct epoch *epoch = &d->held->epochs[i];

        if (epoch->applied >= epoch->vouched)
            continue;
        apply_lines(d, epoch->epoch, epoch->applied, epoch->vouched);
        epoch->applied = epoch->vouched;
        d->result.behind = true;
        return;
    }
}

static void do_look_up(struct doing *d)
{
    const struct line *line = disk_line(d->held, d->action->at);

    d->result.chain = line ? line->text->chain : NULL;
}

static void do_alarm(struct doing *d)
{
    const struct reader_alarm *alarm = &d->action->alarm;

    if (alarm->by_clock && town_leapt(d->town))
        return;
    sim_tell("%s raises an alarm about %s: %s", d->town->authority, alarm->peer, alarm->detail);
    if (alarm->kind != READER_FORK)
        sim_wrong("%s raises an alarm about %s, who is honest: %s", d->town->authority, alarm->peer,
                  alarm->detail);
    if (alarm->freeze)
        disk_epoch(
            followed(d->town, d->peer, strcmp(alarm->page->stream, "net") == 0 ? FOLLOWER_NET : FOLLOWER_TO),
            alarm->freeze)
            ->frozen = true;
}

static void do_load(struct doing *d)
{
    for (int i = 0; i < FOLLOWER_STREAMS; i++)
        load_stream(d->town, d->peer, i);
}

static void do_discard(struct doing *d)
{
    for (int i = 0; i < FOLLOWER_STREAMS; i++)
        discard(followed(d->town, d->peer, i), (struct cursor){0}, INT64_MAX);
    do_load(d);
}

static void do_missing(struct doing *d)
{
    for (int i = 0; i < d->held->lines_count; i++)
        if (d->held->lines[i].uncovered)
            sim_wrong("%s misses %lld.%lld of %s", d->town->authority, (long long)d->held->lines[i].at.epoch,
                      (long long)d->held->lines[i].at.seq, world.towns[d->peer].authority);
}

static void do_nothing(struct doing *d)
{
    (void)d;
}

/* Those that are one transaction each. */
static void (*const doings[READER_KINDS])(struct doing *d) = {
    [READER_LOAD] = do_load,         [READER_LOOK_UP] = do_look_up, [READER_STORE] = do_store,
    [READER_CATCH_UP] = do_catch_up, [READER_DISCARD] = do_discard, [READER_MISSING] = do_missing,
    [READER_ALARM] = do_alarm,       [READER_REACHED] = do_nothing, [READER_FAILED] = do_nothing};

static void show(struct town *town, int peer, int stream)
{
    const struct epoch *newest = disk_newest(followed(town, peer, stream));
    struct request request = {.show = true};

    if (!newest) {
        reader_done(town->readers[peer], &(struct reader_result){0});
        return;
    }
    snprintf(request.head, sizeof request.head, "%s", newest->head);
    world_send(town, peer, &request);
}

static bool is_doubted(const struct reader_action *action)
{
    return sim_doubt && !world.quiet && action->kind == READER_STORE && chance_percent(sim_doubt);
}

/* False: the process died. */
static bool carry_out(struct town *town, int peer, const struct reader_action *action)
{
    struct reader_action doubted = *action;
    struct follower_step step;
    struct doing d = {town, peer, &doubted, followed(town, peer, action->stream), {0}};

    if (is_doubted(action)) {
        step = *action->step;
        step.settled = step.just_settled = false;
        doubted.step = &step;
    }
    if (action->kind == READER_FAILED)
        sim_tell("%s cannot pull %s: %s %s", town->authority, world.towns[peer].authority, action->slug,
                 action->detail);
    if (!town_write(town))
        return false;
    doings[action->kind](&d);
    if (sim_mirror)
        sim_mirror->carried_out(town, peer, &doubted, &d.result);
    if (doubted.step != action->step && d.result.outcome == READER_CARRIED_OUT)
        d.result.outcome = READER_STALE; /* it stands elsewhere than its reader thinks */
    if (!town_write(town))
        return false;
    reader_done(town->readers[peer], &d.result);
    return true;
}

void follow_drive(struct town *town, int peer)
{
    while (town->up && !town->busy[peer]) {
        const struct reader_now now = {world.ms, town_seconds(town), chance_bits()};
        struct reader_action action = reader_next(town->readers[peer], &now);

        if (action.kind == READER_WAIT) {
            world_wake(town, peer, action.until_ms > world.ms ? action.until_ms : world.ms + 1);
            return;
        }
        if (action.kind == READER_ASK)
            world_send(
                town, peer,
                &(struct request){.to = action.to, .net = action.net, .heads_only = action.heads_only});
        else if (action.kind == READER_SHOW)
            show(town, peer, action.stream);
        else if (!carry_out(town, peer, &action))
            return;
    }
}

void follow_answer(struct town *town, int peer, const struct request *request, const struct answer *answer)
{
    if (answer->status)
        town->disk.heard[peer] = town_seconds(&world.towns[peer]);
    if (request->show)
        reader_done(town->readers[peer],
                    &(struct reader_result){.outcome = answer->status ? READER_CARRIED_OUT : READER_BROKEN,
                                            .slug = "unreachable"});
    else
        reader_answer(town->readers[peer],
                      &(struct reader_answer){.status = answer->status,
                                              .slug = answer->slug ? answer->slug : "unreachable",
                                              .pages = answer->status == 200,
                                              .body = answer->body});
    follow_drive(town, peer);
}
