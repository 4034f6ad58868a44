/* A broken invariant stops the program, whatever it was compiled for, and says where. */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/follower_fixture.h"

#include "protocol/check.h"

/* What a child that breaks an invariant writes to its standard error before it is gone. */
struct last_words {
    int status;
    char text[512];
};

static struct last_words last_words_of(void (*breach)(void))
{
    struct last_words words = {0};
    size_t length = 0;
    ssize_t got;
    int ends[2];
    pid_t child;

    assert_int_equal(pipe(ends), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        signal(SIGABRT, SIG_DFL);
        dup2(ends[1], STDERR_FILENO);
        breach();
        _exit(0);
    }
    close(ends[1]);
    while ((got = read(ends[0], words.text + length, sizeof words.text - 1 - length)) > 0)
        length += (size_t)got;
    close(ends[0]);
    assert_int_equal(waitpid(child, &words.status, 0), child);
    return words;
}

static void assert_stops(void (*breach)(void), const char *file, const char *expression)
{
    struct last_words words = last_words_of(breach);

    if (!WIFSIGNALED(words.status) || WTERMSIG(words.status) != SIGABRT)
        fail_msg("it went on after %s: %s", expression, words.text);
    assert_ptr_equal(strstr(words.text, file), words.text);
    assert_non_null(strstr(words.text, expression));
}

static void break_one(void)
{
    int one = 2;

    CHECK(one == 1);
}
enum { BROKEN_LINE = __LINE__ - 2 };

static void keep_one(void)
{
    int one = 1;

    CHECK(one == 1);
}

static void a_check_tells_file_line_and_expression(void **state)
{
    struct last_words words = last_words_of(break_one);
    char expected[sizeof words.text];

    (void)state;
    snprintf(expected, sizeof expected, "%s:%d: this must hold: one == 1\n", __FILE__, BROKEN_LINE);
    assert_true(WIFSIGNALED(words.status) && WTERMSIG(words.status) == SIGABRT);
    assert_string_equal(words.text, expected);
    words = last_words_of(keep_one);
    assert_true(WIFEXITED(words.status) && WEXITSTATUS(words.status) == 0);
    assert_string_equal(words.text, "");
}

static void sign_a_head_of_nothing(void)
{
    struct head head = {.origin = "a.example", .stream = "net", .position.at = {10, 0}};
    char jws[HEAD_SIZE];

    head_sign(&head, first_key, jws, NULL);
}

static void sign_a_name_that_is_none(void)
{
    struct head head = {.origin = "a.example\",\"x\":\"", .stream = "net", .position.at = {10, 1}};
    char jws[HEAD_SIZE];

    head_sign(&head, first_key, jws, NULL);
}

static void withhold_what_an_epoch_begins_with(void)
{
    static const uint8_t digest[CHAIN_SIZE];
    struct buffer out = {0};

    page_write_placeholder(&out, PAGE_WITHHELD, 1, digest);
}

static void write_two_lines_as_one(void)
{
    struct buffer out = {0};

    page_write_entry(&out, (struct bytes){(const uint8_t *)"{\n}", 3});
}

static void answer_out_of_order(void)
{
    static const struct origin_epoch epochs[] = {{20, 1}, {10, 1}};
    struct origin_range ranges[2];

    origin_answer(epochs, 2, &(struct origin_following){0}, (struct cursor){0, 0}, ranges);
}

/* Judges the first page of a town, then does something else before it is applied. */
static struct follower *judge_first_page(struct follower_step *step)
{
    static struct town town;
    struct town_page read;
    struct follower *follower = follow(first_key);

    town_open(&town, "net", 10, first_key, NULL);
    town_page(&town, 0, 1, &read);
    if (follower_page(follower, &read.page, NULL, step, NULL) != ERR_OK)
        _exit(1);
    return follower;
}

static void apply_twice(void)
{
    struct follower_step step;
    struct follower *follower = judge_first_page(&step);

    follower_applied(follower, &step);
    follower_applied(follower, &step);
}

static void apply_after_another_key_was_told(void)
{
    struct follower_step step;
    struct follower *follower = judge_first_page(&step);

    follower_trust(follower, key_private_public(second_key));
    follower_applied(follower, &step);
}

static void apply_what_is_to_be_ignored(void)
{
    struct follower_step step;
    struct follower *follower = judge_first_page(&step);

    step.verdict = FOLLOWER_IGNORE;
    follower_applied(follower, &step);
}

static void what_would_spoil_a_stream_stops_the_program(void **state)
{
    (void)state;
    assert_stops(sign_a_head_of_nothing, "protocol/head.c:", "seq >= 1");
    assert_stops(sign_a_name_that_is_none, "protocol/head.c:", "authority_valid(head->origin)");
    assert_stops(withhold_what_an_epoch_begins_with, "protocol/page.c:", "seq > 1");
    assert_stops(write_two_lines_as_one, "protocol/page.c:", "memchr");
    assert_stops(answer_out_of_order, "protocol/origin.c:", "epochs[i].epoch > epochs[i - 1].epoch");
    assert_stops(apply_twice, "protocol/follower.c:", "step->new_epoch");
    assert_stops(apply_after_another_key_was_told, "protocol/follower.c:", "is_judged_last");
    assert_stops(apply_what_is_to_be_ignored, "protocol/follower.c:", "FOLLOWER_APPLY");
}

/* What a town has stored is not this program's word: a damaged row is told, and stops nobody. */
static void what_is_stored_is_judged_and_not_trusted(void **state)
{
    struct follower *follower = follow(first_key);
    const struct follower_state without_key = {.position.at = {10, 3}};
    const struct follower_state too_much = {
        .position.at = {10, 3}, .key = key_private_public(first_key), .vouched = {10, 4}};

    (void)state;
    assert_false(follower_restore(follower, FOLLOWER_NET, &without_key));
    assert_false(follower_restore(follower, FOLLOWER_NET, &too_much));
    assert_stands_at(follower, FOLLOWER_NET, 0, 0);
    follower_destroy(follower);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_check_tells_file_line_and_expression),
        cmocka_unit_test(what_would_spoil_a_stream_stops_the_program),
        cmocka_unit_test(what_is_stored_is_judged_and_not_trusted),
    };

    return cmocka_run_group_tests(tests, make_keys, destroy_keys);
}
