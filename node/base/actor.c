#include "node/base/actor.h"

#include <stddef.h>

const char *const actor_roles[] = {
    [ACTOR_VIEWER] = "viewer",
    [ACTOR_MATCH_GROUP] = "match_group",
    [ACTOR_COORDINATOR] = "coordinator",
    [ACTOR_ADMIN] = "admin",
    NULL,
};

const char *const actor_languages[] = {"de", "nl", "fr", "en", NULL};
