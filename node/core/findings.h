/*
 * Findings: what the rules noticed in a text, one list for all of them.
 *
 * The caller owns the list (findings_init makes an empty one, findings_finish frees its rows). A finding
 * borrows `name` from the struct names that produced it. One thread at a time.
 */
#ifndef NODE_CORE_FINDINGS_H
#define NODE_CORE_FINDINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "node/core/reading.h"

/* Wire code, and whether the kind blocks publication (name_part and what follows only warn). */
#define FINDING_KINDS(X)                                                                                     \
    X(EMAIL, "email", true)                                                                                  \
    X(PHONE, "phone", true)                                                                                  \
    X(IBAN, "iban", true)                                                                                    \
    X(URL, "url", true)                                                                                      \
    X(STREET_ADDRESS, "street_address", true)                                                                \
    X(NAME, "name", true)                                                                                    \
    X(NAME_PART, "name_part", false)                                                                         \
    X(RARE_KIND, "rare_kind", false)                                                                         \
    X(SUPERLATIVE, "superlative", false)                                                                     \
    X(FEW_KNOWN, "few_known", false)

enum finding_kind {
#define X(NAME, code, blocking) FINDING_##NAME,
    FINDING_KINDS(X)
#undef X
        FINDING_KIND_COUNT
};

struct finding {
    enum finding_kind kind;
    bool blocking;
    bool coarsen;                /* publishing the region in place of the municipality would mend it */
    size_t start, end;           /* code points [start, end); both 0 if it concerns no place in the text */
    size_t start_byte, end_byte; /* the excerpt is text[start_byte, end_byte) */
    const char *name;            /* id of the directory's row, borrowed; NULL if none */
};

struct findings {
    struct finding *rows;
    size_t count, capacity;
};

void findings_init(struct findings *findings);
void findings_finish(struct findings *findings);

/* Characters [from, to) of a reading, from < to. False: out of memory. */
bool findings_add(struct findings *findings, const struct reading *reading, enum finding_kind kind,
                  size_t from, size_t to, const char *name);

/* A finding about the whole, not about a place in the text. False: out of memory. */
bool findings_add_whole(struct findings *findings, enum finding_kind kind, bool coarsen);

/* Sorts by place; of findings that lie within another one only the outer stays, a blocking one before a
 * warning. */
void findings_settle(struct findings *findings);

bool findings_block(const struct findings *findings);

/* Wire code of a kind, static. */
const char *findings_kind_code(enum finding_kind kind);

#endif
