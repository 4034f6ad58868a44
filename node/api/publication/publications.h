/* What leaves the town of a proposal or offer: /publication, /publication/preview, /publication/erase,
 * /forwards and /cases below /api/v1/proposals/{id} and /api/v1/offers/{id}. */
#ifndef NODE_API_PUBLICATION_PUBLICATIONS_H
#define NODE_API_PUBLICATION_PUBLICATIONS_H

#include "node/base/fields.h"
#include "node/http/router.h"

extern const struct route api_publications_routes[];
extern const struct fields_schema api_publications_schemas[];

#endif
