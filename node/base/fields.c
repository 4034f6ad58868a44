#include "node/base/fields.h"

#include <stdio.h>
#include <string.h>
#include <unictype.h>
#include <unistr.h>

#include "protocol/entry.h"
#include "protocol/moment.h"

enum { ERRORS_MAX = 100 };

const struct json_field fields_reason[] = {FIELD_TEXT("reason", FIELD_REQUIRED, 1, 1000), FIELD_END};
const struct fields_schema fields_schemas[] = {{"Reason", fields_reason, FIELDS_NEW}, {.schema = NULL}};

/* False for control characters other than LF and TAB. *blank tells whether there is nothing but white space.
 */
static bool printable(const char *text, bool *blank)
{
    ucs4_t c;

    *blank = true;
    for (const uint8_t *at = u8_next(&c, (const uint8_t *)text); at; at = u8_next(&c, at)) {
        bool control = uc_is_general_category(c, UC_CONTROL) && c != '\n' && c != '\t';
        /* Controls of writing direction can make a text look like another one. */
        if (control || uc_is_property_bidi_control(c) || uc_is_property_not_a_character(c))
            return false;
        *blank = *blank && (uc_is_property_white_space(c) || uc_is_property_default_ignorable_code_point(c));
    }
    return true;
}

bool fields_readable(const char *text, const struct json_field *field, struct json_complaint *complaint)
{
    bool blank;

    if (!printable(text, &blank))
        *complaint = (struct json_complaint){.code = "malformed", .detail = "holds control characters"};
    else if (blank && field->min > 0)
        *complaint = (struct json_complaint){.code = "empty", .detail = "must not be empty"};
    return !complaint->code;
}

bool fields_report(void *arg, const struct json_complaint *complaint)
{
    struct problem *problem = arg;

    problem_field(problem, complaint->pointer, complaint->code, "%s", complaint->detail);
    return json_array_size(problem->errors) < ERRORS_MAX;
}

bool fields_check(const json_t *body, const struct json_field *table, enum fields_whole whole,
                  struct problem *problem)
{
    struct json_rules rules = {.closed = true,
                               .partial = whole == FIELDS_CHANGE,
                               .text = fields_readable,
                               .report = fields_report,
                               .arg = problem};

    if (whole == FIELDS_CHANGE && json_object_size(body) == 0) {
        problem_field(problem, "", "empty", "names nothing to change");
        return false;
    }
    return json_field_check_all(body, table, &rules);
}

bool fields_help_unique(const json_t *body, struct problem *problem)
{
    const json_t *help = json_object_get(body, "help");
    for (size_t i = 0; i < json_array_size(help); i++) {
        for (size_t before = 0; before < i; before++) {
            if (json_equal(json_object_get(json_array_get(help, i), "category"),
                           json_object_get(json_array_get(help, before), "category"))) {
                char pointer[48];
                snprintf(pointer, sizeof pointer, "/help/%zu/category", i);
                problem_field(problem, pointer, "duplicate", "each category once");
                break;
            }
        }
    }
    return json_array_size(problem->errors) == 0;
}

bool fields_line(const json_t *value, struct err *err)
{
    if (!strpbrk(json_string_value(value), "\n\t"))
        return true;
    return err_set(err, ERR_MALFORMED, "must be one line, without tabs") == ERR_OK;
}

bool fields_date(const json_t *value, struct err *err)
{
    if (moment_day_valid(json_string_value(value)))
        return true;
    return err_set(err, ERR_MALFORMED, "must be a day of the form YYYY-MM-DD") == ERR_OK;
}

/* That there is no third character of another kind is in FIELD_LANGUAGE. */
bool fields_language(const json_t *value, struct err *err)
{
    if (strspn(json_string_value(value), "abcdefghijklmnopqrstuvwxyz") == 2)
        return true;
    return err_set(err, ERR_MALFORMED, "must be a language code of two lower case letters") == ERR_OK;
}

/* What the other side takes only its server knows; this refuses what is no address at all. */
bool fields_email(const json_t *value, struct err *err)
{
    const char *text = json_string_value(value);
    const char *at = strchr(text, '@');
    if (at && at != text && at[1] != '\0' && !strchr(at + 1, '@') && !strpbrk(text, " \n\t"))
        return true;
    return err_set(err, ERR_MALFORMED, "must be an e-mail address") == ERR_OK;
}
