#include "node/db/page.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "protocol/moment.h"

/* Eight, four, four, four and twelve hexadecimal digits: any UUID, and the two that are none. */
static bool is_id(const char *text)
{
    size_t i;

    for (i = 0; i < 36; i++)
        if (i == 8 || i == 13 || i == 18 || i == 23 ? text[i] != '-' : !isxdigit((unsigned char)text[i]))
            return false;
    return text[i] == '\0';
}

/* "2026-11-30 02:14:59.123456+00", as PostgreSQL writes it here. */
static bool is_time(const char *text)
{
    char moment[MOMENT_SIZE];
    int64_t seconds;
    size_t length = strlen(text), digits;

    if (length < 22 || text[10] != ' ')
        return false;
    snprintf(moment, sizeof moment, "%.10sT%.8sZ", text, text + 11);
    text += 19;
    digits = *text == '.' ? strspn(text + 1, "0123456789") : 0;
    if (*text == '.' && (digits == 0 || digits > 6))
        return false;
    return moment_parse(moment, &seconds) && strcmp(text + (digits ? digits + 1 : 0), "+00") == 0;
}

static bool is_number(const char *text)
{
    size_t digits = strspn(text, "0123456789");

    return digits > 0 && digits <= 18 && text[digits] == '\0';
}

static bool is_key(const struct db_order *order, const char *key)
{
    switch (order->key) {
    case DB_ORDER_TIME:
        return is_time(key);
    case DB_ORDER_DAY:
        return strcmp(key, "infinity") == 0 || (strlen(key) == 10 && moment_day_valid(key));
    case DB_ORDER_NUMBER:
        return is_number(key);
    case DB_ORDER_TEXT:
        break;
    }
    return true;
}

/* SQL takes it for what it should be: a forged one finds nothing worse than another place in the list. */
static bool is_place(const struct db_order *order, const struct db_place *place)
{
    return is_key(order, place->key) && is_id(place->id) && !order->first.origin == !place->origin;
}

/* Returns how many parameters that makes. */
static size_t put_place(struct db_value *values, const struct db_order *order, const struct db_place *place)
{
    size_t count = 0;

    values[count++] = db_text(place->key);
    if (order->first.id)
        values[count++] = db_text(place->id);
    if (order->first.origin)
        values[count++] = db_text(place->origin);
    return count;
}

static void take_total(struct db_page *page, const struct db_result *rows)
{
    page->total = db_cell_integer(rows, 0, "page_total");
    page->total_is_bound = page->total > DB_PAGE_BOUND;
    if (page->total_is_bound)
        page->total = DB_PAGE_BOUND;
}

/* No row, so no total: where all that was behind the place has gone meanwhile, the very first row tells it.
 */
static bool ask_total(struct tx *tx, struct db_page *page, const struct db_order *order,
                      const struct db_statement *statement, struct db_value *values, size_t count, size_t at)
{
    struct db_result *first;

    at += put_place(values + at, order, &order->first);
    values[at] = db_integer(0);
    if (!db_query(tx, statement, values, count, &first))
        return false;
    if (db_rows(first) > 0)
        take_total(page, first);
    db_result_destroy(first);
    return true;
}

bool db_page_query(struct tx *tx, struct db_page *page, const struct db_order *order,
                   const struct db_statement *statement, struct db_value *values, size_t count, size_t at,
                   struct db_result **rows)
{
    const struct db_place *after = page->after.key ? &page->after : &order->first;
    size_t limit;

    *rows = NULL;
    if (page->after.key && !is_place(order, after))
        return problem_set(tx->problem, PROBLEM_INVALID_QUERY,
                           "The cursor is none of this list. Begin without one.");
    limit = at + put_place(values + at, order, after);
    values[limit] = db_integer(page->limit);
    if (!db_query(tx, statement, values, count, rows))
        return false;
    if (db_rows(*rows) > 0 || !page->after.key || ask_total(tx, page, order, statement, values, count, at))
        return true;
    db_result_destroy(*rows);
    *rows = NULL;
    return false;
}

static json_t *place_of(const struct db_order *order, const struct db_result *rows, size_t row)
{
    json_t *place = json_pack("[s, s]", db_cell(rows, row, "page_key"), db_cell(rows, row, "id"));

    if (order->first.origin)
        json_array_append_new(place, json_string(db_cell(rows, row, "page_origin")));
    return place;
}

void db_page_take(struct db_page *page, const struct db_order *order, const struct db_form *form,
                  const struct db_result *rows)
{
    size_t found = db_rows(rows), shown = found;

    if (found > (size_t)page->limit) {
        shown = (size_t)page->limit;
        page->next = place_of(order, rows, shown - 1);
    }
    if (found > 0)
        take_total(page, rows);
    db_form_write(form, rows, shown, &page->items);
}
