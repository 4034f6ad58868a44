#include "protocol/entry_codes.h"

#include <string.h>

const char *const entry_categories[] = {"goods", "transport", "space",   "expertise",
                                        "hands", "training",  "network", NULL};
const char *const entry_quantity_bands[] = {"1", "2-5", "6-20", "21-100", "101-500", "501+", NULL};
const char *const entry_proposal_states[] = {ENTRY_PROPOSAL_STATES, NULL};
const char *const entry_offer_states[] = {ENTRY_OFFER_STATES, NULL};
const char *const entry_object_types[] = {"proposal", "offer", NULL};
const char *const entry_responses[] = {"taken_up", "declined", "company_found", "handed_back", NULL};
const char *const entry_node_roles[] = {"city", "office", NULL};

bool entry_is_one_of(const char *text, const char *const *set)
{
    for (; *set; set++)
        if (strcmp(*set, text) == 0)
            return true;
    return false;
}

static bool two_letters(const char *text, char first, char last)
{
    return strlen(text) == 2 && text[0] >= first && text[0] <= last && text[1] >= first && text[1] <= last;
}

bool entry_country_valid(const char *text)
{
    return two_letters(text, 'A', 'Z');
}

bool entry_check_country(const json_t *value, struct err *err)
{
    return entry_country_valid(json_string_value(value)) ||
           err_refuse(err, "must be an ISO 3166-1 code like DE");
}

bool entry_check_language(const json_t *value, struct err *err)
{
    return two_letters(json_string_value(value), 'a', 'z') ||
           err_refuse(err, "must be an ISO 639-1 code like de");
}

bool entry_check_scheme(const json_t *value, struct err *err)
{
    const char *text = json_string_value(value);

    return strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") == strlen(text) ||
           err_refuse(err, "must be made of A-Z, 0-9 and -");
}
