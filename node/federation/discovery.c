#include "node/federation/discovery.h"

#include <stdlib.h>
#include <string.h>

#include "protocol/entry.h"
#include "protocol/json_field.h"
#include "protocol/json_profile.h"
#include "protocol/moment.h"
#include "protocol/page.h"

enum { DISCOVERY_MAX = 16384, DISCOVERY_MS = 10000, HINT_MAX = 1024, BODY_MAX = 65536, DEGREE = 1000000 };

static bool check_day(const json_t *value, struct err *err)
{
    if (moment_day_valid(json_string_value(value)))
        return true;
    err_set(err, ERR_MALFORMED, "must be a day, YYYY-MM-DD");
    return false;
}

static bool check_version(const json_t *value, struct err *err)
{
    if (json_is_integer(value))
        return true;
    err_set(err, ERR_MALFORMED, "must be an integer");
    return false;
}

static const struct json_field area_fields[] = {
    {.name = "scheme",
     .type = JSON_FIELD_TEXT,
     .required = true,
     .min = 1,
     .max = 16,
     .check = entry_check_scheme},
    {.name = "code", .type = JSON_FIELD_TEXT, .required = true, .min = 1, .max = 40},
    {.name = "valid_on", .type = JSON_FIELD_TEXT, .required = true, .min = 10, .max = 10, .check = check_day},
    {.name = NULL},
};

#define LIMIT(member)                                                                                        \
    {                                                                                                        \
        .name = member, .type = JSON_FIELD_INTEGER, .required = true, .min = 1,                              \
        .max = JSON_PROFILE_INTEGER_MAX                                                                      \
    }
static const struct json_field limit_fields[] = {
    LIMIT("entry"), LIMIT("answer"), LIMIT("body"), LIMIT("hint"), {.name = NULL}};

static const struct json_field jwks_fields[] = {
    {.name = "keys", .type = JSON_FIELD_ARRAY, .required = true, .min = 1, .max = 100},
    {.name = NULL},
};

static const struct json_field document_fields[] = {
    {.name = "authority", .type = JSON_FIELD_AUTHORITY, .required = true},
    {.name = "name", .type = JSON_FIELD_TEXT, .required = true, .min = 1, .max = 80},
    {.name = "country",
     .type = JSON_FIELD_TEXT,
     .required = true,
     .min = 2,
     .max = 2,
     .check = entry_check_country},
    {.name = "role", .type = JSON_FIELD_ENUM, .required = true, .values = entry_node_roles},
    {.name = "areas", .type = JSON_FIELD_ARRAY, .required = true, .max = 100, .fields = area_fields},
    {.name = "latitude_e6",
     .type = JSON_FIELD_INTEGER,
     .required = true,
     .min = -90 * DEGREE,
     .max = 90 * DEGREE},
    {.name = "longitude_e6",
     .type = JSON_FIELD_INTEGER,
     .required = true,
     .min = -180 * DEGREE,
     .max = 180 * DEGREE},
    {.name = "versions",
     .type = JSON_FIELD_ARRAY,
     .required = true,
     .min = 1,
     .max = 100,
     .check = check_version},
    {.name = "limits", .type = JSON_FIELD_OBJECT, .required = true, .fields = limit_fields},
    {.name = "jwks", .type = JSON_FIELD_OBJECT, .required = true, .fields = jwks_fields},
    {.name = "mailbox", .type = JSON_FIELD_TEXT, .required = true, .min = 3, .max = 254},
    {.name = NULL},
};

json_t *discovery_document(const struct node *node)
{
    const struct config *config = node->config;

    return json_pack("{s:s, s:s, s:s, s:s, s:O, s:I, s:I, s:[i], s:{s:i, s:i, s:i, s:i}, s:{s:[o]}, s:s}",
                     "authority", config->authority, "name", config->name, "country", config->country, "role",
                     config->role, "areas", node->areas, "latitude_e6", (json_int_t)node->latitude_e6,
                     "longitude_e6", (json_int_t)node->longitude_e6, "versions", 1, "limits", "entry",
                     ENTRY_MAX, "answer", PAGE_ANSWER_MAX, "body", BODY_MAX, "hint", HINT_MAX, "jwks", "keys",
                     key_public_to_jwk(key_private_public(node->key)), "mailbox", config->mailbox);
}

bool discovery_check(const struct node *node, struct problem *problem)
{
    json_t *document = discovery_document(node);
    struct err err = {.text = "a text is not UTF-8"};
    bool fits = document && json_field_check(document, document_fields, JSON_FIELD_CLOSED, &err) == ERR_OK;

    json_decref(document);
    return fits ||
           problem_set(problem, PROBLEM_INTERNAL,
                       "Other nodes would refuse what this one says of itself (%s). Mend [node] in the "
                       "configuration.",
                       err.text);
}

static bool speaks_version_1(const json_t *document)
{
    size_t i;
    json_t *version;

    json_array_foreach (json_object_get(document, "versions"), i, version)
        if (json_integer_value(version) == 1)
            return true;
    return false;
}

static json_t *claimed_keys(const struct discovery *discovery)
{
    return json_object_get(json_object_get(discovery->document, "jwks"), "keys");
}

static bool discovery_read(struct discovery *discovery, const char *authority,
                           const struct transport_answer *answer, struct err *err)
{
    json_t *document = json_profile_parse((const char *)answer->body.data, answer->body.size, err);

    discovery->document = document;
    if (!document || json_field_check(document, document_fields, JSON_FIELD_OPEN, err) != ERR_OK)
        return false;
    if (strcmp(json_profile_text(document, "authority"), authority) != 0) {
        err_set(err, ERR_DISCOVERY_FAILED, "it says that it is another node");
        return false;
    }
    if (!speaks_version_1(document)) {
        err_set(err, ERR_DISCOVERY_FAILED, "it does not speak version 1 of the protocol");
        return false;
    }
    discovery->key = key_public_from_jwk(json_array_get(claimed_keys(discovery), 0), err);
    discovery->areas = json_dumps(json_object_get(document, "areas"), JSON_COMPACT);
    if (!discovery->key || !discovery->areas)
        return false;
    discovery->card = (struct db_peer_card){
        .authority = json_profile_text(document, "authority"),
        .name = json_profile_text(document, "name"),
        .country = json_profile_text(document, "country"),
        .role = json_profile_text(document, "role"),
        .areas = discovery->areas,
        .mailbox = json_profile_text(document, "mailbox"),
        .placed = true,
        .latitude_e6 = json_profile_integer(document, "latitude_e6", 0),
        .longitude_e6 = json_profile_integer(document, "longitude_e6", 0),
        .key = discovery->key,
    };
    return true;
}

struct transport_request discovery_request(const char *authority)
{
    return (struct transport_request){.method = "GET",
                                      .authority = authority,
                                      .target = DISCOVERY_PATH,
                                      .answer_max = DISCOVERY_MAX,
                                      .timeout_ms = DISCOVERY_MS};
}

bool discovery_take(const char *authority, const struct transport_answer *answer, struct discovery *discovery,
                    struct problem *problem)
{
    struct err err = {.text = "no answer of the right kind"};

    *discovery = (struct discovery){0};
    if (answer->status == 0)
        return problem_set(
            problem, PROBLEM_PEER_UNREACHABLE,
            "%s could not be reached (%s). Nothing was changed. Check the name, then try again.", authority,
            answer->error);
    if (answer->status == 200 && answer->json && discovery_read(discovery, authority, answer, &err))
        return true;
    discovery_finish(discovery);
    return problem_set(problem, PROBLEM_DISCOVERY_FAILED,
                       "%s answered, but not as a node of this network (%s). Nothing was changed.", authority,
                       err.text);
}

bool discovery_fetch(const struct node *node, const char *authority, struct discovery *discovery,
                     struct problem *problem)
{
    const struct transport_request request = discovery_request(authority);
    struct transport_answer answer;
    bool ok;

    transport_fetch(node->config, &request, &answer);
    ok = discovery_take(authority, &answer, discovery, problem);
    buffer_free(&answer.body);
    return ok;
}

void discovery_finish(struct discovery *discovery)
{
    json_decref(discovery->document);
    free(discovery->areas);
    key_public_destroy(discovery->key);
    *discovery = (struct discovery){0};
}
