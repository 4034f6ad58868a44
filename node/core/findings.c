#include "node/core/findings.h"

#include <stdlib.h>

static const struct {
    const char *code;
    bool blocking;
} KINDS[] = {
#define X(NAME, code, blocking) [FINDING_##NAME] = {code, blocking},
    FINDING_KINDS(X)
#undef X
};

void findings_init(struct findings *findings)
{
    *findings = (struct findings){.rows = NULL};
}

void findings_finish(struct findings *findings)
{
    free(findings->rows);
    findings_init(findings);
}

static bool append(struct findings *findings, struct finding finding)
{
    if (findings->count == findings->capacity) {
        size_t capacity = findings->capacity == 0 ? 16 : findings->capacity * 2;
        struct finding *rows = realloc(findings->rows, capacity * sizeof *rows);

        if (!rows)
            return false;
        findings->rows = rows;
        findings->capacity = capacity;
    }
    findings->rows[findings->count++] = finding;
    return true;
}

bool findings_add(struct findings *findings, const struct reading *reading, enum finding_kind kind,
                  size_t from, size_t to, const char *name)
{
    const struct character *first = &reading->characters[from];
    const struct character *last = &reading->characters[to - 1];

    return append(findings,
                  (struct finding){.kind = kind,
                                   .blocking = KINDS[kind].blocking,
                                   .coarsen = kind == FINDING_RARE_KIND || kind == FINDING_SUPERLATIVE,
                                   .start = first->at,
                                   .end = last->at + 1,
                                   .start_byte = first->byte,
                                   .end_byte = last->byte + last->size,
                                   .name = name});
}

bool findings_add_whole(struct findings *findings, enum finding_kind kind, bool coarsen)
{
    return append(findings,
                  (struct finding){.kind = kind, .blocking = KINDS[kind].blocking, .coarsen = coarsen});
}

/* By place, the longer first, blocking before warning, then by kind. */
static int compare(const void *left, const void *right)
{
    const struct finding *a = left;
    const struct finding *b = right;

    if (a->start != b->start)
        return a->start < b->start ? -1 : 1;
    if (a->end != b->end)
        return a->end > b->end ? -1 : 1;
    if (a->blocking != b->blocking)
        return a->blocking ? -1 : 1;
    return (a->kind > b->kind) - (a->kind < b->kind);
}

static bool is_about_a_place(const struct finding *finding)
{
    return finding->end > finding->start;
}

/* Uniqueness says something else about the same words, so it is kept beside a name. */
static bool is_identifier(const struct finding *finding)
{
    return finding->kind <= FINDING_NAME_PART;
}

void findings_settle(struct findings *findings)
{
    size_t kept = 0;

    if (findings->count == 0)
        return;
    qsort(findings->rows, findings->count, sizeof *findings->rows, compare);
    for (size_t i = 0; i < findings->count; i++) {
        struct finding row = findings->rows[i];
        struct finding *last = kept > 0 ? &findings->rows[kept - 1] : NULL;
        bool within = last && is_about_a_place(&row) && is_identifier(last) && is_identifier(&row) &&
                      row.end <= last->end && is_about_a_place(last);

        if (!within)
            findings->rows[kept++] = row;
        else if (row.blocking && !last->blocking) /* a warning must not swallow what blocks */
            *last = (struct finding){.kind = row.kind,
                                     .blocking = true,
                                     .start = last->start,
                                     .end = last->end,
                                     .start_byte = last->start_byte,
                                     .end_byte = last->end_byte,
                                     .name = row.name};
    }
    findings->count = kept;
}

bool findings_block(const struct findings *findings)
{
    for (size_t i = 0; i < findings->count; i++)
        if (findings->rows[i].blocking)
            return true;
    return false;
}

const char *findings_kind_code(enum finding_kind kind)
{
    return KINDS[kind].code;
}
