#include "node/work/network/cases.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/base/random.h"
#include "node/core/permissions.h"
#include "node/db/desk/listings.h"
#include "node/db/network/items.h"
#include "node/db/say/streams.h"
#include "node/work/desk/listings.h"
#include "node/work/events.h"
#include "node/work/publication/gate.h"
#include "node/work/say/writer.h"
#include "node/work/expect.h"
#include "protocol/json_profile.h"

static struct db_self self_of(const struct node *node)
{
    return (struct db_self){.authority = node->authority, .name = node->config->name};
}

/* ---- our own */

/* Which answer may follow which; NULL: none yet. Only who gives up tells why (SPEC.md 11.4). */
static const struct {
    const char *from, *to;
    bool needs_reason;
} answers[] = {
    {NULL, "taken_up", false},          {NULL, "declined", true},
    {NULL, "company_found", false},     {"taken_up", "company_found", false},
    {"taken_up", "handed_back", true},  {"taken_up", "declined", true},
    {"declined", "taken_up", false},    {"company_found", "handed_back", true},
    {"handed_back", "taken_up", false},
};

static bool follows(size_t i, const char *from)
{
    return from ? answers[i].from && strcmp(answers[i].from, from) == 0 : !answers[i].from;
}

void cases_put_answers(struct buffer *out, const char *last, const void *reader)
{
    const struct actor *actor = reader;
    bool may = permissions_allow(MAY_ANSWER, actor->role);
    const char *comma = "";

    buffer_puts(out, ",\"allowed_responses\":[");
    for (size_t i = 0; may && i < sizeof answers / sizeof *answers; i++)
        if (follows(i, last)) {
            buffer_printf(out, "%s{\"response\":\"%s\",\"needs_reason\":%s}", comma, answers[i].to,
                          answers[i].needs_reason ? "true" : "false");
            comma = ",";
        }
    buffer_puts(out, "]");
}

static bool answer_allowed(struct tx *tx, const char *from, const char *to, const char *reason)
{
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        if (!follows(i, from) || strcmp(answers[i].to, to) != 0)
            continue;
        if (answers[i].needs_reason && !reason)
            problem_field(tx->problem, "/reason", "missing", "The other town needs to know why.");
        return !tx->problem->code;
    }
    return problem_set(tx->problem, PROBLEM_TRANSITION_NOT_ALLOWED,
                       "The answer so far is %s; it cannot become %s. Nothing was sent.",
                       from ? from : "none", to);
}

static bool read_network(struct tx *tx, const struct node *node, const struct cases_object *object,
                         json_t **item)
{
    const struct db_self self = self_of(node);
    const struct db_items_filter filter = {.type = object->type};

    return db_items_read(tx, &self, &filter, object->origin, object->id, item) &&
           (*item || problem_set(tx->problem, PROBLEM_NOT_FOUND, "No other town has this any more."));
}

static json_t *response_body(const struct db_case *c)
{
    json_t *body = json_pack("{s:s, s:s, s:s, s:s}", "origin", c->origin, "object", c->object, "object_type",
                             c->object_type, "response", c->response);

    if (c->forward)
        json_object_set_new(body, "forward", json_string(c->forward));
    if (c->reason)
        json_object_set_new(body, "reason", json_string(c->reason));
    return body;
}

/* One answer, in the streams of all who are to hear it. */
struct letters {
    struct writer_item *items;
    char (*streams)[STREAM_NAME_SIZE];
    size_t count;
};

static void add_letter(struct letters *letters, const struct db_case *c, const char *authority,
                       const char *forward, int64_t keep_until)
{
    struct db_case told = *c;
    char *stream = letters->streams[letters->count];

    told.forward = forward;
    snprintf(stream, STREAM_NAME_SIZE, "to/%s", authority);
    letters->items[letters->count++] = (struct writer_item){.stream = stream,
                                                            .type = "response",
                                                            .id = c->id,
                                                            .body = response_body(&told),
                                                            .keep_until = keep_until};
}

static void letters_finish(struct letters *letters)
{
    for (size_t i = 0; i < letters->count; i++)
        json_decref(letters->items[i].body);
    free(letters->items);
    free(letters->streams);
}

/* To the object's town, and to all who pointed us to it before, each about its own forward. At once, so that
 * the streams are locked in the order of their names: others may answer them in another one (SPEC.md 6.4,
 * 11.4). */
static bool send_responses(struct tx *tx, const struct node *node, const struct db_case *c,
                           int64_t keep_until, struct cursor *at)
{
    struct db_result *forwards;
    struct letters letters = {0};
    size_t count;
    bool ok;

    if (!db_forwards_received(tx, c, &forwards))
        return false;
    count = db_rows(forwards);
    letters.items = calloc(count + 1, sizeof *letters.items);
    letters.streams = calloc(count + 1, sizeof *letters.streams);
    ok = (letters.items && letters.streams) || problem_set(tx->problem, PROBLEM_INTERNAL, "Out of memory.");
    if (ok)
        add_letter(&letters, c, c->origin, count > 0 ? db_cell(forwards, 0, "id") : NULL, keep_until);
    for (size_t row = 0; ok && row < count; row++)
        if (strcmp(db_cell(forwards, row, "peer"), c->origin) != 0)
            add_letter(&letters, c, db_cell(forwards, row, "peer"), db_cell(forwards, row, "id"), keep_until);
    ok = ok && writer_append(tx, node, letters.items, letters.count);
    if (ok)
        *at = letters.items[0].at;
    letters_finish(&letters);
    db_result_destroy(forwards);
    return ok;
}

static bool tell(struct tx *tx, const struct actor *actor, const struct cases_object *object,
                 const char *peer, const char *action, const char *reason, json_t *details)
{
    const struct event event = {.object_type = object->type,
                                .object_id = object->id,
                                .origin = object->origin,
                                .peer = peer,
                                .action = action,
                                .reason = reason,
                                .details = details};
    bool ok = events_add(tx, actor, &event);

    json_decref(details);
    return ok;
}

/* Where it stands in the stream, so that its erasure finds the event (SPEC.md 12). response NULL: a forward.
 */
static json_t *entry_details(const char *response, struct cursor at)
{
    char text[CURSOR_SIZE];

    cursor_format(at, text);
    return json_pack("{s:s*, s:s}", "response", response, "entry", text);
}

bool cases_respond(struct tx *tx, const struct node *node, const struct actor *actor,
                   const struct cases_object *object, const char *response, const char *reason, json_t **out)
{
    const struct db_self self = self_of(node);
    struct db_case_step step = {.user_id = actor->user_id, .role = actor->role, .direction = "out"};
    char id[UUID_SIZE];
    struct db_case c = {.id = id,
                        .origin = object->origin,
                        .object = object->id,
                        .object_type = object->type,
                        .helper = node->authority,
                        .response = response,
                        .reason = reason,
                        .at = tx->now};
    json_t *item = NULL, *present;
    enum db_case_taken taken;
    bool ok;

    if (!db_items_lock(tx, object->origin, object->id) || !read_network(tx, node, object, &item))
        return false;
    present = json_object_get(item, "case");
    ok = answer_allowed(tx, json_profile_text(present, "response"), response, reason);
    json_decref(item);
    if (!ok || (reason && !gate_check_note(tx, node, "/reason", reason)) ||
        !db_cases_find(tx, object->origin, object->id, node->authority, id))
        return false;
    if (!id[0])
        random_uuid(id);
    return send_responses(tx, node, &c, writer_keep_until(tx->now), &step.entry) &&
           db_cases_step(tx, &c, &step, &taken) &&
           (taken == DB_CASE_FRESH ||
            problem_set(tx->problem, PROBLEM_CONFLICT,
                        "The answer was changed %d times already. Nothing was sent. Talk to the other town.",
                        ENTRY_RESPONSES_MAX)) &&
           tell(tx, actor, object, object->origin, "response", reason, entry_details(response, step.entry)) &&
           db_cases_read(tx, &self, id, out);
}

/* Ours: it exists, and the others can read it. */
static bool own_published(struct tx *tx, const struct node *node, const struct cases_object *object)
{
    json_t *listing = NULL, *lines = NULL;
    bool ok = db_listings_read(tx, workflow_kind_of(object->type), NULL, object->id, DB_LOOK, &listing) &&
              expect_found(tx, listing, object->type) &&
              db_streams_object_lines(tx, node->authority, "net", object->id, &lines) &&
              (json_array_size(lines) > 0 ||
               problem_set(tx->problem, PROBLEM_CONFLICT,
                           "Other towns cannot read this yet. Nothing was sent. Publish it first."));

    json_decref(listing);
    json_decref(lines);
    return ok;
}

static bool theirs_readable(struct tx *tx, const struct node *node, const struct cases_object *object)
{
    json_t *item = NULL;
    bool ok = read_network(tx, node, object, &item);

    json_decref(item);
    return ok;
}

static bool forward_target(struct tx *tx, const struct cases_object *object, const char *authority)
{
    struct db_peer peer;

    if (!db_peers_get(tx, authority, DB_LOOK, &peer))
        return false;
    if (object->origin && strcmp(object->origin, authority) == 0)
        return problem_set(tx->problem, PROBLEM_CONFLICT, "It comes from %s itself. Nothing was sent.",
                           authority);
    if (strcmp(peer.state, "active") != 0 || strcmp(peer.role, "city") != 0)
        problem_field(tx->problem, "/peer", "not_found", "No active town of that name is known here.");
    return !tx->problem->code;
}

static bool send_forward(struct tx *tx, const struct node *node, const struct db_forward *forward,
                         int64_t keep_until, struct cursor *at)
{
    char stream[STREAM_NAME_SIZE];
    struct writer_item item = {
        .stream = stream, .type = "forward", .id = forward->id, .keep_until = keep_until};
    bool ok;

    snprintf(stream, sizeof stream, "to/%s", forward->peer);
    item.body = json_pack("{s:s, s:s, s:s, s:s*}", "origin", forward->origin, "object", forward->object,
                          "object_type", forward->object_type, "note", forward->note);
    ok = writer_append(tx, node, &item, 1);
    json_decref(item.body);
    *at = item.at;
    return ok;
}

bool cases_forward(struct tx *tx, const struct node *node, const struct actor *actor,
                   const struct cases_object *object, const char *peer, const char *note, json_t **out)
{
    const struct db_self self = self_of(node);
    const char *origin = object->origin ? object->origin : node->authority;
    char id[UUID_SIZE];
    struct db_forward row = {.id = id,
                             .direction = "out",
                             .peer = peer,
                             .origin = origin,
                             .object = object->id,
                             .object_type = object->type,
                             .note = note,
                             .user_id = actor->user_id,
                             .at = tx->now};
    bool fresh, same;

    if (!(object->origin ? theirs_readable(tx, node, object) : own_published(tx, node, object)) ||
        !forward_target(tx, object, peer) || (note && !gate_check_note(tx, node, "/note", note)))
        return false;
    random_uuid(id);
    return send_forward(tx, node, &row, writer_keep_until(tx->now), &row.entry) &&
           db_forwards_add(tx, &row, &fresh, &same) &&
           tell(tx, actor, object, peer, "forwarded", note, entry_details(NULL, row.entry)) &&
           db_forwards_read(tx, &self, id, out);
}

static bool find_own(struct tx *tx, const struct node *node, const struct cases_object *object,
                     char id[UUID_SIZE])
{
    return db_cases_find(tx, object->origin, object->id, node->authority, id) &&
           (id[0] || problem_set(tx->problem, PROBLEM_NOT_FOUND, "We have not answered this."));
}

bool cases_own(struct tx *tx, const struct node *node, const struct cases_object *object, json_t **out)
{
    const struct db_self self = self_of(node);
    char id[UUID_SIZE];

    return find_own(tx, node, object, id) && db_cases_read(tx, &self, id, out);
}

bool cases_seen(struct tx *tx, const struct node *node, const struct cases_object *object)
{
    char id[UUID_SIZE];

    return find_own(tx, node, object, id) && db_cases_withdrawal_seen(tx, id);
}

bool cases_list(struct tx *tx, const struct node *node, const struct cases_object *object, struct buffer *out)
{
    const struct db_self self = self_of(node);

    return listings_expect(tx, workflow_kind_of(object->type), object->id) &&
           db_cases_list(tx, &self, node->authority, object->id, out);
}

bool cases_forget(struct tx *tx, const char *type, const struct db_letter *letter)
{
    if (strcmp(type, "response") == 0)
        return db_cases_erase(tx, letter);
    return strcmp(type, "forward") != 0 || db_forwards_erase(tx, letter);
}

/* ---- said again in a new epoch (SPEC.md 6.5) */

static bool forward_again(struct tx *tx, const struct node *node, const json_t *letter)
{
    json_t *said = NULL;
    struct cursor at;
    bool ok = db_forwards_unsaid_one(tx, json_profile_text(letter, "id"), &said);

    if (ok && said) {
        const struct db_forward forward = {.id = json_profile_text(said, "id"),
                                           .peer = json_profile_text(said, "peer"),
                                           .origin = json_profile_text(said, "origin"),
                                           .object = json_profile_text(said, "object"),
                                           .object_type = json_profile_text(said, "object_type"),
                                           .note = json_profile_text(said, "note")};

        ok = send_forward(tx, node, &forward, json_profile_integer(said, "keep_until", 0), &at) &&
             db_forwards_said(tx, forward.id, at);
    }
    json_decref(said);
    return ok;
}

/* With the object locked, as who answers has it: what is said again must be the last. */
static bool respond_again(struct tx *tx, const struct node *node, const json_t *letter)
{
    json_t *said = NULL;
    struct cursor at;
    bool ok = db_items_lock(tx, json_profile_text(letter, "origin"), json_profile_text(letter, "object")) &&
              db_cases_unsaid_one(tx, json_profile_text(letter, "id"), &said);

    if (ok && said) {
        const struct db_case c = {.id = json_profile_text(said, "id"),
                                  .origin = json_profile_text(said, "origin"),
                                  .object = json_profile_text(said, "object"),
                                  .object_type = json_profile_text(said, "object_type"),
                                  .helper = json_profile_text(said, "helper"),
                                  .response = json_profile_text(said, "response"),
                                  .reason = json_profile_text(said, "reason")};

        ok = send_responses(tx, node, &c, json_profile_integer(said, "keep_until", 0), &at) &&
             db_cases_said(tx, c.id, at);
    }
    json_decref(said);
    return ok;
}

bool cases_find_unsaid(struct tx *tx, json_t **letters)
{
    return db_cases_unsaid(tx, letters);
}

bool cases_say_again(struct tx *tx, const struct node *node, const json_t *letter)
{
    return strcmp(json_profile_text(letter, "type"), "forward") == 0 ? forward_again(tx, node, letter)
                                                                     : respond_again(tx, node, letter);
}

/* ---- what others wrote to us */

enum taken_verdict cases_take_forward(struct tx *tx, const struct taken_entry *e)
{
    const json_t *body = e->entry->body;
    struct cases_object object = {.type = json_profile_text(body, "object_type"),
                                  .origin = json_profile_text(body, "origin"),
                                  .id = json_profile_text(body, "object")};
    const struct db_forward row = {.id = e->entry->id,
                                   .direction = "in",
                                   .peer = e->peer->authority,
                                   .origin = object.origin,
                                   .object = object.id,
                                   .object_type = object.type,
                                   .note = json_profile_text(body, "note"),
                                   .at = e->entry->at,
                                   .entry = e->at};
    bool fresh, same;

    if (e->node->office || strcmp(object.origin, e->node->authority) == 0)
        return TAKEN_NONSENSE;
    if (!db_forwards_add(tx, &row, &fresh, &same))
        return TAKEN_FAILED;
    if (!same)
        return TAKEN_NONSENSE;
    /* The newest line counts: the origin, put back once more, may not know the older ones (SPEC.md 6.5). */
    if (!fresh && !db_forwards_said(tx, row.id, e->at))
        return TAKEN_FAILED;
    /* The note stays in the forward alone, where an erasure finds it (SPEC.md 12). */
    if (fresh && !tell(tx, NULL, &object, e->peer->authority, "forward_received", NULL, NULL))
        return TAKEN_FAILED;
    return TAKEN_IN;
}

static enum taken_verdict take_case(struct tx *tx, const struct taken_entry *e, const struct db_case *c)
{
    const struct cases_object object = {.type = c->object_type, .id = c->object};
    const struct db_case_step step = {.direction = "in", .entry = e->at};
    json_t *listing = NULL;
    enum db_case_taken taken;
    bool others, exists;

    if (!db_listings_read(tx, workflow_kind_of(c->object_type), NULL, c->object, DB_LOOK, &listing) ||
        !db_cases_taken(tx, c, &others))
        return TAKEN_FAILED;
    exists = listing;
    json_decref(listing);
    /* About nothing of ours, or another helper's case: nonsense (SPEC.md 9.3, 11.4). */
    if (!exists || others)
        return TAKEN_NONSENSE;
    if (!db_cases_step(tx, c, &step, &taken) ||
        (taken == DB_CASE_FRESH &&
         !tell(tx, NULL, &object, c->helper, "response", c->reason, entry_details(c->response, e->at))))
        return TAKEN_FAILED;
    return taken == DB_CASE_FULL ? TAKEN_NONSENSE : TAKEN_IN;
}

enum taken_verdict cases_take_response(struct tx *tx, const struct taken_entry *e)
{
    const json_t *body = e->entry->body;
    const struct db_case c = {.id = e->entry->id,
                              .origin = json_profile_text(body, "origin"),
                              .object = json_profile_text(body, "object"),
                              .object_type = json_profile_text(body, "object_type"),
                              .helper = e->peer->authority,
                              .forward = json_profile_text(body, "forward"),
                              .response = json_profile_text(body, "response"),
                              .reason = json_profile_text(body, "reason"),
                              .at = e->entry->at};
    enum taken_verdict verdict = TAKEN_IN;

    if (e->node->office || (strcmp(c.origin, e->node->authority) != 0 && !c.forward))
        return TAKEN_NONSENSE;
    if (strcmp(c.origin, e->node->authority) == 0)
        verdict = take_case(tx, e, &c);
    if (verdict == TAKEN_IN && c.forward && !db_forwards_answer(tx, &c, e->at))
        return TAKEN_FAILED;
    return verdict;
}
