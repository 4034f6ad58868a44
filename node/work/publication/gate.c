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
    const struct node *node;
    const struct names *names;
    const struct gate_text *subject;
    json_t *out;
};

static const struct uniqueness unknown = {.same_kind = -1, .participants = -1};

/* What an override refers to: the same words in the same field, found for the same reason. NULL: no memory.
 */
static json_t *fingerprint(const char *kind, const char *field, const char *excerpt, size_t size)
{
    struct buffer said = {0};
    uint8_t digest[32];
    char text[BYTES_B64U_SIZE(sizeof digest)];

    buffer_append(&said, kind, strlen(kind) + 1);
    buffer_append(&said, field, strlen(field) + 1);
    buffer_append(&said, excerpt, size);
    if (said.failed) {
        buffer_free(&said);
        return NULL;
    }
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

/* False: no memory. A finding that is lost would let pass what it was to hold back. */
static bool show(const struct examination *in, const char *field, const char *text,
                 const struct finding *finding)
{
    const char *kind = kinds[finding->kind];
    bool whole = finding->end == 0; /* about the place, not about words */
    const char *words = whole ? in->subject->municipality : text + finding->start_byte;
    size_t size = whole ? strlen(words) : finding->end_byte - finding->start_byte;
    size_t end = whole ? json_profile_text_length(words) : finding->end;
    const char *region = finding->coarsen ? node_region_of(in->node, in->subject->municipality) : NULL;
    const char *shown_field = whole ? "municipality" : field;
    /* "o" takes what it is given, and makes nothing of NULL. */
    json_t *shown =
        json_pack("{s:s, s:s, s:s, s:I, s:I, s:o, s:s?, s:o}", "kind", kind, "severity",
                  finding->blocking ? "block" : "warn", "field", shown_field, "start",
                  (json_int_t)finding->start, "end", (json_int_t)end, "excerpt", excerpt_shown(words, size),
                  "suggestion", region, "fingerprint", fingerprint(kind, shown_field, words, size));

    return json_array_append_new(in->out, shown) == 0;
}

/* facts NULL: identifiers only. False: not examined to the end. */
static bool examine(const struct examination *in, const char *field, const char *text,
                    const struct uniqueness *facts)
{
    struct findings findings;
    bool ok;

    findings_init(&findings);
    ok =
        anonymity_check(text, strlen(text), in->subject->language, in->names, &findings) == READING_OK &&
        (!facts || anonymity_check_uniqueness(text, strlen(text), in->names, facts, &findings) == READING_OK);
    for (size_t i = 0; ok && i < findings.count; i++)
        ok = show(in, field, text, &findings.rows[i]);
    findings_finish(&findings);
    return ok;
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

static bool examine_all(const struct examination *in, struct uniqueness facts)
{
    const struct gate_text *text = in->subject;

    if (!text->title || !text->text || !text->municipality)
        return false;
    /* The numbers are about the place: said once, with the title. */
    return examine(in, "title", text->title, &facts) && examine(in, "text", text->text, &unknown) &&
           (text->coarsened || examine(in, "municipality", text->municipality, NULL));
}

json_t *gate_examine(const struct node *node, const struct names *names, const struct gate_text *text,
                     struct uniqueness facts)
{
    const struct examination in = {.node = node, .names = names, .subject = text, .out = json_array()};

    if (in.out && examine_all(&in, facts))
        return in.out;
    json_decref(in.out);
    return NULL;
}

static bool not_examined(struct tx *tx)
{
    return problem_set(tx->problem, PROBLEM_INTERNAL,
                       "The text could not be examined. Nothing was published.");
}

bool gate_check(struct tx *tx, const struct node *node, const struct gate_text *text, json_t **findings)
{
    struct known_names *directory = known_names_acquire(tx, node);
    struct uniqueness facts = unknown;

    *findings = NULL;
    if (!directory)
        return false;
    if (text->coarsened || db_known_names_neighbours(tx, text->organisation_id, text->municipality,
                                                     &facts.same_kind, &facts.participants)) {
        *findings = gate_examine(node, known_names_compiled(directory), text, facts);
        if (!*findings)
            not_examined(tx);
    }
    known_names_release(directory);
    return *findings != NULL;
}

bool gate_blocks(const json_t *finding)
{
    return strcmp(json_profile_text(finding, "severity"), "block") == 0;
}

/* The first is the problem, the others are told with it. */
static bool refuse_findings(struct tx *tx, const json_t *findings, const char *pointer)
{
    json_t *finding;
    size_t index;
    bool ok = true;

    json_array_foreach (findings, index, finding) {
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
    return ok;
}

bool gate_check_note(struct tx *tx, const struct node *node, const char *pointer, const char *text)
{
    /* Of no place, so that nothing is said of one. */
    const struct gate_text note = {.title = "", .text = text, .municipality = "", .coarsened = true};
    struct known_names *directory = known_names_acquire(tx, node);
    json_t *findings;
    bool ok;

    if (!directory)
        return false;
    findings = gate_examine(node, known_names_compiled(directory), &note, unknown);
    known_names_release(directory);
    ok = findings ? refuse_findings(tx, findings, pointer) : not_examined(tx);
    json_decref(findings);
    return ok;
}
