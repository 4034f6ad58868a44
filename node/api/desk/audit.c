#include "node/api/desk/audit.h"

#include "node/base/fields.h"
#include "node/api/lists.h"
#include "node/core/permissions.h"
#include "node/db/desk/history.h"

static const struct json_field list_query[] = {FIELD_CURSOR, FIELD_LIMIT, FIELD_END};

static bool list_rows(struct tx *tx, struct call *call, const json_t *query, struct db_page *page)
{
    (void)call;
    (void)query;
    return db_history_audit(tx, page);
}

static void audit_list(struct call *call)
{
    lists_answer(call, list_rows);
}

const struct route api_audit_routes[] = {
    {"GET", "/api/v1/audit", MAY_READ_AUDIT, NODE_ANY, ON_BOTH, .query = list_query, .handle = audit_list},
    {0},
};
