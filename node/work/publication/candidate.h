/* A candidate: what would be published of a listing, and what is to be said against it. The same for preview
 * and publication, so that what leaves is what was looked at. Runs in the caller's transaction. */
#ifndef NODE_WORK_PUBLICATION_CANDIDATE_H
#define NODE_WORK_PUBLICATION_CANDIDATE_H

#include "node/core/workflow.h"
#include "node/db/publication/publications.h"
#include "node/base/node.h"

enum { CANDIDATE_DIGEST_SIZE = BYTES_B64U_SIZE(32) };

struct candidate {
    const char *id;     /* borrowed; the rest is owned */
    json_t *listing;    /* as db_publications_source tells it */
    json_t *last;       /* the publication so far, NULL if none */
    json_t *wording;    /* title, text, language where they differ from the listing's */
    json_t *body;       /* as SPEC.md 11.1 has it */
    json_t *findings;   /* see gate.h */
    const char *region; /* that can be named instead of the place; NULL: none. Borrowed from the node */
    bool coarsened;
    char digest[CANDIDATE_DIGEST_SIZE]; /* of the body */
};

/* request: the checked body of a preview or publication. reading: LOCK holds the listing's row. False:
 * NOT_FOUND, CONFLICT (a draft), INVALID_BODY (no region to name). candidate_finish in any case. */
bool candidate_build(struct tx *tx, const struct node *node, enum listing_kind kind, const char *id,
                     const json_t *request, enum db_reading reading, struct candidate *candidate);
void candidate_finish(struct candidate *candidate);

#endif
