/* SPEC.md section 11.2. month: available until. */
#include "protocol/entry_listing.h"

const struct entry_type entry_offer = {
    .name = "offer",
    .text_bearing = true,
    .erasable = true,
    .body = entry_listing_fields,
    .check = entry_listing_check,
};
