#include "node/api/lists.h"

#include <stdlib.h>
#include <string.h>

#include "node/base/fields.h"
#include "protocol/bytes.h"
#include "protocol/json_profile.h"

/* The longest has 60 characters of a title, or an origin of 255; see FIELD_CURSOR. */
enum { CURSOR_OCTETS = 375 };

/* NULL when the cursor is none of ours; the place borrows from it. */
static json_t *cursor_read(const char *text, struct db_place *place)
{
    struct buffer octets = {0};
    json_t *after = NULL;
    if (bytes_b64u_decode_any(text, strlen(text), &octets))
        after = json_loadb((const char *)octets.data, octets.size, 0, NULL);
    buffer_free(&octets);
    if (json_unpack_ex(after, NULL, JSON_STRICT, "[s, s]", &place->key, &place->id) == 0 ||
        json_unpack_ex(after, NULL, JSON_STRICT, "[s, s, s]", &place->key, &place->id, &place->origin) == 0)
        return after;
    json_decref(after);
    return NULL;
}

static void cursor_write(struct buffer *out, const json_t *next)
{
    char *text = next ? json_dumps(next, JSON_COMPACT) : NULL;
    char cursor[BYTES_B64U_SIZE(CURSOR_OCTETS)] = "";

    if (!next) {
        buffer_puts(out, "null");
        return;
    }
    if (text && strlen(text) <= CURSOR_OCTETS)
        bytes_b64u_encode((const uint8_t *)text, strlen(text), cursor);
    else
        out->failed = true;
    buffer_printf(out, "\"%s\"", cursor);
    free(text);
}

struct list {
    struct call *call;
    lists_work *work;
    json_t *query;       /* owned: checked */
    json_t *after;       /* owned: the cursor's texts, NULL at the beginning */
    struct db_page page; /* borrows from both */
};

static bool begin_list(struct list *list)
{
    struct call *call = list->call;
    const char *cursor;

    if (!call_query(call, &list->query))
        return false;
    list->page.limit = json_profile_integer(list->query, "limit", FIELDS_LIMIT_DEFAULT);
    if (!(cursor = json_profile_text(list->query, "cursor")))
        return true;
    if (!(list->after = cursor_read(cursor, &list->page.after)))
        return problem_set(&call->problem, PROBLEM_INVALID_QUERY,
                           "The cursor is none of this list. Begin without one.");
    return true;
}

static bool list_rows(struct tx *tx, void *arg)
{
    struct list *list = arg;

    return list->work(tx, list->call, list->query, &list->page);
}

static void reply_list(struct list *list)
{
    struct db_page *page = &list->page;

    buffer_puts(&page->items, "],\"next\":");
    cursor_write(&page->items, page->next);
    buffer_printf(&page->items, ",\"total\":%lld,\"total_is_bound\":%s}", (long long)page->total,
                  page->total_is_bound ? "true" : "false");
    reply_buffer(list->call->reply, 200, "application/json", &page->items);
}

void lists_answer(struct call *call, lists_work *work)
{
    struct list list = {.call = call, .work = work};

    buffer_puts(&list.page.items, "{\"items\":[");
    if (begin_list(&list) && db_read(call->db, &call->problem, list_rows, &list))
        reply_list(&list);
    buffer_free(&list.page.items);
    json_decref(list.page.next);
    json_decref(list.after);
    json_decref(list.query);
}
