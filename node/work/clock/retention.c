#include "node/work/clock/retention.h"

#include <string.h>

#include "node/db/say/entries.h"
#include "node/db/publication/publications.h"
#include "node/db/network/peers.h"
#include "node/db/network/requests.h"
#include "node/db/network/room.h"
#include "node/db/say/streams.h"
#include "node/work/network/cases.h"
#include "node/work/network/taken.h"
#include "node/work/network/peers.h"
#include "node/work/network/registry_town.h"
#include "node/work/say/writer.h"
#include "protocol/json_profile.h"

static struct cursor place_of(const json_t *line)
{
    return (struct cursor){json_profile_integer(line, "epoch", 0), json_profile_integer(line, "seq", 0)};
}

bool retention_find_own(struct tx *tx, const struct node *node, json_t **lines)
{
    return db_entries_expired(tx, node->authority, DB_ENTRIES_OURS, lines);
}

bool retention_find_others(struct tx *tx, const struct node *node, json_t **lines)
{
    return db_entries_expired(tx, node->authority, DB_ENTRIES_OTHERS, lines);
}

/* What we keep beside a line of ours goes with it: our own answer or note, or what others read of a listing.
 */
static bool forget_own(struct tx *tx, const json_t *line, struct cursor erased)
{
    const char *stream = json_profile_text(line, "stream");

    if (strcmp(stream, "net") == 0)
        return db_publications_expire(tx, json_profile_text(line, "object_id"), place_of(line), erased);
    return cases_forget(
        tx, json_profile_text(line, "type"),
        &(struct db_letter){.direction = "out", .peer = stream + strlen("to/"), .at = place_of(line)});
}

/* What is published of a listing changes with the listing locked, and that before our stream is: in the order
 * of those who publish. */
static bool lock_listing(struct tx *tx, const json_t *line)
{
    json_t *listing = NULL;
    bool ok = strcmp(json_profile_text(line, "stream"), "net") != 0 ||
              db_publications_source(tx, json_profile_text(line, "type"),
                                     json_profile_text(line, "object_id"), DB_LOCK, &listing);

    json_decref(listing);
    return ok;
}

/* Should somebody erase it meanwhile, it is named twice, which is no mistake (SPEC.md 12). */
enum job_outcome retention_erase_own(struct tx *tx, const struct node *node, const json_t *line)
{
    char place[CURSOR_SIZE];
    struct cursor at;
    json_t *cursors;
    bool ok;

    cursor_format(place_of(line), place);
    cursors = json_pack("[s]", place);
    ok = lock_listing(tx, line) &&
         writer_erase_lines(tx, node, json_profile_text(line, "stream"), cursors, &at) &&
         forget_own(tx, line, at);
    json_decref(cursors);
    return ok ? JOB_DONE : JOB_FAILED;
}

enum job_outcome retention_erase_other(struct tx *tx, const struct node *node, const json_t *line)
{
    (void)node;
    return taken_forget(tx, json_profile_text(line, "origin"), json_profile_text(line, "stream"),
                        place_of(line))
               ? JOB_DONE
               : JOB_FAILED;
}

enum job_outcome retention_forget_nonces(struct tx *tx, const struct node *node, const json_t *nothing)
{
    bool more;

    (void)node;
    (void)nothing;
    if (!db_relax(tx) || !db_requests_expire(tx, tx->now, &more))
        return JOB_FAILED;
    return more ? JOB_LATER : JOB_DONE;
}

bool retention_find_room(struct tx *tx, const struct node *node, json_t **authorities)
{
    return db_room_free(tx, node->config->peer_megabytes * 1000000, authorities);
}

enum job_outcome retention_open_room(struct tx *tx, const struct node *node, const json_t *authority)
{
    const char *peer = json_string_value(authority);

    (void)node;
    return db_room_open(tx, peer) && db_entries_rewind(tx, peer) && db_streams_wake(tx) ? JOB_DONE
                                                                                        : JOB_FAILED;
}

bool retention_find_keys(struct tx *tx, const struct node *node, json_t **authorities)
{
    (void)node;
    return db_peers_due_keys(tx, authorities);
}

enum job_outcome retention_take_key(struct tx *tx, const struct node *node, const json_t *authority)
{
    return peers_take_due_key(tx, node, json_string_value(authority)) ? JOB_DONE : JOB_FAILED;
}

bool retention_find_names(struct tx *tx, const struct node *node, json_t **names)
{
    (void)node;
    return registry_town_find_waiting(tx, names);
}

enum job_outcome retention_take_name(struct tx *tx, const struct node *node, const json_t *name)
{
    return registry_town_take_waiting(tx, node, json_profile_text(name, "office"),
                                      json_profile_text(name, "authority"))
               ? JOB_DONE
               : JOB_FAILED;
}

enum job_outcome retention_withhold(struct tx *tx, const struct node *node, const json_t *nothing)
{
    bool more = false;

    (void)nothing;
    if (node->office && !db_entries_withhold(tx, node->authority, &more))
        return JOB_FAILED;
    return more ? JOB_LATER : JOB_DONE;
}
