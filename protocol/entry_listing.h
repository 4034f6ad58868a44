/* What `proposal` and `offer` share: their bodies differ in what month and state mean (SPEC.md sections 11.1
 * and 11.2). Internal to protocol/. */
#ifndef PROTOCOL_ENTRY_LISTING_H
#define PROTOCOL_ENTRY_LISTING_H

#include "protocol/entry_type.h"

extern const struct json_field entry_listing_fields[];
/* For struct entry_type.check. */
bool entry_listing_check(const json_t *body, struct err *err);

#endif
