/* What is no object: the screens, the API's own description, and whether the node lives and can work. */
#ifndef NODE_API_SCREENS_H
#define NODE_API_SCREENS_H

#include "node/http/router.h"

extern const struct route api_screens_routes[];

#endif
