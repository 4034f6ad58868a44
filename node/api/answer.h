/* How most handlers end: some work in a transaction, and its result as the answer. Any worker thread. */
#ifndef NODE_API_ANSWER_H
#define NODE_API_ANSWER_H

#include "node/call.h"

/* Makes *out, a new reference (or leaves it NULL: 204), or fails with the transaction's problem. */
typedef bool answer_work(struct tx *tx, struct call *call, json_t **out);

/* Runs work in a transaction and answers with status and ETag, if the object has a version. */
void answer(struct call *call, int status, answer_work *work);
/* The same for what is created (see call_create): 201, at /api/v1/<collection>/<id>. collection NULL: it
 * stands at call->place, if that is set, else nowhere. */
void answer_created(struct call *call, const char *collection, answer_work *work);
/* For reading only: one snapshot. */
void answer_read(struct call *call, answer_work *work);

/* Appends rows as JSON objects with commas between, or fails with the transaction's problem. */
typedef bool answer_rows_work(struct tx *tx, struct call *call, struct buffer *out);
/* {items: […]} straight from what one statement reads, without a transaction or a tree. */
void answer_rows(struct call *call, answer_rows_work *work);

#endif
