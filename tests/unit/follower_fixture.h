/* What the tests of the follower share: three keys, a follower of Arnhem in Saarbrücken, and taking a town's
 * pages. */
#ifndef TESTS_UNIT_FOLLOWER_FIXTURE_H
#define TESTS_UNIT_FOLLOWER_FIXTURE_H

#include "tests/unit/town.h"

#include "protocol/follower.h"

static struct key_private *first_key;
static struct key_private *second_key;
static struct key_private *stranger_key;

static inline int make_keys(void **state)
{
    (void)state;
    first_key = town_key(1);
    second_key = town_key(2);
    stranger_key = town_key(3);
    return 0;
}

static inline int destroy_keys(void **state)
{
    (void)state;
    key_private_destroy(first_key);
    key_private_destroy(second_key);
    key_private_destroy(stranger_key);
    return 0;
}

static inline struct follower *follow(const struct key_private *trusted)
{
    struct follower *follower =
        follower_create("saarbruecken.example", "arnhem.example", key_private_public(trusted));
    assert_non_null(follower);
    return follower;
}

/* Judges lines from+1 … last of a town and, if they are to be applied, applies them. */
static inline enum err_code take(struct follower *follower, const struct town *town, int64_t from,
                                 int64_t last, const uint8_t *held_chain, struct follower_step *step)
{
    struct town_page read;
    enum err_code code;

    town_page(town, from, last, &read);
    code = follower_page(follower, &read.page, held_chain, step, NULL);
    if (code == ERR_OK && step->verdict == FOLLOWER_APPLY)
        follower_applied(follower, step);
    town_page_finish(&read);
    return code;
}

static inline enum err_code take_fresh(struct follower *follower, const struct town *town,
                                       struct follower_step *step)
{
    struct town_page read;
    enum err_code code;

    town_page_fresh(town, &read);
    code = follower_page(follower, &read.page, NULL, step, NULL);
    if (code == ERR_OK && step->verdict == FOLLOWER_APPLY)
        follower_applied(follower, step);
    town_page_finish(&read);
    return code;
}

static inline void assert_stands_at(const struct follower *follower, int stream, int64_t epoch, int64_t seq)
{
    struct follower_state state;
    follower_state(follower, stream, &state);
    assert_int_equal(state.position.at.epoch, epoch);
    assert_int_equal(state.position.at.seq, seq);
}

static const char *const good_salt = "AAAAAAAAAAAAAAAAAAAAAA";

/* Puts a line of a type with an empty body, which origin would not write, in place of a town's last, and
 * signs that. */
static inline void forge_line(struct town *town, int64_t seq, const char *type, const char *salt)
{
    struct origin_line *line = &town->lines[seq - 1];
    struct head head = {.position = town_position(town, seq - 1), .issued_at = TOWN_NOW};
    buffer_free(&line->line);
    buffer_printf(&line->line,
                  "{\"seq\":%d,\"type\":\"%s\",\"id\":\"%s\",\"rev\":1,\"at\":\"2026-11-01T09:00:00Z\","
                  "\"salt\":\"%s\",\"body\":{}}",
                  (int)seq, type, town_id, salt);
    strcpy(head.origin, town->stream.origin);
    strcpy(head.stream, town->stream.name);
    head.position.at.seq = seq;
    chain_digest(line->line.data, line->line.size, line->digest);
    chain_link(head.position.chain, seq, line->digest);
    assert_int_equal(head_sign(&head, first_key, town->heads[seq - 1], NULL), ERR_OK);
}

#endif
