#include "node/base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unictype.h>
#include <unistr.h>

#include "node/base/clock.h"
#include "protocol/moment.h"

/* In place. One event, one line, and as it is read: what came from outside must write no lines of its own,
 * nor give orders to a terminal. */
static void clean(char *line)
{
    static const uint32_t unfit =
        UC_CATEGORY_MASK_Cc | UC_CATEGORY_MASK_Cf | UC_CATEGORY_MASK_Zl | UC_CATEGORY_MASK_Zp;
    const uint8_t *from = (const uint8_t *)line;
    char *to = line;

    while (*from) {
        ucs4_t c;
        int length = u8_strmbtouc(&c, from);

        if (length <= 0) {
            *to++ = '?';
            from++;
        } else if (uc_is_general_category_withtable(c, unfit)) {
            *to++ = ' ';
            from += length;
        } else {
            memmove(to, from, (size_t)length);
            to += length;
            from += length;
        }
    }
    *to = '\0';
}

/* Under systemd the journal brings the time and reads "<N>" as the priority (sd-daemon(3)). */
__attribute__((format(printf, 3, 0))) static void log_line(int priority, const char *word, const char *format,
                                                           va_list arguments)
{
    char line[1024];
    size_t length;

    vsnprintf(line, sizeof line, format, arguments);
    length = strlen(line);
    while (length > 0 && line[length - 1] == '\n')
        line[--length] = '\0';
    clean(line);
    if (getenv("JOURNAL_STREAM")) {
        fprintf(stderr, "<%d>%s\n", priority, line);
    } else {
        char now[MOMENT_SIZE];

        moment_format(clock_seconds(), now);
        fprintf(stderr, "%s %s %s\n", now, word, line);
    }
}

#define LOG_FUNCTION(name, priority, word)                                                                   \
    void name(const char *format, ...)                                                                       \
    {                                                                                                        \
        va_list arguments;                                                                                   \
                                                                                                             \
        va_start(arguments, format);                                                                         \
        log_line(priority, word, format, arguments);                                                         \
        va_end(arguments);                                                                                   \
    }

LOG_FUNCTION(log_info, 6, "info")
LOG_FUNCTION(log_warning, 4, "warning")
LOG_FUNCTION(log_error, 3, "error")

void log_say(FILE *out, const char *format, ...)
{
    va_list arguments;
    char *line = NULL;
    int length;

    va_start(arguments, format);
    length = vasprintf(&line, format, arguments);
    va_end(arguments);
    if (length < 0)
        return;
    clean(line);
    fprintf(out, "%s\n", line);
    free(line);
}
