/* Loads protocol/vectors/<name>.json, the cases that other implementations test themselves with. Tests run
 * from the project's root. */
#ifndef TESTS_UNIT_VECTORS_H
#define TESTS_UNIT_VECTORS_H

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "protocol/bytes.h"
#include "protocol/json_profile.h"
#include "protocol/key.h"

typedef void vector_check(const json_t *vector);

static inline const char *vector_text(const json_t *vector, const char *name)
{
    return json_profile_text(vector, name);
}

/* A case without "valid" is a good one. */
static inline bool vector_valid(const json_t *vector)
{
    return !json_is_false(json_object_get(vector, "valid"));
}

/* Octets from member `hex_name`, or else the UTF-8 of `text_name`. To be freed with buffer_free. */
static inline struct buffer vector_octets(const json_t *vector, const char *text_name, const char *hex_name)
{
    struct buffer octets = {0};
    const char *text = vector_text(vector, text_name);
    const char *hex = vector_text(vector, hex_name);
    buffer_append(&octets, "", 0);
    for (size_t i = 0; hex && hex[i] != '\0'; i += 2) {
        char digits[3] = {hex[i], hex[i + 1], '\0'};
        uint8_t octet = (uint8_t)strtoul(digits, NULL, 16);
        buffer_append(&octets, &octet, 1);
    }
    if (!hex && text)
        buffer_puts(&octets, text);
    return octets;
}

/* The public key whose b64u is member `name`. */
static inline struct key_public *vector_key(const json_t *vector, const char *name)
{
    uint8_t raw[KEY_SIZE];
    const char *x = vector_text(vector, name);
    struct key_public *key;

    assert_non_null(x);
    assert_true(bytes_b64u_decode(x, strlen(x), raw, sizeof raw));
    key = key_public_from_raw(raw, NULL);
    assert_non_null(key);
    return key;
}

/* The case under check; empty between files. */
static char vector_current[128];

/* Runs check over every case of a file. */
static inline void vectors_check(const char *file, vector_check *check)
{
    char path[128];
    json_t *document;
    const json_t *cases;

    json_error_t error;
    size_t i;
    const json_t *vector;
    snprintf(path, sizeof path, "protocol/vectors/%s.json", file);
    document = json_load_file(path, 0, &error);
    if (!document)
        fail_msg("%s: %s", path, error.text);
    cases = json_object_get(document, "cases");
    assert_true(json_array_size(cases) > 0);
    json_array_foreach (cases, i, vector) {
        snprintf(vector_current, sizeof vector_current, "%s: %s", file, vector_text(vector, "name"));
        check(vector);
    }
    vector_current[0] = '\0';
    json_decref(document);
}

/* Teardown: names the case that a check broke off at. */
static inline int vectors_name_failure(void **state)
{
    (void)state;
    if (vector_current[0] != '\0')
        print_error("failed at the case «%s»\n", vector_current);
    return 0;
}

#endif
