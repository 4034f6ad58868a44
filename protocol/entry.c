#include "protocol/entry.h"

#include <string.h>

#include "protocol/check.h"
#include "protocol/entry_type.h"
#include "protocol/json_profile.h"
#include "protocol/moment.h"

/* Every type that this edition reads. Others (`material`, `introduction`, `outcome` and `roster` are reserved
 * for such) are kept as they are (SPEC.md section 11.10). */
static const struct entry_type *const types[] = {
    &entry_proposal, &entry_offer, &entry_forward, &entry_response, &entry_report,
    &entry_erase,    &entry_key,   &entry_member,  &entry_epoch,
};

static const struct entry_type *find_type(const char *name)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strcmp(types[i]->name, name) == 0)
            return types[i];
    return NULL;
}

bool entry_is_listing(const char *type)
{
    return type && (strcmp(type, "proposal") == 0 || strcmp(type, "offer") == 0);
}

bool entry_known(const char *type)
{
    return find_type(type) != NULL;
}

bool entry_text_bearing(const char *type)
{
    const struct entry_type *known = find_type(type);

    return known && known->text_bearing;
}

bool entry_erasable(const char *type)
{
    const struct entry_type *known = find_type(type);

    return !known || known->erasable;
}

static bool type_name_valid(const json_t *value, struct err *err)
{
    const char *name = json_string_value(value);
    size_t length = strlen(name);

    if (length >= 1 && length < ENTRY_TYPE_SIZE &&
        strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == length)
        return true;
    return err_refuse(err, "must be 1 to 32 characters a-z, 0-9 and _");
}

/* Open: what later editions add is kept and ignored (SPEC.md section 6.2). */
static const struct json_field envelope[] = {
    {.name = "seq", .type = JSON_FIELD_INTEGER, .required = true, .min = 1},
    {.name = "type", .type = JSON_FIELD_TEXT, .required = true, .check = type_name_valid},
    {.name = "id", .type = JSON_FIELD_UUID, .required = true},
    {.name = "rev", .type = JSON_FIELD_INTEGER, .required = true, .min = 1},
    {.name = "at", .type = JSON_FIELD_TIME, .required = true},
    {.name = "salt", .type = JSON_FIELD_B64U, .required = true, .max = ENTRY_SALT_SIZE},
    {.name = "keep_until", .type = JSON_FIELD_TIME},
    {.name = "body", .type = JSON_FIELD_OBJECT, .required = true},
    {.name = NULL},
};

/* Each line has one end, so that all count the same lines: a CR would be part of it to some, and to others
 * not. */
static enum err_code check_line(const char *line, size_t length, struct err *err)
{
    if (length > ENTRY_MAX)
        return err_set(err, ERR_TOO_LARGE, "an entry of %zu octets; the limit is %d", length, ENTRY_MAX);
    if (length < 2 || line[0] != '{' || line[length - 1] != '}')
        return err_set(err, ERR_MALFORMED, "an entry runs from { to }");
    if (memchr(line, '\n', length) || memchr(line, '\r', length))
        return err_set(err, ERR_MALFORMED, "an entry is one line");
    return ERR_OK;
}

enum err_code entry_parse(const char *line, size_t length, struct entry *out, struct err *err)
{
    enum err_code code = check_line(line, length, err);
    struct err inner;
    json_t *object;

    *out = (struct entry){0};
    if (code != ERR_OK)
        return code;
    object = json_profile_parse(line, length, &inner);
    if (!object)
        return err_set(err, inner.code, "%s", inner.text);
    code = entry_from_json(object, out, err);
    json_decref(object);
    return code;
}

enum err_code entry_from_json(const json_t *object, struct entry *out, struct err *err)
{
    enum err_code code = json_field_check(object, envelope, JSON_FIELD_OPEN, err);
    const char *salt = json_profile_text(object, "salt");
    const char *keep_until = json_profile_text(object, "keep_until");

    *out = (struct entry){0};
    if (code != ERR_OK)
        return code;
    /* Else one line would be an entry to one reader and a placeholder to another. */
    if (json_object_get(object, "erased") || json_object_get(object, "withheld"))
        return err_set(err, ERR_MALFORMED, "an entry has no member erased or withheld");
    out->seq = json_profile_integer(object, "seq", 0);
    out->rev = json_profile_integer(object, "rev", 0);
    strcpy(out->type, json_profile_text(object, "type"));
    strcpy(out->id, json_profile_text(object, "id"));
    /* Of these the table has judged the form already. */
    CHECK(moment_parse(json_profile_text(object, "at"), &out->at));
    CHECK(!keep_until || moment_parse(keep_until, &out->keep_until));
    CHECK(bytes_b64u_decode(salt, strlen(salt), out->salt, sizeof out->salt));
    out->body = json_incref(json_object_get(object, "body"));
    return ERR_OK;
}

enum err_code entry_check(const struct entry *entry, struct err *err)
{
    const struct entry_type *type = find_type(entry->type);
    struct err inner = {.code = ERR_MALFORMED, .text = "not valid"};

    if (!entry->body)
        return err_set(err, ERR_MALFORMED, "the envelope is not that of an entry");
    if (entry->keep_until != 0 &&
        (entry->keep_until <= entry->at || entry->keep_until - entry->at > ENTRY_KEEP_MAX_SECONDS))
        return err_set(err, ERR_MALFORMED, "/keep_until: must lie after at, by at most 366 days");
    if (!type)
        return ERR_OK;
    if (type->text_bearing != (entry->keep_until != 0)) {
        return err_set(err, ERR_MALFORMED,
                       type->text_bearing ? "/keep_until: is missing; texts are not kept for ever"
                                          : "/keep_until: entries of this type carry none");
    }
    if (json_field_check(entry->body, type->body, JSON_FIELD_OPEN, &inner) != ERR_OK ||
        (type->check && !type->check(entry->body, &inner)))
        return err_set(err, inner.code, "/body%s", inner.text);
    return ERR_OK;
}

/* Up to the body, in the order of SPEC.md section 6.2. Nothing in it needs escaping: what does is refused
 * when the line is read again. */
static void put_envelope(const struct entry *entry, struct buffer *line)
{
    char time[MOMENT_SIZE];
    char salt[BYTES_B64U_SIZE(ENTRY_SALT_SIZE)];

    moment_format(entry->at, time);
    bytes_b64u_encode(entry->salt, sizeof entry->salt, salt);
    buffer_printf(line,
                  "{\"seq\":%lld,\"type\":\"%s\",\"id\":\"%s\",\"rev\":%lld,\"at\":\"%s\",\"salt\":\"%s\"",
                  (long long)entry->seq, entry->type, entry->id, (long long)entry->rev, time, salt);
    if (entry->keep_until != 0) {
        moment_format(entry->keep_until, time);
        buffer_printf(line, ",\"keep_until\":\"%s\"", time);
    }
}

/* For jansson, which stops at anything but 0: the buffer remembers by itself that it failed. */
static int append(const char *text, size_t size, void *buffer)
{
    buffer_append(buffer, text, size);
    return 0;
}

/* What leaves us is signed for good: it must say what was meant, to whoever reads it. A text whose term got
 * lost, for instance, would be kept for ever. */
static void check_says(const struct entry *read, const struct entry *meant)
{
    CHECK(read->seq == meant->seq && read->rev == meant->rev);
    CHECK(strcmp(read->type, meant->type) == 0 && strcmp(read->id, meant->id) == 0);
    CHECK(read->at == meant->at && read->keep_until == meant->keep_until);
    CHECK(memcmp(read->salt, meant->salt, sizeof read->salt) == 0);
    CHECK(json_equal(read->body, meant->body));
}

enum err_code entry_write(const struct entry *entry, struct buffer *out, struct err *err)
{
    struct buffer line = {0};
    struct entry again;
    enum err_code code = entry_check(entry, err);

    if (code != ERR_OK)
        return code;
    put_envelope(entry, &line);
    buffer_puts(&line, ",\"body\":");
    if (json_dump_callback(entry->body, append, &line, JSON_COMPACT) != 0)
        line.failed = true;
    buffer_puts(&line, "}");
    /* Read as a receiver will read it. */
    code = line.failed ? ERR_NO_MEMORY : entry_parse((const char *)line.data, line.size, &again, err);
    if (code == ERR_OK) {
        check_says(&again, entry);
        entry_finish(&again);
        buffer_append(out, line.data, line.size);
    }
    if (line.failed || out->failed)
        code = err_set(err, ERR_NO_MEMORY, "out of memory");
    buffer_free(&line);
    return code;
}

void entry_finish(struct entry *entry)
{
    json_decref(entry->body);
    entry->body = NULL;
}
