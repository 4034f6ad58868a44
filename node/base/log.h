/* The log: one line per event on standard error, with a priority for the journal when it listens. Any thread.
 * No personal data: no names, no addresses of people, no bodies, no network addresses of visitors. */
#ifndef NODE_BASE_LOG_H
#define NODE_BASE_LOG_H

void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
