#include "node/base/actor.h"

#include <stddef.h>

const char *const actor_languages[] = {"de", "nl", "fr", "en", NULL};
