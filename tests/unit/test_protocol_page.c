/* Pages that an origin of ours would not write: each is right but for one thing, so that nothing else refuses
 * it. */
#include "tests/unit/town.h"

static struct key_private *key;
static struct key_private *next_key;
/* Its `epoch` entry, a text, a rotation, and a text under the new key. */
static struct town town;

static int make_town(void **state)
{
    (void)state;
    key = town_key(1);
    next_key = town_key(2);
    town_open(&town, "net", 10, key, NULL);
    town_say(&town, "two");
    town_rotate(&town, next_key);
    town_say(&town, "four");
    return 0;
}

static int close_town(void **state)
{
    (void)state;
    town_close(&town);
    key_private_destroy(next_key);
    key_private_destroy(key);
    return 0;
}

/* A page as it is written, and where its lines have led so far. */
struct forged {
    struct buffer text;
    struct position from, at;
};

static void forge(struct forged *page, const struct position *from)
{
    *page = (struct forged){.from = *from, .at = *from};
    page_write_open(&page->text, town.stream.origin, town.stream.name, from);
}

static void forge_line(struct forged *page, int64_t seq)
{
    const struct origin_line *line = &town.lines[seq - 1];

    page_write_entry(&page->text, (struct bytes){line->line.data, line->line.size});
    page->at.at.seq++;
    chain_link(page->at.chain, seq, line->digest);
}

/* Reads it under the head of where its lines led, and throws it away. */
static enum err_code read_forged(struct forged *page)
{
    struct head head = {.position = page->at, .issued_at = TOWN_NOW};
    char jws[HEAD_SIZE];
    struct page read;
    size_t used;
    enum err_code code;

    strcpy(head.origin, town.stream.origin);
    strcpy(head.stream, town.stream.name);
    assert_int_equal(head_sign(&head, key, jws, NULL), ERR_OK);
    page_write_close(&page->text, jws);
    code = page_read((const char *)page->text.data, page->text.size, &read, &used, NULL);
    if (code == ERR_OK)
        page_finish(&read);
    buffer_free(&page->text);
    return code;
}

static void lines_that_follow_each_other_are_read(void **state)
{
    struct forged page;

    (void)state;
    forge(&page, &town.start);
    for (int64_t seq = 1; seq <= 3; seq++)
        forge_line(&page, seq);
    assert_int_equal(read_forged(&page), ERR_OK);
}

static void no_line_is_left_out(void **state)
{
    struct forged page;

    (void)state;
    forge(&page, &town.start);
    forge_line(&page, 1);
    forge_line(&page, 3);
    assert_int_equal(read_forged(&page), ERR_MALFORMED);
}

static void nothing_follows_a_key_entry_that_is_the_first_line(void **state)
{
    struct position from = town_position(&town, 2);
    struct forged page;

    (void)state;
    forge(&page, &from);
    forge_line(&page, 3);
    assert_int_equal(read_forged(&page), ERR_OK);
    forge(&page, &from);
    forge_line(&page, 3);
    forge_line(&page, 4);
    assert_int_equal(read_forged(&page), ERR_MALFORMED);
}

static void a_stream_begins_with_the_chain_of_its_name_and_epoch(void **state)
{
    struct position from = town.start;
    struct forged page;

    (void)state;
    from.chain[0] ^= 1;
    forge(&page, &from);
    forge_line(&page, 1);
    assert_int_equal(read_forged(&page), ERR_CHAIN_BROKEN);
}

static void a_text_is_kept_for_some_time_and_for_a_year_at_most(void **state)
{
    static const struct {
        int64_t after;
        enum err_code code;
    } cases[] = {
        {-1, ERR_MALFORMED},
        {0, ERR_MALFORMED},
        {1, ERR_OK},
        {ENTRY_KEEP_MAX_SECONDS, ERR_OK},
        {ENTRY_KEEP_MAX_SECONDS + 1, ERR_MALFORMED},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct entry entry = town_entry("novelty", json_object()); /* of a type that nobody knows yet */

        entry.keep_until = entry.at + cases[i].after;
        assert_int_equal(entry_check(&entry, NULL), cases[i].code);
        entry_finish(&entry);
    }
}

/* The shortest lines there are, behind the first two. */
static enum err_code read_with_lines(int64_t count)
{
    struct position from = town_position(&town, 2);
    struct forged page;

    forge(&page, &from);
    for (int64_t seq = 3; seq < 3 + count; seq++) {
        uint8_t digest[CHAIN_SIZE];
        char line[40];

        snprintf(line, sizeof line, "{\"seq\":%lld}", (long long)seq);
        chain_digest((const uint8_t *)line, strlen(line), digest);
        page_write_entry(&page.text, (struct bytes){(const uint8_t *)line, strlen(line)});
        page.at.at.seq++;
        chain_link(page.at.chain, seq, digest);
    }
    return read_forged(&page);
}

static void a_page_has_ten_thousand_lines_at_most(void **state)
{
    (void)state;
    assert_int_equal(read_with_lines(PAGE_LINES_MAX), ERR_OK);
    assert_int_equal(read_with_lines(PAGE_LINES_MAX + 1), ERR_TOO_LARGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_that_follow_each_other_are_read),
        cmocka_unit_test(no_line_is_left_out),
        cmocka_unit_test(nothing_follows_a_key_entry_that_is_the_first_line),
        cmocka_unit_test(a_stream_begins_with_the_chain_of_its_name_and_epoch),
        cmocka_unit_test(a_page_has_ten_thousand_lines_at_most),
        cmocka_unit_test(a_text_is_kept_for_some_time_and_for_a_year_at_most),
    };

    return cmocka_run_group_tests_name("protocol page", tests, make_town, close_town);
}
