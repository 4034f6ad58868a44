/* The protocol's notation of time: YYYY-MM-DDTHH:MM:SSZ against Unix seconds. Years 1970 to 9999. Any thread.
 */
#ifndef PROTOCOL_MOMENT_H
#define PROTOCOL_MOMENT_H

#include <stdbool.h>
#include <stdint.h>

enum { MOMENT_SIZE = 21 };

void moment_format(int64_t seconds, char out[MOMENT_SIZE]);
/* True and *seconds set when text is exactly in that form and a real date. */
bool moment_parse(const char *text, int64_t *seconds);
/* YYYY-MM-DD, a real day. */
bool moment_day_valid(const char *text);

#endif
