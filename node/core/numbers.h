/*
 * Numbers that lead to a person: bank accounts and telephones, in the writings people use; dates, opening
 * hours and quantities are none. A part of identifiers.c.
 */
#ifndef NODE_CORE_NUMBERS_H
#define NODE_CORE_NUMBERS_H

#include "node/core/scan.h"

/* Takes FINDING_IBAN and FINDING_PHONE where the scan has taken nothing yet. */
void numbers_find(struct scan *scan);

#endif
