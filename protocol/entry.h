/* Entries: one line of JSON each (SPEC.md section 6.2), and the table of entry types (section 11). Any
 * thread. */
#ifndef PROTOCOL_ENTRY_H
#define PROTOCOL_ENTRY_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "protocol/bytes.h"
#include "protocol/err.h"
#include "protocol/json_field.h"
#include "protocol/uuid.h"

enum {
    ENTRY_MAX = 65536,
    ENTRY_TYPE_SIZE = 33,
    ENTRY_UUID_SIZE = UUID_SIZE,
    ENTRY_SALT_SIZE = 16,
    ENTRY_ERASE_MAX = 1000,
    ENTRY_RESPONSES_MAX = 100,           /* of one case */
    ENTRY_KEEP_MAX_SECONDS = 366 * 86400 /* keep_until after at */
};

struct entry {
    int64_t seq;
    char type[ENTRY_TYPE_SIZE];
    char id[ENTRY_UUID_SIZE];
    int64_t rev;
    int64_t at;         /* Unix seconds */
    int64_t keep_until; /* Unix seconds; 0: none */
    uint8_t salt[ENTRY_SALT_SIZE];
    json_t *body; /* owned */
};

/* What the protocol knows of a type. */
struct entry_type {
    const char *name;
    bool text_bearing; /* carries keep_until */
    bool erasable;
    bool directed; /* belongs into to/ streams only */
    const struct json_field *body;
    bool (*check)(const json_t *body, struct err *err); /* rules across members; NULL: none */
};

/* NULL for types this edition does not know. */
const struct entry_type *entry_type_find(const char *name);
/* May lines of this type be erased? Those of unknown types may. */
bool entry_erasable(const char *type);

/* Reads the envelope of a line (without LF). ERR_MALFORMED. The body is not checked: see entry_check. */
enum err_code entry_parse(const char *line, size_t length, struct entry *out, struct err *err);
/* The same from a line already parsed in the JSON profile. */
enum err_code entry_from_json(const json_t *object, struct entry *out, struct err *err);
/* Checks envelope and body against the type's rules; unknown types pass, an entry without a body does not. A
 * failure means quarantine, not refusal. */
enum err_code entry_check(const struct entry *entry, struct err *err);
/* Appends the line (without LF) to out: members in the order of section 6.2. Refuses what entry_check would,
 * and lines over ENTRY_MAX (ERR_TOO_LARGE). */
enum err_code entry_write(const struct entry *entry, struct buffer *out, struct err *err);
void entry_finish(struct entry *entry);

/* The sets of section 11, NULL-terminated: for node's own checks and lists. */
extern const char *const entry_categories[];
extern const char *const entry_quantity_bands[]; /* ascending */
extern const char *const entry_proposal_states[];
extern const char *const entry_offer_states[];
extern const char *const entry_responses[];
extern const char *const entry_node_roles[];
/* The states once more, for lists that hold others besides. */
#define ENTRY_PROPOSAL_STATES                                                                                \
    "submitted", "prechecked", "scheduled", "accepted", "seeking", "matched", "in_progress", "completed",    \
        "declined", "withdrawn", "expired", "not_feasible"
#define ENTRY_OFFER_STATES "available", "taken", "withdrawn", "expired"

bool entry_is_one_of(const char *text, const char *const *set);
/* ISO 3166-1 alpha-2, by its form. */
bool entry_country_valid(const char *text);
/* Rules for struct json_field.check, of texts. */
bool entry_check_country(const json_t *value, struct err *err);
bool entry_check_scheme(const json_t *value, struct err *err);

#endif
