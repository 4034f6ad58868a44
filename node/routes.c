#include "node/routes.h"

#include "node/api/network/alarms.h"
#include "node/api/desk/audit.h"
#include "node/api/desk/contacts.h"
#include "node/api/network/cases.h"
#include "node/api/desk/imports.h"
#include "node/api/network/invitations.h"
#include "node/api/desk/listings.h"
#include "node/api/network/members.h"
#include "node/api/network/items.h"
#include "node/api/desk/organisations.h"
#include "node/api/network/peers.h"
#include "node/api/publication/publications.h"
#include "node/api/screens.h"
#include "node/api/desk/session.h"
#include "node/api/desk/today.h"
#include "node/api/people/users.h"
#include "node/core/permissions.h"
#include "node/federation/serve.h"
#include "protocol/check.h"

/* Each ends in a row of zeros. */
static const struct route *const tables[] = {
    api_session_routes,  api_today_routes,        api_organisations_routes, api_contacts_routes,
    api_listings_routes, api_publications_routes, api_items_routes,         api_cases_routes,
    api_peers_routes,    api_members_routes,      api_invitations_routes,   api_imports_routes,
    api_users_routes,    api_audit_routes,        api_alarms_routes,        serve_routes,
    api_screens_routes,
};

const struct fields_schema *const fields_schema_tables[] = {
    api_session_schemas,     api_users_schemas,    api_organisations_schemas,
    api_contacts_schemas,    api_listings_schemas, api_publications_schemas,
    api_items_schemas,       api_cases_schemas,    api_peers_schemas,
    api_invitations_schemas, api_imports_schemas,  api_alarms_schemas,
    serve_schemas,           fields_schemas,       NULL,
};

enum { ROUTES_MAX = 160, TABLES = sizeof tables / sizeof *tables };

const struct route *routes_table(size_t *count)
{
    static struct route all[ROUTES_MAX + 1];
    size_t rows = 0;

    for (size_t i = 0; i < TABLES; i++)
        for (const struct route *row = tables[i]; row->method; row++) {
            CHECK(rows < ROUTES_MAX);
            /* Who calls is looked up in the database, which the I/O thread has none of. */
            CHECK(row->lane != SERVER_AT_ONCE || row->may == MAY_VISIT);
            all[rows++] = *row;
        }
    *count = rows;
    return all;
}

struct router *routes_compile(struct problem *problem)
{
    size_t count;
    const struct route *table = routes_table(&count);

    return router_compile(table, count, problem);
}
