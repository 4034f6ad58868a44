/* SPEC.md section 11.1. month: needed by. */
#include "protocol/entry_listing.h"

const struct entry_type entry_proposal = {
    .name = "proposal",
    .text_bearing = true,
    .erasable = true,
    .body = entry_listing_fields,
    .check = entry_listing_check,
};
