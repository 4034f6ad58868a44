#include "node/http/request.h"

#include <string.h>
#include <strings.h>

#include "node/http/exchange.h"

struct search {
    const char *name;
    const char *value;
    size_t count;
};

static enum MHD_Result search_line(void *arg, enum MHD_ValueKind kind, const char *name, const char *value)
{
    struct search *search = arg;

    (void)kind;
    if (strcasecmp(name, search->name) == 0 && search->count++ == 0)
        search->value = value ? value : "";
    return MHD_YES;
}

const char *request_header(const struct request *request, const char *name, size_t *count)
{
    struct search search = {.name = name};

    MHD_get_connection_values(request->exchange->connection, MHD_HEADER_KIND, search_line, &search);
    if (count)
        *count = search.count;
    return search.value;
}

const char *request_query(const struct request *request, const char *name, size_t n)
{
    const struct target_query *query = &request->exchange->query;

    for (size_t i = 0; i < query->count; i++)
        if (strcmp(query->parameters[i].name, name) == 0 && n-- == 0)
            return query->parameters[i].value;
    return NULL;
}

bool request_query_each(const struct request *request,
                        bool (*each)(void *arg, const char *name, const char *value), void *arg)
{
    const struct target_query *query = &request->exchange->query;

    for (size_t i = 0; i < query->count; i++)
        if (!each(arg, query->parameters[i].name, query->parameters[i].value))
            return false;
    return true;
}

const char *request_cookie(const struct request *request, const char *name)
{
    return MHD_lookup_connection_value(request->exchange->connection, MHD_COOKIE_KIND, name);
}
