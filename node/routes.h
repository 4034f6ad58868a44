/* The one table of routes: who may call what, where, with how much body. Each api file brings its rows; this
 * puts them together with the federation's, the health checks and the screens. */
#ifndef NODE_ROUTES_H
#define NODE_ROUTES_H

#include <stdbool.h>

#include "node/http/router.h"
#include "node/base/problem.h"

/* All rows; ended by a row of zeros. The same array each time. */
const struct route *routes_table(size_t *count);
struct router *routes_compile(struct problem *problem);

#endif
