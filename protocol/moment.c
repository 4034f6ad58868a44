#include "protocol/moment.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static const int64_t last_second_of_9999 = 253402300799;

/* Clamped, so that whatever is written can be read again, and fits. */
void moment_format(int64_t seconds, char out[MOMENT_SIZE])
{
    time_t clamped = seconds < 0 ? 0 : seconds > last_second_of_9999 ? last_second_of_9999 : seconds;
    struct tm tm;

    gmtime_r(&clamped, &tm);
    strftime(out, MOMENT_SIZE, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

static int two_digits(const char *text)
{
    return (text[0] - '0') * 10 + (text[1] - '0');
}

/* One spelling each (SPEC.md section 2): no fraction, no offset, no lower case. */
static bool has_form(const char *text)
{
    static const char form[] = "dddd-dd-ddTdd:dd:ddZ";

    for (size_t i = 0; i < sizeof form; i++)
        if (form[i] == 'd' ? text[i] < '0' || text[i] > '9' : text[i] != form[i])
            return false;
    return true;
}

bool moment_parse(const char *text, int64_t *seconds)
{
    char again[MOMENT_SIZE];
    struct tm tm;
    time_t parsed;

    if (!has_form(text))
        return false;
    tm = (struct tm){
        .tm_year = two_digits(text) * 100 + two_digits(text + 2) - 1900,
        .tm_mon = two_digits(text + 5) - 1,
        .tm_mday = two_digits(text + 8),
        .tm_hour = two_digits(text + 11),
        .tm_min = two_digits(text + 14),
        .tm_sec = two_digits(text + 17),
    };
    /* timegm turns 30 February into 1 or 2 March: what does not come back as it went in is no date. */
    parsed = timegm(&tm);
    moment_format(parsed, again);
    if (strcmp(again, text) != 0)
        return false;
    *seconds = parsed;
    return true;
}

bool moment_day_valid(const char *text)
{
    char moment[MOMENT_SIZE];
    int64_t seconds;

    return strlen(text) == 10 && snprintf(moment, sizeof moment, "%sT00:00:00Z", text) == MOMENT_SIZE - 1 &&
           moment_parse(moment, &seconds);
}
