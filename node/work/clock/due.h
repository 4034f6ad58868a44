/* What the calendar does to a town's own records. Rows of the table of jobs. */
#ifndef NODE_WORK_CLOCK_DUE_H
#define NODE_WORK_CLOCK_DUE_H

#include "node/work/clock/schedule.h"

/* Listings whose day is over: array of {kind, id}, at most 500. */
bool due_find_listings(struct tx *tx, const struct node *node, json_t **due);
/* Moves one to `expired`, through the workflow and audited; other towns are told. */
enum job_outcome due_expire_listing(struct tx *tx, const struct node *node, const json_t *listing);
/* Raises an alarm when the clock has leapt, and settles it when it has come back, with what was not begun
 * meanwhile (a new epoch). All other jobs rest as long. While there is no doubt it notes the time, and raises
 * an alarm when our epoch lies days ahead of it. */
enum job_outcome due_watch_clock(struct tx *tx, const struct node *node, const json_t *nothing);
/* What stands published in an epoch that is over: array of {id}; each is said again in the present one. */
bool due_find_outdated(struct tx *tx, const struct node *node, json_t **publications);
enum job_outcome due_say_again(struct tx *tx, const struct node *node, const json_t *publication);
/* Likewise what was said to one town: array of {id, type, …}. */
bool due_find_unsaid(struct tx *tx, const struct node *node, json_t **letters);
enum job_outcome due_write_again(struct tx *tx, const struct node *node, const json_t *letter);
/* Likewise an office's word about its members: array of authorities. */
bool due_find_untold(struct tx *tx, const struct node *node, json_t **authorities);
enum job_outcome due_tell_member(struct tx *tx, const struct node *node, const json_t *authority);
/* Forgets what nobody needs any more, a part at a time: sessions that are over, answers to creations, CSV
 * files looked at. */
enum job_outcome due_forget(struct tx *tx, const struct node *node, const json_t *nothing);
/* Forgets words by which no text is found any more (db/search). */
enum job_outcome due_tidy_search(struct tx *tx, const struct node *node, const json_t *nothing);

#endif
