/*
 * Streets: with a house number, or telling by themselves, as Germans, Dutch, French, Belgians and English
 * write them. A part of addresses.c.
 */
#ifndef NODE_CORE_STREETS_H
#define NODE_CORE_STREETS_H

#include "node/core/walk.h"

/* Adds the street whose word, opening or number is at the index, if there is one. */
void streets_find(struct walk *walk, size_t index);

#endif
