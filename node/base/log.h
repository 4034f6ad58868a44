/* The log and the command line's words: one line per event on standard error, with a priority for the journal
 * when it listens. Any thread. No personal data: no names, no addresses of people, no bodies, no network
 * addresses of visitors. */
#ifndef NODE_BASE_LOG_H
#define NODE_BASE_LOG_H

#include <stdio.h>

void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* What the command line says: one line of any length, to a stream. As in the log, what came from outside
 * holds nothing that a terminal obeys: control characters (C0, C1), those that turn the direction of writing,
 * line separators and all that is not seen become blanks, and octets that are no UTF-8 question marks. */
void log_say(FILE *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
