/* The latest release: the one place that says so (CHANGELOG.md and openapi.yaml repeat it, and a test
 * compares them). ops/release sets it, and the commit in which it was set is the release: ops/release-commit
 * finds it. 0.0.0: there was none yet. */
#ifndef NODE_BASE_VERSION_H
#define NODE_BASE_VERSION_H

#define NODE_VERSION "0.1.0"

#endif
