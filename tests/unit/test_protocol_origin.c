#include "tests/unit/town.h"

static struct key_private *key;
static struct key_private *other_key;

static int make_keys(void **state)
{
    (void)state;
    key = town_key(1);
    other_key = town_key(2);
    return 0;
}

static int destroy_keys(void **state)
{
    (void)state;
    key_private_destroy(key);
    key_private_destroy(other_key);
    return 0;
}

static struct origin_stream new_stream(int64_t epoch)
{
    struct origin_stream stream = {.origin = "arnhem.example", .name = "net", .position.at.epoch = epoch};
    chain_start(stream.origin, stream.name, epoch, stream.position.chain);
    return stream;
}

static enum err_code append_one(struct origin_stream *stream, const char *type, json_t *body, int64_t now,
                                char jws[HEAD_SIZE])
{
    struct entry entry = town_entry(type, body);
    struct origin_line line;
    enum err_code code = origin_append(stream, &entry, 1, key, now, &line, jws, NULL);
    origin_lines_finish(&line, 1);
    entry_finish(&entry);
    return code;
}

static int64_t issued_at(const char *jws)
{
    struct head head;
    assert_int_equal(head_parse(jws, strlen(jws), &head, NULL), ERR_OK);
    return head.issued_at;
}

static void an_append_numbers_chains_and_signs(void **state)
{
    struct origin_stream stream = new_stream(10);
    struct entry entries[3] = {
        town_entry("epoch", town_epoch_body(key, NULL)),
        town_entry("novelty", json_object()),
        town_entry("novelty", json_object()),
    };
    struct origin_line lines[3];
    char jws[HEAD_SIZE];
    uint8_t chain[CHAIN_SIZE];
    struct head head;

    (void)state;
    assert_int_equal(origin_append(&stream, entries, 3, key, TOWN_NOW, lines, jws, NULL), ERR_OK);
    chain_start("arnhem.example", "net", 10, chain);
    for (int i = 0; i < 3; i++) {
        struct entry read;
        uint8_t digest[CHAIN_SIZE];
        assert_int_equal(entries[i].seq, i + 1);
        assert_int_equal(entry_parse((const char *)lines[i].line.data, lines[i].line.size, &read, NULL),
                         ERR_OK);
        assert_int_equal(read.seq, i + 1);
        entry_finish(&read);
        bytes_sha256(lines[i].line.data, lines[i].line.size, digest);
        assert_memory_equal(digest, lines[i].digest, CHAIN_SIZE);
        chain_link(chain, i + 1, digest);
        assert_memory_equal(chain, lines[i].chain, CHAIN_SIZE);
        entry_finish(&entries[i]);
    }
    assert_int_equal(stream.position.at.seq, 3);
    assert_memory_equal(stream.position.chain, chain, CHAIN_SIZE);
    assert_int_equal(head_verify(jws, strlen(jws), key_private_public(key), NULL), ERR_OK);
    assert_int_equal(head_parse(jws, strlen(jws), &head, NULL), ERR_OK);
    assert_int_equal(head.position.at.seq, 3);
    assert_memory_equal(head.position.chain, chain, CHAIN_SIZE);
    assert_string_equal(stream.key_id, key_public_id(key_private_public(key)));
    origin_lines_finish(lines, 3);
}

static void a_refused_append_leaves_the_stream_as_it_was(void **state)
{
    struct origin_stream stream = new_stream(10);
    struct origin_stream before = stream;
    struct entry entries[2] = {
        town_entry("epoch", town_epoch_body(key, NULL)),
        town_entry("erase", json_object()),
    };
    struct origin_line lines[2];
    char jws[HEAD_SIZE];
    struct err err;

    (void)state;
    assert_int_equal(origin_append(&stream, entries, 2, key, TOWN_NOW, lines, jws, &err), ERR_MALFORMED);
    assert_string_equal(err.text, "/body/entries: is missing");
    assert_memory_equal(&stream, &before, sizeof stream);
    assert_null(lines[0].line.data);
    entry_finish(&entries[0]);
    entry_finish(&entries[1]);
}

static void an_epoch_begins_with_its_epoch_entry(void **state)
{
    struct origin_stream stream = new_stream(10);
    char jws[HEAD_SIZE];

    (void)state;
    assert_int_equal(append_one(&stream, "novelty", json_object(), TOWN_NOW, jws), ERR_MALFORMED);
    assert_int_equal(append_one(&stream, "epoch", town_epoch_body(key, NULL), TOWN_NOW, jws), ERR_OK);
}

static void a_key_entry_ends_its_append(void **state)
{
    struct origin_stream stream = new_stream(10);
    struct entry entries[3] = {
        town_entry("epoch", town_epoch_body(key, NULL)),
        town_entry("key", json_pack("{s:o}", "jwk", key_public_to_jwk(key_private_public(other_key)))),
        town_entry("novelty", json_object()),
    };
    struct origin_line lines[3];
    char jws[HEAD_SIZE];

    (void)state;
    assert_int_equal(origin_append(&stream, entries, 3, key, TOWN_NOW, lines, jws, NULL), ERR_MALFORMED);
    assert_int_equal(origin_append(&stream, entries, 2, key, TOWN_NOW, lines, jws, NULL), ERR_OK);
    origin_lines_finish(lines, 2);
    for (int i = 0; i < 3; i++)
        entry_finish(&entries[i]);
}

static void an_append_has_at_most_200_entries(void **state)
{
    static struct entry entries[PAGE_APPEND_ENTRIES + 1];
    static struct origin_line lines[PAGE_APPEND_ENTRIES + 1];
    struct origin_stream stream = new_stream(10);
    char jws[HEAD_SIZE];

    (void)state;
    for (int i = 0; i <= PAGE_APPEND_ENTRIES; i++) {
        entries[i] =
            i == 0 ? town_entry("epoch", town_epoch_body(key, NULL)) : town_entry("novelty", json_object());
    }
    assert_int_equal(origin_append(&stream, entries, 0, key, TOWN_NOW, lines, jws, NULL), ERR_TOO_LARGE);
    assert_int_equal(origin_append(&stream, entries, 201, key, TOWN_NOW, lines, jws, NULL), ERR_TOO_LARGE);
    assert_int_equal(origin_append(&stream, entries, 200, key, TOWN_NOW, lines, jws, NULL), ERR_OK);
    origin_lines_finish(lines, 200);
    for (int i = 0; i <= PAGE_APPEND_ENTRIES; i++)
        entry_finish(&entries[i]);
}

static json_t *body_of(size_t octets)
{
    char *text = malloc(octets + 1);
    json_t *body;

    assert_non_null(text);
    memset(text, 'x', octets);
    text[octets] = '\0';
    body = json_pack("{s:s}", "text", text);
    free(text);
    return body;
}

static void an_append_has_at_most_512_kib_of_lines(void **state)
{
    struct origin_stream stream = new_stream(10);
    struct entry entries[10] = {town_entry("epoch", town_epoch_body(key, NULL))};
    struct origin_line lines[10];
    char jws[HEAD_SIZE];

    (void)state;
    for (int i = 1; i < 10; i++)
        entries[i] = town_entry("novelty", body_of(60000));
    assert_int_equal(origin_append(&stream, entries, 10, key, TOWN_NOW, lines, jws, NULL), ERR_TOO_LARGE);
    assert_int_equal(origin_append(&stream, entries, 9, key, TOWN_NOW, lines, jws, NULL), ERR_OK);
    origin_lines_finish(lines, 9);
    for (int i = 0; i < 10; i++)
        entry_finish(&entries[i]);
}

static void an_entry_has_at_most_64_kib(void **state)
{
    struct origin_stream stream = new_stream(10);
    char jws[HEAD_SIZE];

    (void)state;
    assert_int_equal(append_one(&stream, "epoch", town_epoch_body(key, NULL), TOWN_NOW, jws), ERR_OK);
    assert_int_equal(append_one(&stream, "novelty", body_of(65536), TOWN_NOW, jws), ERR_TOO_LARGE);
}

static void what_no_reader_takes_is_not_written(void **state)
{
    struct origin_stream stream = new_stream(10);
    char jws[HEAD_SIZE];
    json_t *deep = json_object();

    (void)state;
    for (int i = 0; i < 20; i++)
        deep = json_pack("{s:o}", "a", deep);
    assert_int_equal(append_one(&stream, "epoch", town_epoch_body(key, NULL), TOWN_NOW, jws), ERR_OK);
    assert_int_equal(append_one(&stream, "novelty", deep, TOWN_NOW, jws), ERR_MALFORMED);
    assert_int_equal(append_one(&stream, "novelty", json_pack("{s:f}", "a", 1.5), TOWN_NOW, jws),
                     ERR_MALFORMED);
    assert_int_equal(
        append_one(&stream, "novelty", json_pack("{s:I}", "a", (json_int_t)1 << 53), TOWN_NOW, jws),
        ERR_MALFORMED);
    assert_int_equal(append_one(&stream, "novelty", json_pack("{s:s#}", "a", "x\0y", 3), TOWN_NOW, jws),
                     ERR_MALFORMED);
    assert_int_equal(append_one(&stream, "No type", json_object(), TOWN_NOW, jws), ERR_MALFORMED);
    assert_int_equal(stream.position.at.seq, 1);
}

/* AUTHORITY_MAX is what it is for this. */
static void the_longest_names_and_numbers_fit_into_a_head(void **state)
{
    static const int64_t most = 9007199254740991;
    struct head head = {.position.at = {most, most}, .issued_at = most};
    struct head again;
    char jws[HEAD_SIZE];

    (void)state;
    memset(head.origin, 'a', AUTHORITY_MAX);
    for (size_t i = 60; i < AUTHORITY_MAX; i += 60)
        head.origin[i] = '.';
    strcpy(head.stream, "to/");
    strcpy(head.stream + 3, head.origin);
    assert_int_equal(head_sign(&head, key, jws, NULL), ERR_OK);
    assert_int_equal(head_parse(jws, strlen(jws), &again, NULL), ERR_OK);
    assert_string_equal(again.stream, head.stream);
    assert_int_equal(again.issued_at, most);
}

static void an_answer_has_at_most_1_mib(void **state)
{
    struct buffer text = {0};
    struct page page;
    size_t used;

    (void)state;
    while (text.size <= PAGE_ANSWER_MAX)
        buffer_puts(&text, "{}\n");
    assert_int_equal(page_read((const char *)text.data, text.size, &page, &used, NULL), ERR_TOO_LARGE);
    assert_int_equal(page_read((const char *)text.data, 3, &page, &used, NULL), ERR_MALFORMED);
    buffer_free(&text);
}

static void iat_never_goes_back(void **state)
{
    struct origin_stream stream = new_stream(10);
    char jws[HEAD_SIZE];

    (void)state;
    assert_int_equal(append_one(&stream, "epoch", town_epoch_body(key, NULL), 1000, jws), ERR_OK);
    assert_int_equal(issued_at(jws), 1000);
    assert_int_equal(append_one(&stream, "novelty", json_object(), 900, jws), ERR_OK);
    assert_int_equal(issued_at(jws), 1000);
    assert_int_equal(append_one(&stream, "novelty", json_object(), 1001, jws), ERR_OK);
    assert_int_equal(issued_at(jws), 1001);
}

static void a_head_is_signed_anew_when_asked_after_a_quarter_of_an_hour(void **state)
{
    struct origin_stream stream = new_stream(10);
    char jws[HEAD_SIZE];
    bool anew;
    struct head head;

    (void)state;
    assert_int_equal(append_one(&stream, "epoch", town_epoch_body(key, NULL), 1000, jws), ERR_OK);
    assert_int_equal(origin_refresh(&stream, key, 1900, &anew, jws, NULL), ERR_OK);
    assert_false(anew);
    assert_string_equal(jws, "");
    assert_int_equal(origin_refresh(&stream, key, 1901, &anew, jws, NULL), ERR_OK);
    assert_true(anew);
    assert_int_equal(head_parse(jws, strlen(jws), &head, NULL), ERR_OK);
    assert_int_equal(head.issued_at, 1901);
    assert_int_equal(head.position.at.seq, 1);
    assert_memory_equal(head.position.chain, stream.position.chain, CHAIN_SIZE);
    assert_int_equal(origin_refresh(&stream, key, 1902, &anew, jws, NULL), ERR_OK);
    assert_false(anew);
}

static void after_a_rotation_a_head_of_the_new_key_is_signed_at_once(void **state)
{
    struct origin_stream stream = new_stream(10);
    char jws[HEAD_SIZE];
    bool anew;

    (void)state;
    assert_int_equal(append_one(&stream, "epoch", town_epoch_body(key, NULL), 1000, jws), ERR_OK);
    assert_int_equal(origin_refresh(&stream, other_key, 1001, &anew, jws, NULL), ERR_OK);
    assert_true(anew);
    assert_int_equal(head_verify(jws, strlen(jws), key_private_public(other_key), NULL), ERR_OK);
    assert_int_equal(origin_refresh(&stream, other_key, 1002, &anew, jws, NULL), ERR_OK);
    assert_false(anew);
    stream.key_id[0] = '\0';
    assert_int_equal(origin_refresh(&stream, key, 1003, &anew, jws, NULL), ERR_OK);
    assert_false(anew);
}

static void a_new_epoch_is_the_time_or_the_next_number(void **state)
{
    (void)state;
    assert_int_equal(origin_next_epoch(0, 1790000000), 1790000000);
    assert_int_equal(origin_next_epoch(1790000000, 1790000000), 1790000001);
    assert_int_equal(origin_next_epoch(1800000000, 1790000000), 1800000001);
    assert_int_equal(origin_next_epoch(9007199254740990, 1790000000), 9007199254740991);
    assert_int_equal(origin_next_epoch(9007199254740991, 1790000000), 0);
}

static void a_cursor_is_answered_with_what_comes_after_it(void **state)
{
    static const struct origin_epoch held[] = {{10, 5}, {20, 3}, {30, 7}};

    static const struct {
        struct cursor cursor;
        int count;
        struct origin_range ranges[3];
    } cases[] = {
        {{0, 0}, 3, {{10, 0, 5}, {20, 0, 3}, {30, 0, 7}}}, /* the beginning */
        {{5, 9}, 3, {{10, 0, 5}, {20, 0, 3}, {30, 0, 7}}}, /* older than what is held */
        {{10, 2}, 3, {{10, 2, 5}, {20, 0, 3}, {30, 0, 7}}},
        {{10, 5}, 2, {{20, 0, 3}, {30, 0, 7}}},
        {{10, 9}, 2, {{20, 0, 3}, {30, 0, 7}}}, /* beyond an end that was lost with a database */
        {{15, 1}, 2, {{20, 0, 3}, {30, 0, 7}}}, /* an epoch that was lost with a database */
        {{30, 0}, 1, {{30, 0, 7}}},
        {{30, 6}, 1, {{30, 6, 7}}},
        {{30, 7}, 1, {{30, 7, 7}}}, /* nothing new */
        {{30, 8}, -1, {{0}}},       /* ahead */
        {{31, 0}, -1, {{0}}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct origin_range ranges[3];
        const struct origin_following peer = {cases[i].cursor, cases[i].cursor, cases[i].cursor};
        int count = origin_answer(held, 3, &peer, cases[i].cursor, ranges);
        assert_int_equal(count, cases[i].count);
        for (int j = 0; j < count; j++) {
            assert_int_equal(ranges[j].epoch, cases[i].ranges[j].epoch);
            assert_int_equal(ranges[j].from, cases[i].ranges[j].from);
            assert_int_equal(ranges[j].last, cases[i].ranges[j].last);
        }
    }
}

static struct head head_at(int64_t epoch, int64_t seq, uint8_t mark)
{
    struct head head = {.position = {.at = {epoch, seq}, .chain = {mark}}};
    return head;
}

static void a_head_of_ones_own_tells_whether_something_was_lost(void **state)
{
    struct origin_stream stream = {.position = {.at = {20, 5}, .chain = {7}}};
    static const uint8_t held[CHAIN_SIZE] = {3};

    static const struct {
        int64_t epoch, seq;
        uint8_t mark;
        const uint8_t *held;
        enum origin_verdict verdict;
    } cases[] = {
        {20, 5, 7, NULL, ORIGIN_KNOWN}, {20, 5, 8, NULL, ORIGIN_DIFFERENT},
        {20, 6, 7, NULL, ORIGIN_AHEAD}, {21, 1, 7, NULL, ORIGIN_AHEAD},
        {20, 3, 3, held, ORIGIN_KNOWN}, {20, 3, 4, held, ORIGIN_DIFFERENT},
        {10, 9, 9, NULL, ORIGIN_KNOWN}, {20, 3, 4, NULL, ORIGIN_KNOWN},
        {19, 3, 4, held, ORIGIN_KNOWN},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct head head = head_at(cases[i].epoch, cases[i].seq, cases[i].mark);
        assert_int_equal(origin_compare(&stream, &head, cases[i].held, 20), cases[i].verdict);
    }
}

static void nobody_shows_a_head_of_ones_own_that_lies_far_in_the_future(void **state)
{
    static const struct {
        int64_t own, now, shown;
        enum origin_verdict verdict;
    } cases[] = {
        {TOWN_NOW, TOWN_NOW, TOWN_NOW + 86400, ORIGIN_AHEAD},
        {TOWN_NOW, TOWN_NOW, TOWN_NOW + 86401, ORIGIN_ABSURD},
        {TOWN_NOW - 500000, TOWN_NOW, TOWN_NOW + 86400, ORIGIN_AHEAD},
        {TOWN_NOW + 500000, TOWN_NOW, TOWN_NOW + 586400, ORIGIN_AHEAD},
        {TOWN_NOW + 500000, TOWN_NOW, TOWN_NOW + 586401, ORIGIN_ABSURD},
        {TOWN_NOW, TOWN_NOW, 9007199254740991, ORIGIN_ABSURD},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct origin_stream stream = {.position.at = {cases[i].own, 5}};
        struct head head = head_at(cases[i].shown, 1, 7);
        assert_int_equal(origin_compare(&stream, &head, NULL, cases[i].now), cases[i].verdict);
    }
}

/* Of a peer that has followed up to 10.5 and was answered up to there: what it asks after, one by one, and
 * where the answer ends; then what it has acknowledged, and whether that is in doubt. */
static void a_cursor_acknowledges_where_an_answer_has_led_it(void **state)
{
    static const struct {
        struct {
            struct cursor asked, served;
        } steps[3];
        struct cursor acknowledged;
        bool doubt;
    } cases[] = {
        {{{{10, 5}, {10, 9}}, {{10, 9}, {10, 9}}}, {10, 9}, false}, /* the usual way */
        {{{{10, 5}, {10, 9}}, {{10, 7}, {10, 9}}}, {10, 7}, false}, /* it stopped between two pages */
        {{{{10, 5}, {10, 9}}, {{10, 5}, {10, 9}}}, {10, 5}, false}, /* the answer was lost */
        {{{{10, 5}, {20, 2}}, {{20, 2}, {20, 2}}}, {20, 2}, false}, /* into the next epoch */
        {{{{10, 3}, {10, 9}}}, {10, 3}, false},                     /* it was put back itself */
        {{{{10, 7}, {10, 9}}}, {10, 5}, true},                      /* we were, and it holds more */
        {{{{10, 7}, {10, 9}}, {{10, 7}, {10, 9}}}, {10, 5}, true},  /* that it asks again says nothing */
        {{{{10, 7}, {10, 7}}, {{10, 7}, {10, 7}}}, {10, 5}, true},  /* neither if it is as far as we */
        {{{{10, 7}, {10, 9}}, {{10, 8}, {10, 9}}}, {10, 8}, false}, /* but what it has is ours */
        {{{{10, 7}, {0, 0}}, {{10, 8}, {0, 0}}}, {10, 5}, true},    /* nothing was said of it */
        {{{{10, 7}, {10, 9}}, {{10, 7}, {20, 1}}, {{20, 1}, {20, 1}}}, {20, 1}, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct origin_following peer = {{10, 5}, {10, 5}, {10, 5}};
        for (size_t k = 0; k < 3 && cases[i].steps[k].asked.epoch; k++)
            origin_asked(&peer, cases[i].steps[k].asked, cases[i].steps[k].served);
        assert_int_equal(cursor_compare(peer.acknowledged, cases[i].acknowledged), 0);
        assert_int_equal(cursor_compare(peer.acknowledged, peer.asked) != 0, cases[i].doubt);
        origin_shown(&peer, peer.asked);
        assert_int_equal(cursor_compare(peer.acknowledged, peer.asked), 0);
    }
}

static void who_came_from_elsewhere_in_the_newest_epoch_is_ahead(void **state)
{
    static const struct origin_epoch epochs[] = {{10, 9}, {20, 9}};
    static const struct {
        struct cursor asks;
        int ranges;
    } cases[] = {{{20, 5}, 1},  {{20, 3}, 1}, {{20, 7}, 1}, {{20, 8}, -1},
                 {{20, 9}, -1}, {{10, 8}, 2}, {{0, 0}, 2}};
    const struct origin_following peer = {.asked = {20, 5}, .served = {20, 7}, .acknowledged = {20, 5}};
    struct origin_range ranges[2];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(origin_answer(epochs, 2, &peer, cases[i].asks, ranges), cases[i].ranges);
}

static void of_an_older_epoch_a_thousand_lost_numbers_are_erased_however_often_more_are_named(void **state)
{
    static const struct {
        int64_t last, lost, held;
        int64_t from, to; /* from+1 ... to */
    } cases[] = {
        {5, 0, 8, 5, 8},       {5, 8, 8, 8, 8}, {5, 8, 9, 8, 9},       {5, 0, 5, 5, 5},
        {5, 8, 6, 8, 8},       {0, 0, 4, 1, 4}, /* number 1 is never named */
        {0, 0, 1, 1, 1},       {0, 0, 0, 1, 1}, {5, 0, 2000, 5, 1005}, {5, 1005, 2000, 1005, 1005},
        {0, 0, 2000, 1, 1000},
    };
    struct origin_epoch epoch = {10, 5};
    int64_t lost = 0, named = 0;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct origin_range range =
            origin_lost(&(struct origin_epoch){10, cases[i].last}, cases[i].lost, cases[i].held);

        assert_int_equal(range.epoch, 10);
        assert_int_equal(range.from, cases[i].from);
        assert_int_equal(range.last, cases[i].to);
    }
    for (int64_t ask = 0; ask < 100; ask++) {
        struct origin_range range =
            origin_lost(&epoch, lost, ask % 2 ? INT64_C(9007199254740991) : 300 * ask);

        lost = range.last;
        named += range.last - range.from;
    }
    assert_int_equal(named, ORIGIN_LOST_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_append_numbers_chains_and_signs),
        cmocka_unit_test(a_refused_append_leaves_the_stream_as_it_was),
        cmocka_unit_test(an_epoch_begins_with_its_epoch_entry),
        cmocka_unit_test(a_key_entry_ends_its_append),
        cmocka_unit_test(an_append_has_at_most_200_entries),
        cmocka_unit_test(an_append_has_at_most_512_kib_of_lines),
        cmocka_unit_test(an_entry_has_at_most_64_kib),
        cmocka_unit_test(what_no_reader_takes_is_not_written),
        cmocka_unit_test(the_longest_names_and_numbers_fit_into_a_head),
        cmocka_unit_test(an_answer_has_at_most_1_mib),
        cmocka_unit_test(iat_never_goes_back),
        cmocka_unit_test(a_head_is_signed_anew_when_asked_after_a_quarter_of_an_hour),
        cmocka_unit_test(after_a_rotation_a_head_of_the_new_key_is_signed_at_once),
        cmocka_unit_test(a_new_epoch_is_the_time_or_the_next_number),
        cmocka_unit_test(a_cursor_is_answered_with_what_comes_after_it),
        cmocka_unit_test(a_head_of_ones_own_tells_whether_something_was_lost),
        cmocka_unit_test(who_came_from_elsewhere_in_the_newest_epoch_is_ahead),
        cmocka_unit_test(a_cursor_acknowledges_where_an_answer_has_led_it),
        cmocka_unit_test(of_an_older_epoch_a_thousand_lost_numbers_are_erased_however_often_more_are_named),
        cmocka_unit_test(nobody_shows_a_head_of_ones_own_that_lies_far_in_the_future),
    };
    return cmocka_run_group_tests_name("protocol origin", tests, make_keys, destroy_keys);
}
