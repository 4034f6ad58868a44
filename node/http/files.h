/* The built screens, loaded into memory once and served from there. After files_load read-only: any thread.
 *
 * Only names that were found at start can be asked for, so no path can lead anywhere else. Names with a hash
 * (desk.0A1B2C3D.js) may be kept by browsers for ever; all others are checked each time by ETag. Where a file
 * has siblings with `.br` or `.gz` behind its name, Accept-Encoding decides which is sent (RFC 9110 section
 * 12.5.3); each has an ETag of its own. */
#ifndef NODE_HTTP_FILES_H
#define NODE_HTTP_FILES_H

#include <stdbool.h>

#include "node/http/reply.h"
#include "node/http/request.h"

struct files;

/* Reads the directory and all below it. NULL with a problem, also when there is no index.html. Must outlive
 * the server, which sends from it without copying. */
struct files *files_load(const char *directory, struct problem *problem);
void files_destroy(struct files *files);

/* Answers a GET or HEAD of request->path. "/" is a screen and gets index.html; so is a path that is no file,
 * has no extension and is not of another room (/api, /federation, /.well-known, /healthz, /readyz), if a page
 * is asked for (Accept: text/html). Everything else is not-found. */
void files_serve(const struct files *files, const struct request *request, struct reply *reply);
/* Answers with one file whatever was asked for; name begins with '/'. False, and no reply, if there is none.
 */
bool files_serve_name(const struct files *files, const char *name, const struct request *request,
                      struct reply *reply);

#endif
