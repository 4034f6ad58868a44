#include "node/api/lists.h"

#include <stdlib.h>
#include <string.h>

#include "node/base/fields.h"
#include "protocol/bytes.h"
#include "protocol/json_profile.h"

/* NULL when the cursor is none of ours. */
static json_t *cursor_read(const char *text)
{
    struct buffer octets = {0};
    json_t *after = NULL;
    if (bytes_b64u_decode_any(text, strlen(text), &octets))
        after = json_loadb((const char *)octets.data, octets.size, 0, NULL);
    buffer_free(&octets);
    if (json_array_size(after) == 2 && json_is_string(json_array_get(after, 0)) &&
        json_is_string(json_array_get(after, 1)))
        return after;
    json_decref(after);
    return NULL;
}

static json_t *cursor_write(json_t *last)
{
    json_t *after = json_pack("[O,O]", json_object_get(last, "cursor_key"), json_object_get(last, "id"));
    char *text = json_dumps(after, JSON_COMPACT);
    char cursor[BYTES_B64U_SIZE(400)] = "";
    if (text != NULL && strlen(text) <= 300)
        bytes_b64u_encode((const uint8_t *)text, strlen(text), cursor);
    free(text);
    json_decref(after);
    return json_string(cursor);
}

struct list {
    struct call *call;
    lists_work *work;
    json_t *query;       /* owned: checked */
    json_t *after;       /* owned: the cursor's two texts, NULL at the beginning */
    struct db_page page; /* borrows from both; its items are owned */
};

static bool begin_list(struct list *list)
{
    struct call *call = list->call;
    if (!call_query(call, &list->query))
        return false;
    list->page.limit = json_profile_integer(list->query, "limit", FIELDS_LIMIT_DEFAULT);
    const char *cursor = json_profile_text(list->query, "cursor");
    if (cursor == NULL)
        return true;
    list->after = cursor_read(cursor);
    if (list->after == NULL)
        return problem_set(&call->problem, PROBLEM_INVALID_QUERY,
                           "The cursor is none of this list. Begin without one.");
    list->page.after_key = json_string_value(json_array_get(list->after, 0));
    list->page.after_id = json_string_value(json_array_get(list->after, 1));
    return true;
}

/* May run more than once: see db_transaction. */
static bool list_rows(struct tx *tx, void *arg)
{
    struct list *list = arg;
    json_decref(list->page.items);
    list->page.items = NULL;
    return list->work(tx, list->call, list->query, &list->page);
}

static void reply_list(struct list *list)
{
    json_t *items = list->page.items;
    json_t *next = json_null();
    json_t *item;
    size_t index;

    if (json_array_size(items) > (size_t)list->page.limit) {
        json_array_remove(items, (size_t)list->page.limit);
        next = cursor_write(json_array_get(items, json_array_size(items) - 1));
    }
    json_array_foreach (items, index, item)
        json_object_del(item, "cursor_key");
    reply_json(
        list->call->reply, 200,
        json_pack("{s:O,s:o,s:I}", "items", items, "next", next, "total", (json_int_t)list->page.total));
}

void lists_answer(struct call *call, lists_work *work)
{
    struct list list = {.call = call, .work = work};
    if (begin_list(&list) && db_snapshot(call->db, &call->problem, list_rows, &list))
        reply_list(&list);
    json_decref(list.page.items);
    json_decref(list.after);
    json_decref(list.query);
}
