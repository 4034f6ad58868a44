#include "node/core/permissions.h"

#include <stddef.h>
#include <string.h>

/* In the order of enum permissions_role, from VIEWER. */
const char *const permissions_people[] = {"viewer", "match_group", "coordinator", "admin", NULL};

enum {
    PUBLIC = PERMISSIONS_PUBLIC,
    PEER = PERMISSIONS_PEER,
    ADMIN = PERMISSIONS_ADMIN,
    SYSTEM = PERMISSIONS_SYSTEM,
    OFFICE = PERMISSIONS_COORDINATOR | PERMISSIONS_ADMIN,
    PEOPLE = PERMISSIONS_VIEWER | PERMISSIONS_MATCH_GROUP | OFFICE
};

static const struct {
    const char *name;
    unsigned who;
} table[] = {
#define ROW(constant, name, who) [constant] = {name, who},
    PERMISSIONS_TABLE(ROW)
#undef ROW
};

unsigned permissions_who(enum permission action)
{
    return table[action].who;
}

unsigned permissions_role(const char *role)
{
    for (unsigned i = 0; permissions_people[i]; i++)
        if (strcmp(permissions_people[i], role) == 0)
            return (unsigned)PERMISSIONS_VIEWER << i;
    return strcmp(role, "system") == 0 ? (unsigned)PERMISSIONS_SYSTEM : 0;
}

bool permissions_allow(enum permission action, const char *role)
{
    return (table[action].who & (!role ? (unsigned)PERMISSIONS_SYSTEM : permissions_role(role))) != 0;
}

const char *permissions_name(enum permission action)
{
    return table[action].name;
}
