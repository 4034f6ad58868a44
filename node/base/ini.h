/* The form of a configuration file: [SECTION] and NAME = VALUE, one a line, of any length. A line that begins
 * with a blank goes on with the value of the line before, so that a long list can be read. Lines that begin
 * with ; or # are comments, and so is what follows " ;". Any thread. */
#ifndef NODE_BASE_INI_H
#define NODE_BASE_INI_H

#include <stdbool.h>

/* Calls take for every value, with its texts borrowed. 0: read to its end; -1: cannot be read; else the
 * number of the first line that is none of these, or that begins with a blank by mistake: [SECTION], or NAME
 * = of what is_name knows, would be lost in the value before. */
int ini_read(const char *path, bool (*is_name)(const char *name),
             void (*take)(void *arg, const char *section, const char *name, const char *value), void *arg);

#endif
