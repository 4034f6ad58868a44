/* The protocol's notation of time (SPEC.md section 2): YYYY-MM-DDTHH:MM:SSZ against Unix seconds. Years 1970
 * to 9999; there are no leap seconds in it. Any thread. */
#ifndef PROTOCOL_MOMENT_H
#define PROTOCOL_MOMENT_H

#include <stdbool.h>
#include <stdint.h>

enum { MOMENT_SIZE = 21 };

/* What lies outside those years becomes the first or last second in them. */
void moment_format(int64_t seconds, char out[MOMENT_SIZE]);
/* True and *seconds set when text is exactly in that form and a real date; else *seconds is as it was. */
bool moment_parse(const char *text, int64_t *seconds);
/* YYYY-MM-DD, a real day. */
bool moment_day_valid(const char *text);

#endif
