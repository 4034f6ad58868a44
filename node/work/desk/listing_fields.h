/* What a proposal and an offer consist of, whoever brings them: a body of the API or a row of a file. Any
 * thread. */
#ifndef NODE_WORK_DESK_LISTING_FIELDS_H
#define NODE_WORK_DESK_LISTING_FIELDS_H

#include "node/base/fields.h"
#include "node/core/workflow.h"

enum { LISTING_HELP_MAX = 7 }; /* one of each category */

extern const struct json_field listing_fields_proposal[];
extern const struct json_field listing_fields_offer[];

/* Does it fit its field table? All problems are named (INVALID_BODY). */
bool listing_fields_check(enum listing_kind kind, const json_t *body, enum fields_whole whole,
                          struct problem *problem);

#endif
