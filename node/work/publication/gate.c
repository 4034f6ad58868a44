#include "node/work/publication/gate.h"

#include <stdlib.h>
#include <string.h>

#include "node/core/anonymity.h"
#include "node/db/publication/known_names.h"
#include "node/work/publication/known_names.h"
#include "protocol/bytes.h"
#include "protocol/json_profile.h"

enum { EXCERPT_SHOWN = 400, IDENTIFIERS_TOLD = 50 };

/* The rules tell more apart than people need to: what the API calls each. */
static const char *const kinds[FINDING_KIND_COUNT] = {
    [FINDING_EMAIL] = "email",
    [FINDING_PHONE] = "phone",
    [FINDING_IBAN] = "iban",
    [FINDING_URL] = "url",
    [FINDING_STREET_ADDRESS] = "address",
    [FINDING_NAME] = "name",
    [FINDING_NAME_PART] = "name",
    [FINDING_RARE_KIND] = "rare_kind",
    [FINDING_SUPERLATIVE] = "rare_kind",
    [FINDING_FEW_KNOWN] = "small_group",
};

/* One text under examination and where its findings go. */
struct examination {
    struct tx *tx;
    const struct node *node;
    const struct names *names;
    const struct gate_text *subject;
    json_t *out;
};

/* What an override refers to: the same words in the same field, found for the same reason. */
static json_t *fingerprint(const char *kind, const char *field, const char *excerpt, size_t size)
{
    struct buffer said = {0};
    uint8_t digest[32];
    char text[BYTES_B64U_SIZE(sizeof digest)];

    buffer_append(&said, kind, strlen(kind) + 1);
    buffer_append(&said, field, strlen(field) + 1);
    buffer_append(&said, excerpt, size);
    bytes_sha256(said.data, said.size, digest);
    buffer_free(&said);
    bytes_b64u_encode(digest, sizeof digest, text);
    return json_string(text);
}

static json_t *excerpt_shown(const char *excerpt, size_t size)
{
    if (size > EXCERPT_SHOWN) {
        for (size = EXCERPT_SHOWN; ((unsigned char)excerpt[size] & 0xC0) == 0x80; size--) {
        }
    }
    return json_stringn(excerpt, size);
}

static void show(const struct examination *in, const char *field, const char *text,
                 const struct finding *finding)
{
    const char *kind = kinds[finding->kind];
    bool whole = finding->end == 0; /* about the place, not about words */
    const char *words = whole ? in->subject->municipality : text + finding->start_byte;
    size_t size = whole ? strlen(words) : finding->end_byte - finding->start_byte;
    size_t end = whole ? json_profile_text_length(words) : finding->end;
    const char *region = node_region_of(in->node, in->subject->municipality);
    json_t *shown = json_object();

    json_object_set_new(shown, "kind", json_string(kind));
    json_object_set_new(shown, "severity", json_string(finding->blocking ? "block" : "warn"));
    json_object_set_new(shown, "field", json_string(whole ? "municipality" : field));
    json_object_set_new(shown, "start", json_integer((json_int_t)finding->start));
    json_object_set_new(shown, "end", json_integer((json_int_t)end));
    json_object_set_new(shown, "excerpt", excerpt_shown(words, size));
    json_object_set_new(shown, "suggestion", finding->coarsen && region ? json_string(region) : json_null());
    json_object_set_new(shown, "fingerprint", fingerprint(kind, whole ? "municipality" : field, words, size));
    json_array_append_new(in->out, shown);
}

/* facts NULL: identifiers only. */
static bool examine(const struct examination *in, const char *field, const char *text,
                    const struct uniqueness *facts)
{
    struct findings findings;
    enum reading_status status;

    findings_init(&findings);
    status = anonymity_check(text, strlen(text), in->subject->language, in->names, &findings);
    if (status == READING_OK && facts)
        status = anonymity_check_uniqueness(text, strlen(text), in->names, facts, &findings);
    for (size_t i = 0; status == READING_OK && i < findings.count; i++)
        show(in, field, text, &findings.rows[i]);
    findings_finish(&findings);
    return status == READING_OK || problem_set(in->tx->problem, PROBLEM_INTERNAL,
                                               "The text could not be examined. Nothing was published.");
}

static bool examine_all(const struct examination *in)
{
    const struct gate_text *text = in->subject;
    struct uniqueness facts = {.same_kind = -1, .participants = -1};
    const struct uniqueness unknown = facts;

    if (!text->coarsened && !db_known_names_neighbours(in->tx, text->organisation_id, text->municipality,
                                                       &facts.same_kind, &facts.participants))
        return false;
    /* The numbers are about the place: said once, with the title. */
    return examine(in, "title", text->title, &facts) && examine(in, "text", text->text, &unknown) &&
           (text->coarsened || examine(in, "municipality", text->municipality, NULL));
}

struct gate_text gate_text_of(const json_t *body, bool coarsened, const char *organisation_id)
{
    return (struct gate_text){
        .title = json_profile_text(body, "title"),
        .text = json_profile_text(body, "text"),
        .language = json_profile_text(body, "language"),
        .municipality = json_profile_text(json_object_get(body, "municipality"), "name"),
        .coarsened = coarsened,
        .organisation_id = organisation_id,
    };
}

bool gate_check(struct tx *tx, const struct node *node, const struct gate_text *text, json_t **findings)
{
    struct known_names *directory = known_names_acquire(tx, node);
    struct examination in = {.tx = tx, .node = node, .subject = text};
    bool ok;

    if (!directory)
        return false;
    in.names = known_names_compiled(directory);
    in.out = json_array();
    ok = examine_all(&in);
    known_names_release(directory);
    *findings = in.out;
    return ok;
}

bool gate_blocks(const json_t *finding)
{
    return strcmp(json_profile_text(finding, "severity"), "block") == 0;
}

bool gate_check_note(struct tx *tx, const struct node *node, const char *pointer, const char *text)
{
    const struct gate_text subject = {.municipality = ""};
    struct examination in = {.tx = tx, .node = node, .subject = &subject};
    struct known_names *directory = known_names_acquire(tx, node);
    json_t *finding;
    size_t index;
    bool ok;

    if (!directory)
        return false;
    in.names = known_names_compiled(directory);
    in.out = json_array();
    ok = examine(&in, "text", text, NULL);
    json_array_foreach (in.out, index, finding) {
        const char *excerpt = json_profile_text(finding, "excerpt");

        if (!gate_blocks(finding) || json_array_size(tx->problem->errors) >= IDENTIFIERS_TOLD)
            continue;
        ok =
            problem_set(tx->problem, PROBLEM_IDENTIFIERS_FOUND,
                        "%s would be read in another town and names somebody: «%s». Nothing was sent. Say it "
                        "without names, addresses and numbers.",
                        pointer + 1, excerpt);
        problem_identifier(tx->problem, pointer, excerpt);
    }
    json_decref(in.out);
    known_names_release(directory);
    return ok;
}
