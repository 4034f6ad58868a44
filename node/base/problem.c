#include "node/base/problem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistr.h>

struct row {
    int status;
    const char *slug;
    const char *title;
};

#define PROBLEM_ROW(name, status, slug, title) {status, slug, title},
static const struct row rows[PROBLEM_COUNT] = {PROBLEM_LIST(PROBLEM_ROW)};
#undef PROBLEM_ROW

int problem_status(enum problem_code code)
{
    return rows[code].status;
}

const char *problem_slug(enum problem_code code)
{
    return rows[code].slug;
}

const char *problem_title(enum problem_code code)
{
    return rows[code].title;
}

/* Formats into text. The result is always UTF-8: a detail may quote foreign bytes, and cutting at the end may
 * split a character. */
static void __attribute__((format(printf, 3, 0)))
format_text(char *text, size_t size, const char *format, va_list arguments)
{
    int length = vsnprintf(text, size, format, arguments);
    const uint8_t *bad;

    if (length < 0)
        text[0] = '\0';
    while ((bad = u8_check((const uint8_t *)text, strlen(text)))) {
        size_t at = (size_t)(bad - (const uint8_t *)text);
        bool cut = length >= 0 && (size_t)length >= size && size - at <= 4;
        text[at] = cut ? '\0' : '?';
    }
}

bool problem_set(struct problem *problem, enum problem_code code, const char *format, ...)
{
    va_list arguments;

    if (problem->code != PROBLEM_NONE)
        return false;
    problem->code = code;
    va_start(arguments, format);
    format_text(problem->detail, sizeof problem->detail, format, arguments);
    va_end(arguments);
    return false;
}

bool problem_from_err(struct problem *problem, const struct err *err)
{
    /* A follower's verdicts are no problems; nobody is to be told them over HTTP. */
    enum problem_code code = err->code < ERR_CHAIN_BROKEN ? (enum problem_code)err->code : PROBLEM_INTERNAL;

    _Static_assert((int)PROBLEM_DISCOVERY_FAILED == (int)ERR_DISCOVERY_FAILED &&
                       ERR_DISCOVERY_FAILED + 1 == ERR_CHAIN_BROKEN,
                   "the protocol's rows come first, in their order");
    return problem_set(problem, code, "%s", err->text);
}

/* Adds an error to a problem of this cause, unless another cause was first. */
static void add_error(struct problem *problem, enum problem_code cause, const char *pointer, const char *code,
                      const char *detail)
{
    if (problem->code != PROBLEM_NONE && problem->code != cause)
        return;
    problem->code = cause;
    if (!problem->errors)
        problem->errors = json_array();
    /* A pointer that names a member of foreign JSON is UTF-8 already: jansson refused everything else. */
    json_array_append_new(problem->errors,
                          json_pack("{s:s, s:s, s:s}", "pointer", pointer, "code", code, "detail", detail));
}

void problem_field(struct problem *problem, const char *pointer, const char *code, const char *format, ...)
{
    char detail[sizeof problem->detail];
    va_list arguments;

    va_start(arguments, format);
    format_text(detail, sizeof detail, format, arguments);
    va_end(arguments);
    add_error(problem, PROBLEM_INVALID_BODY, pointer, code, detail);
}

void problem_subject(struct problem *problem, const char *subject)
{
    size_t count = json_array_size(problem->errors);

    if (count > 0)
        json_object_set_new(json_array_get(problem->errors, count - 1), "subject", json_string(subject));
}

void problem_identifier(struct problem *problem, const char *pointer, const char *excerpt)
{
    add_error(problem, PROBLEM_IDENTIFIERS_FOUND, pointer, "identifier", "names somebody");
    problem_subject(problem, excerpt);
}

void problem_extend(struct problem *problem, const char *name, json_t *value)
{
    if (!problem->extension)
        problem->extension = json_object();
    json_object_set_new(problem->extension, name, value);
}

void problem_finish(struct problem *problem)
{
    json_decref(problem->errors);
    json_decref(problem->extension);
    *problem = (struct problem){0};
}

char *problem_document(const struct problem *problem)
{
    const struct row *row = &rows[problem->code];
    char type[128];
    json_t *document;
    char *text;

    snprintf(type, sizeof type, PROBLEM_TYPE_BASE "%s", row->slug);
    document = json_pack("{s:s, s:s, s:i, s:s}", "type", type, "title", row->title, "status", row->status,
                         "code", row->slug);
    if (problem->detail[0] != '\0')
        json_object_set_new(document, "detail", json_string(problem->detail));
    if (problem->errors)
        json_object_set(document, "errors", problem->errors);
    /* The standing members are never an extension's to change. */
    if (problem->extension)
        json_object_update_missing(document, problem->extension);
    text = json_dumps(document, JSON_COMPACT);
    json_decref(document);
    return text;
}
