#include "node/api/audit.h"

#include "node/api/lists.h"
#include "node/db/history.h"

static const struct json_field list_query[] = {FIELD_CURSOR, FIELD_LIMIT, FIELD_END};

static bool list_rows(struct tx *tx, void *arg)
{
    struct list *list = arg;
    return db_history_audit(tx, &list->page);
}

static void audit_list(struct call *call)
{
    struct list list;
    if (list_begin(call, list_query, &list) && db_snapshot(call->db, &call->problem, list_rows, &list))
        list_reply(call, &list);
    list_finish(&list);
}

const struct route api_audit_routes[] = {
    {"GET", "/api/v1/audit", ROLE_ADMIN, NODE_ANY, ON_BOTH, 0, NULL, audit_list},
    {NULL, NULL, 0, 0, 0, 0, NULL, NULL},
};
