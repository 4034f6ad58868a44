#include "node/base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/base/clock.h"
#include "protocol/moment.h"

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
    /* One event, one line: what came from outside must not write lines of its own. */
    for (char *c = line; *c; c++)
        if ((unsigned char)*c < ' ')
            *c = ' ';
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
