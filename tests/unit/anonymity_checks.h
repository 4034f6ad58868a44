/* Texts and what the anonymity gate must find in them, for its tests. */
#ifndef TESTS_UNIT_ANONYMITY_CHECKS_H
#define TESTS_UNIT_ANONYMITY_CHECKS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "node/core/anonymity.h"

struct check_name {
    enum name_kind kind;
    const char *name;
};

struct check {
    const char *language, *text;
    const char *expected; /* kind:excerpt, one after the other by "|"; "~" before what only warns */
};

static inline struct names *check_directory(const struct check_name *rows, size_t count)
{
    struct names *names = names_create();

    assert_non_null(names);
    for (size_t i = 0; i < count; i++)
        assert_true(names_add(names, rows[i].kind, rows[i].name, rows[i].name));
    assert_true(names_compile(names));
    return names;
}

/* The same, with every name but the places recorded after the directory was compiled. */
static inline struct names *check_directory_extended(const struct check_name *rows, size_t count)
{
    struct names *names = names_create();

    assert_non_null(names);
    for (size_t i = 0; i < count; i++)
        if (rows[i].kind == NAME_PLACE)
            assert_true(names_add(names, rows[i].kind, rows[i].name, rows[i].name));
    assert_true(names_compile(names));
    for (size_t i = 0; i < count; i++)
        if (rows[i].kind != NAME_PLACE)
            assert_true(names_extend(names, rows[i].kind, rows[i].name, rows[i].name));
    return names;
}

static inline void check_describe(const struct findings *findings, const char *text, char *out, size_t size)
{
    size_t length = 0;

    out[0] = '\0';
    for (size_t i = 0; i < findings->count && length < size; i++) {
        const struct finding *f = &findings->rows[i];
        length += (size_t)snprintf(out + length, size - length, "%s%s%s:%.*s", i > 0 ? "|" : "",
                                   f->blocking ? "" : "~", findings_kind_code(f->kind),
                                   (int)(f->end_byte - f->start_byte), text + f->start_byte);
    }
}

static inline void check_all(const struct names *names, const struct check *checks, size_t count)
{
    size_t wrong = 0;

    for (size_t i = 0; i < count; i++) {
        struct findings findings;
        char found[2048];
        findings_init(&findings);
        assert_int_equal(
            anonymity_check(checks[i].text, strlen(checks[i].text), checks[i].language, names, &findings),
            READING_OK);
        check_describe(&findings, checks[i].text, found, sizeof found);
        findings_finish(&findings);
        if (strcmp(found, checks[i].expected) != 0) {
            print_error("%s\n  expected %s\n  found    %s\n", checks[i].text, checks[i].expected, found);
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
}

#define CHECK_ALL(state, checks) check_all(*(state), checks, sizeof checks / sizeof *checks)

#endif
