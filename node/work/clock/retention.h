/* What time takes away: text whose keep_until has passed, nonces, waiting keys. Rows of the table of jobs. */
#ifndef NODE_WORK_CLOCK_RETENTION_H
#define NODE_WORK_CLOCK_RETENTION_H

#include "node/work/clock/schedule.h"

/* Lines whose time is over, ours and those of others; at most 500. */
bool retention_find_own(struct tx *tx, const struct node *node, json_t **lines);
bool retention_find_others(struct tx *tx, const struct node *node, json_t **lines);
/* Erases one of ours: the `erase` tells all holders. */
enum job_outcome retention_erase_own(struct tx *tx, const struct node *node, const json_t *line);
/* Deletes one of others, unasked (SPEC.md 12). */
enum job_outcome retention_erase_other(struct tx *tx, const struct node *node, const json_t *line);
/* Forgets nonces that nobody can use again. */
enum job_outcome retention_forget_nonces(struct tx *tx, const struct node *node, const json_t *nothing);
/* Peers whose share of room was used up and has room again: asked again. */
bool retention_find_room(struct tx *tx, const struct node *node, json_t **authorities);
enum job_outcome retention_open_room(struct tx *tx, const struct node *node, const json_t *authority);
/* Peers whose other key waited its 72 hours: array of authorities. */
bool retention_find_keys(struct tx *tx, const struct node *node, json_t **authorities);
enum job_outcome retention_take_key(struct tx *tx, const struct node *node, const json_t *authority);
/* Names that offices brought too fast, whose time has come: array of {office, authority}. */
bool retention_find_names(struct tx *tx, const struct node *node, json_t **names);
enum job_outcome retention_take_name(struct tx *tx, const struct node *node, const json_t *name);
/* At an office: forgets what it was sent of proposals and offers by editions that did not withhold it. */
enum job_outcome retention_withhold(struct tx *tx, const struct node *node, const json_t *nothing);

#endif
