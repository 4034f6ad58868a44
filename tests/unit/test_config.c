/* The configuration: every mistake is told by its option, and what is not said is as the help says. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "node/base/config.h"
#include "protocol/bytes.h"

/* All that is required. */
#define NODE                                                                                                 \
    "[node]\nauthority = arnhem.example\nname = Arnhem\ncountry = NL\nmailbox = info@arnhem.example\n"       \
    "latitude = 51.98\nlongitude = 5.91\n"
#define REST                                                                                                 \
    "[database]\nconninfo = dbname=arnhem\n"                                                                 \
    "[https]\nlisten = 127.0.0.1:8441\ncertificate = tls/chain.pem\nkey = /etc/key.pem\n"                    \
    "[keys]\nsigning = signing.pem\n"

static void take_complaint(void *arg, const char *option, const char *what)
{
    buffer_printf(arg, "%s %s\n", option, what);
}

struct read {
    struct config *config;
    char directory[64];
    char *told;
};

static struct read read_text(const char *text)
{
    struct read read = {.directory = "/tmp/test_config.XXXXXX"};
    struct buffer told = {0};
    char path[96];
    FILE *file;

    assert_non_null(mkdtemp(read.directory));
    snprintf(path, sizeof path, "%s/node.ini", read.directory);
    file = fopen(path, "we");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    read.config = config_read(path, take_complaint, &told);
    read.told = buffer_steal(&told);
    unlink(path);
    rmdir(read.directory);
    return read;
}

static void read_free(struct read *read)
{
    config_destroy(read->config);
    free(read->told);
}

/* Exactly this is told, or nothing. */
static void assert_told(const char *text, const char *told)
{
    struct read read = read_text(text);

    assert_non_null(read.config);
    assert_string_equal(read.told, told);
    assert_int_equal(read.config->sound, told[0] == '\0');
    read_free(&read);
}

static void what_is_not_said_is_as_the_help_says(void **state)
{
    struct read read = read_text(NODE REST);

    (void)state;
    assert_string_equal(read.told, "");
    assert_true(read.config->sound);
    assert_int_equal(read.config->private_addresses, 0);
    assert_int_equal(read.config->poll_seconds, 60);
    assert_int_equal(read.config->peer_rate, 10);
    assert_string_equal(read.config->http_listen, "");
    read_free(&read);
}

static void paths_are_relative_to_the_file_that_names_them(void **state)
{
    struct read read = read_text(NODE REST);
    char expected[96];

    (void)state;
    snprintf(expected, sizeof expected, "%s/tls/chain.pem", read.directory);
    assert_string_equal(read.config->certificate, expected);
    assert_string_equal(read.config->certificate_key, "/etc/key.pem");
    read_free(&read);
}

static void numbers_are_whole_and_within_their_range(void **state)
{
    static const char told[] = "[server] workers must be a whole number from 2 to 64\n";

    (void)state;
    assert_told(NODE REST "[server]\nworkers = 64\n", "");
    assert_told(NODE REST "[server]\nworkers = 2\n", "");
    assert_told(NODE REST "[server]\nworkers = 65\n", told);
    assert_told(NODE REST "[server]\nworkers = 1\n", told);
    assert_told(NODE REST "[server]\nworkers = 4x\n", told);
    assert_told(NODE REST "[server]\nworkers = many\n", told);
}

static void a_switch_is_yes_or_no(void **state)
{
    (void)state;
    assert_told(NODE REST "[federation]\nprivate_addresses = yes\n", "");
    assert_told(NODE REST "[federation]\nprivate_addresses = 1\n",
                "[federation] private_addresses must be yes or no\n");
}

static void what_is_missing_twice_or_unknown_is_told(void **state)
{
    (void)state;
    assert_told(NODE "[database]\nconninfo = dbname=arnhem\n[keys]\nsigning = signing.pem\n"
                     "[https]\nlisten = 127.0.0.1:8441\nkey = key.pem\n",
                "[https] certificate is missing\n");
    assert_told(NODE "name = Arnhem\n" REST, "[node] name is given twice; keep one\n");
    assert_told(NODE "nmae = Arnhem\n" REST,
                "[node] nmae is not an option; see `hf-node serve --help` for the list\n");
}

/* Around Metz there are 43. */
static void a_list_may_be_long_on_one_line_or_on_several(void **state)
{
    struct buffer text = {0}, expected = {0};
    struct read read;

    (void)state;
    buffer_printf(&text, "%s", NODE "places = Place 0");
    buffer_printf(&expected, "Place 0");
    for (int i = 1; i < 500; i++) {
        buffer_printf(&text,
                      i % 50 == 0 ? ",\n    ; a comment between\n  Place %d ; and behind" : ", Place %d", i);
        buffer_printf(&expected, ", Place %d", i);
        if (i % 50 == 0)
            buffer_printf(&text, "\n\t"), buffer_printf(&expected, " ");
    }
    buffer_printf(&text, "\nregion = NUTS:FRF31:Moselle\n%s", REST);
    read = read_text((const char *)text.data);
    assert_string_equal(read.told, "");
    assert_string_equal(read.config->region, "NUTS:FRF31:Moselle");
    assert_string_equal(read.config->places, (const char *)expected.data);
    read_free(&read);
    buffer_free(&text);
    buffer_free(&expected);
}

static void a_value_may_begin_on_the_next_line(void **state)
{
    struct read read = read_text(NODE "places =\n  Elst\n  Wijchen\n"
                                      "[database]\nconninfo = host=localhost\n    dbname=arnhem\n"
                                      "[https]\nlisten = 127.0.0.1:8441\ncertificate =\n\n    /etc/x.pem\n"
                                      "key = /etc/key.pem\n[keys]\nsigning = signing.pem\n");

    (void)state;
    assert_string_equal(read.told, "");
    assert_string_equal(read.config->places, "Elst Wijchen");
    assert_string_equal(read.config->conninfo, "host=localhost dbname=arnhem");
    assert_string_equal(read.config->certificate, "/etc/x.pem");
    read_free(&read);
}

/* The last four go on with the value before, and would be lost in it. */
static void a_line_that_is_none_is_told_by_its_number(void **state)
{
    static const char *const wrong[] = {
        "[node\n",
        "[node]\nauthority\n",
        "[node]\nplaces = A\n language = fr\n",
        "[node]\nplaces = A\n\tlanguage: fr\n",
        "[database]\nconninfo = dbname=a\n  [https]\n  listen = 0.0.0.0:443\n",
        "[https]\ncertificate =\n  /etc/x.pem\n  key=/etc/y.pem\n"};
    static const char *const lines[] = {"line 1 ", "line 2 ", "line 3 ", "line 3 ", "line 3 ", "line 4 "};

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct read read = read_text(wrong[i]);

        assert_null(read.config);
        assert_non_null(strstr(read.told, lines[i]));
        read_free(&read);
    }
}

/* A proxy speaks TLS for the node: then it needs no certificate of its own. */
static void https_may_be_left_out_behind_a_proxy_alone(void **state)
{
    static const char without[] =
        NODE "[database]\nconninfo = dbname=arnhem\n[keys]\nsigning = signing.pem\n";
    static const char *const rest[] = {"", "[http]\nlisten = 127.0.0.1:8080\n",
                                       "[proxy]\ntrusted = 127.0.0.1\n",
                                       "[http]\nlisten = /run/hf.sock\n[proxy]\ntrusted = unix\n",
                                       ("[http]\nlisten = /run/hf.sock\n[proxy]\ntrusted = unix\n"
                                        "[https]\nlisten = 127.0.0.1:8441\n")};
    static const bool sound[] = {false, false, false, true, false};

    (void)state;
    for (size_t i = 0; i < sizeof rest / sizeof *rest; i++) {
        struct buffer text = {0};
        struct read read;

        buffer_printf(&text, "%s%s", without, rest[i]);
        read = read_text((const char *)text.data);
        assert_int_equal(read.config->sound, sound[i]);
        assert_int_equal(strstr(read.told, "[https] certificate is missing") == NULL, sound[i]);
        read_free(&read);
        buffer_free(&text);
    }
}

static void places_lie_on_the_globe(void **state)
{
    (void)state;
    setenv("HF_NODE_LATITUDE", "90.5", 1);
    assert_told(NODE REST, "[node] latitude must be degrees from -90 to 90\n");
    setenv("HF_NODE_LATITUDE", "-90", 1);
    assert_told(NODE REST, "");
    unsetenv("HF_NODE_LATITUDE");
}

static void the_environment_goes_before_the_file(void **state)
{
    struct read read;

    (void)state;
    setenv("HF_NODE_NAME", "Nijmegen", 1);
    read = read_text(NODE REST);
    unsetenv("HF_NODE_NAME");
    assert_string_equal(read.config->name, "Nijmegen");
    read_free(&read);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_said_is_as_the_help_says),
        cmocka_unit_test(paths_are_relative_to_the_file_that_names_them),
        cmocka_unit_test(numbers_are_whole_and_within_their_range),
        cmocka_unit_test(a_switch_is_yes_or_no),
        cmocka_unit_test(what_is_missing_twice_or_unknown_is_told),
        cmocka_unit_test(a_list_may_be_long_on_one_line_or_on_several),
        cmocka_unit_test(a_value_may_begin_on_the_next_line),
        cmocka_unit_test(a_line_that_is_none_is_told_by_its_number),
        cmocka_unit_test(https_may_be_left_out_behind_a_proxy_alone),
        cmocka_unit_test(places_lie_on_the_globe),
        cmocka_unit_test(the_environment_goes_before_the_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
