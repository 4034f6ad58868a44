/*
 * Addresses below the municipality: streets, with a house number or telling by themselves, postal codes, post
 * boxes, as Germans, Dutch, French, Belgians and English write them.
 *
 * Pure; any thread.
 */
#ifndef NODE_CORE_ADDRESSES_H
#define NODE_CORE_ADDRESSES_H

#include <stdbool.h>

#include "node/core/findings.h"
#include "node/core/names.h"
#include "node/core/reading.h"

/* Adds FINDING_STREET_ADDRESS. `names` tells which words are places and which everyday. False: out of memory.
 */
bool addresses_find(const struct reading *reading, const struct names *names, struct findings *findings);

#endif
