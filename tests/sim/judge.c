#include "tests/sim/sim.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *__attribute__((format(printf, 1, 2))) why(const char *format, ...)
{
    static char text[300];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return text;
}

static struct epoch *newest_of(struct town *origin, int stream)
{
    return disk_newest(&origin->disk.own[stream]);
}

/* As node/db says to whom something was delivered. */
static bool is_delivered(struct cursor at, struct cursor acknowledged)
{
    return at.epoch == acknowledged.epoch && at.seq <= acknowledged.seq;
}

static void judge_published(const struct town *origin, struct town *reader, struct cursor acknowledged)
{
    for (int i = 0; i < OBJECTS; i++) {
        const struct published *published = &origin->disk.published[i];

        if (!published->stands || !is_delivered(published->at, acknowledged))
            continue;
        if (!disk_line(&reader->disk.followed[origin->index][FOLLOWER_NET], published->at) ||
            reader->disk.items[origin->index][i].version == 0)
            sim_wrong("%s says that %d was delivered to %s, which does not show it", origin->authority, i,
                      reader->authority);
    }
}

static void judge_said(const struct town *origin, struct town *reader, struct cursor acknowledged)
{
    const struct letters *said = &origin->disk.said[reader->index];

    for (int i = 0; i < said->count; i++) {
        const struct letter *heard = disk_letter(&reader->disk.received[origin->index], said->all[i].object);

        if (is_delivered(said->all[i].at, acknowledged) && (!heard || heard->version != said->all[i].version))
            sim_wrong("%s says that letter %d was delivered to %s, which does not show it", origin->authority,
                      said->all[i].object, reader->authority);
    }
}

void judge_delivered(const struct town *origin, int peer, int stream)
{
    const struct origin_following *following = &origin->disk.peers[peer][stream];

    /* Nobody can know yet that it was put back itself since it asked. */
    if (sim_doubt || world.late || cursor_compare(following->asked, following->acknowledged) != 0)
        return;
    (stream == FOLLOWER_NET ? judge_published : judge_said)(origin, &world.towns[peer],
                                                            following->acknowledged);
}

/* ---- in the end */

/* Exactly what stands, once, in order: each thing where its newest line stands. */
static const char *judge_shown(struct town *origin, struct town *reader)
{
    for (int i = 0; i < OBJECTS; i++) {
        const struct published *published = &origin->disk.published[i];
        const struct item *item = &reader->disk.items[origin->index][i];
        int version = published->stands ? published->version : 0;

        if (item->version != version)
            return why("%s shows version %d of %s's %d, of which %d stands", reader->authority, item->version,
                       origin->authority, i, version);
        if (version && cursor_compare(item->at, published->at) != 0)
            return why("%s shows %d of %s from %lld.%lld, but it stands at %lld.%lld", reader->authority, i,
                       origin->authority, (long long)item->at.epoch, (long long)item->at.seq,
                       (long long)published->at.epoch, (long long)published->at.seq);
    }
    return NULL;
}

/* What one town said to another and what stands: the latest there, once, where it was said last. */
static const char *judge_heard(struct town *origin, struct town *reader)
{
    const struct letters *said = &origin->disk.said[reader->index];
    struct letters *heard = &reader->disk.received[origin->index];

    for (int i = 0; i < said->count; i++) {
        const struct letter *letter = &said->all[i], *latest = disk_letter(heard, letter->object);
        int times = 0;

        for (int k = 0; k < heard->count; k++)
            times += heard->all[k].object == letter->object && heard->all[k].version == letter->version;
        if (!latest || latest->version != letter->version || (!letter->version && times != 1))
            return why("%s heard letter %d of %s %d times, and its latest version is not %d",
                       reader->authority, letter->object, origin->authority, times, letter->version);
        if (cursor_compare(latest->at, letter->at) != 0)
            return why("%s has letter %d of %s from %lld.%lld, but it was said at %lld.%lld",
                       reader->authority, letter->object, origin->authority, (long long)latest->at.epoch,
                       (long long)latest->at.seq, (long long)letter->at.epoch, (long long)letter->at.seq);
    }
    return NULL;
}

/* Of `net` nobody keeps a text that its origin erased, or does not know any more. */
static const char *judge_erased(struct town *origin, struct town *reader)
{
    const struct stream *held = &reader->disk.followed[origin->index][FOLLOWER_NET];

    for (int i = 0; i < held->lines_count; i++) {
        const struct line *line = &held->lines[i];
        const struct line *own = disk_line(&origin->disk.own[origin->index], line->at);

        if (line->status == LINE_ERASED || strcmp(line->text->type, "proposal") != 0)
            continue;
        if (!own || own->status == LINE_ERASED ||
            memcmp(own->text->digest, line->text->digest, CHAIN_SIZE) != 0)
            return why("%s keeps the text of %lld.%lld, which %s %s", reader->authority,
                       (long long)line->at.epoch, (long long)line->at.seq, origin->authority,
                       own && own->status == LINE_ERASED ? "erased" : "does not know");
    }
    return NULL;
}

static const char *judge_stream(struct town *origin, struct town *reader, int stream)
{
    const struct epoch *end = newest_of(origin, stream == FOLLOWER_NET ? origin->index : reader->index);
    const struct epoch *held = disk_newest(&reader->disk.followed[origin->index][stream]);

    if (!end)
        return why("%s did not begin again", origin->authority);
    if (!held || held->epoch != end->epoch || held->seq != end->seq ||
        memcmp(held->chain, end->chain, CHAIN_SIZE) != 0 || held->frozen || held->applied != held->seq)
        return why("%s stands still at %lld.%lld of %s, which is at %lld.%lld", reader->authority,
                   held ? (long long)held->epoch : 0, held ? (long long)held->seq : 0, origin->authority,
                   (long long)end->epoch, (long long)end->seq);
    if (cursor_compare(origin->disk.peers[reader->index][stream].acknowledged,
                       (struct cursor){end->epoch, end->seq}) != 0)
        return why("%s does not know that %s follows", origin->authority, reader->authority);
    return NULL;
}

static const char *judge_pair(struct town *origin, struct town *reader)
{
    const char *wrong = judge_stream(origin, reader, FOLLOWER_NET);

    if (!wrong)
        wrong = judge_stream(origin, reader, FOLLOWER_TO);
    if (!wrong)
        wrong = judge_shown(origin, reader);
    if (!wrong)
        wrong = judge_heard(origin, reader);
    return wrong ? wrong : judge_erased(origin, reader);
}

const char *judge_end(void)
{
    for (int i = 0; i < TOWNS; i++)
        for (int k = 0; k < TOWNS; k++) {
            const char *wrong = i == k ? NULL : judge_pair(&world.towns[i], &world.towns[k]);

            if (wrong)
                return wrong;
        }
    return NULL;
}
