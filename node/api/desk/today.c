#include "node/api/desk/today.h"

#include "node/api/answer.h"
#include "node/core/permissions.h"
#include "node/work/desk/today.h"

static bool read(struct tx *tx, struct call *call, struct buffer *out)
{
    return today_read(tx, call->node, &call->actor, out);
}

static void today_get(struct call *call)
{
    answer_rows(call, read);
}

const struct route api_today_routes[] = {
    {"GET", "/api/v1/today", MAY_READ, NODE_CITY, ON_BOTH, .handle = today_get},
    {0},
};
