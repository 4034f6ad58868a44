/*
 * Identifiers that have a form of their own: e-mail addresses, web addresses and handles, telephone numbers,
 * bank accounts. In the writings people use, also those that hide them from robots ("anna (at) … punkt de").
 *
 * Pure; any thread.
 */
#ifndef NODE_CORE_IDENTIFIERS_H
#define NODE_CORE_IDENTIFIERS_H

#include <stdbool.h>

#include "node/core/findings.h"
#include "node/core/reading.h"

/* Adds FINDING_EMAIL, _URL, _IBAN and _PHONE. False: out of memory. */
bool identifiers_find(const struct reading *reading, struct findings *findings);

#endif
