/* One town helping another: answers to another town's object, and pointing a town to one
 * (SPEC.md 11.3, 11.4). */
#ifndef NODE_WORK_NETWORK_CASES_H
#define NODE_WORK_NETWORK_CASES_H

#include "node/base/actor.h"
#include "node/db/network/cases.h"
#include "node/work/network/taken_entry.h"

/* An object in the network, ours or another town's. */
struct cases_object {
    const char *type;   /* proposal, offer */
    const char *origin; /* NULL: ours */
    const char *id;
};

/* Answers another town about its object: taken_up, declined, company_found, handed_back. NOT_FOUND,
 * TRANSITION_NOT_ALLOWED, IDENTIFIERS_FOUND in the reason. *out: the Case. Of several who answer at once the
 * later ones see what the first one said. */
bool cases_respond(struct tx *tx, const struct node *node, const struct actor *actor,
                   const struct cases_object *object, const char *response, const char *reason, json_t **out);
/* Appends allowed_responses to another town's object as the API shows it: what this user may answer now, and
 * whether that needs a reason. reader: a struct actor. See db_items_filter. */
void cases_put_answers(struct buffer *out, const char *last, const void *reader);
/* Points a peer to the object. CONFLICT when ours is not published, or the peer is its origin. *out: the
 * Forward. */
bool cases_forward(struct tx *tx, const struct node *node, const struct actor *actor,
                   const struct cases_object *object, const char *peer, const char *note, json_t **out);
/* Our own case on another town's object, which outlives the object: *out: the Case. NOT_FOUND when we never
 * answered, or our answers are erased. */
bool cases_own(struct tx *tx, const struct node *node, const struct cases_object *object, json_t **out);
/* Somebody looked at it after it was withdrawn. */
bool cases_seen(struct tx *tx, const struct node *node, const struct cases_object *object);
/* Of one of our objects: appends them as JSON, with commas between. */
bool cases_list(struct tx *tx, const struct node *node, const struct cases_object *object,
                struct buffer *out);

/* Takes out what a `forward` or a `response` told, theirs or ours; other types told nothing. */
bool cases_forget(struct tx *tx, const char *type, const struct db_letter *letter);

/* What was said to one peer, stands, and was not said in today's epoch yet, and saying it again there, in the
 * same words and with the same term (SPEC.md 6.5). A letter is one of the array, owned. */
bool cases_find_unsaid(struct tx *tx, json_t **letters);
bool cases_say_again(struct tx *tx, const struct node *node, const json_t *letter);

/* What a peer wrote into its stream to us. */
enum taken_verdict cases_take_forward(struct tx *tx, const struct taken_entry *e);
enum taken_verdict cases_take_response(struct tx *tx, const struct taken_entry *e);

#endif
