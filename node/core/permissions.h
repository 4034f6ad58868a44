/* Who may do what: one table, action by role. The only place that knows; routes, the workflow, answers to
 * other towns, Today and the screens name an action and ask here. Pure; any thread. */
#ifndef NODE_CORE_PERMISSIONS_H
#define NODE_CORE_PERMISSIONS_H

#include <stdbool.h>

/* What somebody is here, or what acts. Bits, for the table's cells. */
enum permissions_role {
    PERMISSIONS_PUBLIC = 1 << 0, /* anybody, without a session */
    PERMISSIONS_PEER = 1 << 1,   /* another node, by its signature */
    PERMISSIONS_VIEWER = 1 << 2,
    PERMISSIONS_MATCH_GROUP = 1 << 3,
    PERMISSIONS_COORDINATOR = 1 << 4,
    PERMISSIONS_ADMIN = 1 << 5,
    PERMISSIONS_SYSTEM = 1 << 6 /* the clock and the command line */
};
/* Those that people can have, by name, NULL-terminated. */
extern const char *const permissions_people[];

/* Constant, name in the API, who may. */
#define PERMISSIONS_TABLE(X)                                                                                 \
    X(MAY_VISIT, "visit", PUBLIC)                                                                            \
    X(MAY_SEE_SESSION, "see_session", PUBLIC | PEOPLE)                                                       \
    X(MAY_EXCHANGE, "exchange", PEER)                                                                        \
    X(MAY_OWN_ACCOUNT, "own_account", PEOPLE)                                                                \
    X(MAY_READ, "read", PEOPLE)   /* the desk, other towns, connections */                                   \
    X(MAY_WRITE, "write", OFFICE) /* proposals, offers, organisations, contacts */                           \
    X(MAY_IMPORT, "import", OFFICE)                                                                          \
    X(MAY_MOVE, "move", OFFICE) /* along the workflow */                                                     \
    X(MAY_EXPIRE, "expire", OFFICE | SYSTEM)                                                                 \
    X(MAY_PUBLISH, "publish", OFFICE)          /* preview, publish, withdraw everywhere */                   \
    X(MAY_ANSWER, "answer", OFFICE)            /* to other towns: take up, decline, forward */               \
    X(MAY_MANAGE_PEERS, "manage_peers", ADMIN) /* and memberships, invitations */                            \
    X(MAY_MANAGE_USERS, "manage_users", ADMIN)                                                               \
    X(MAY_READ_AUDIT, "read_audit", ADMIN)                                                                   \
    X(MAY_SETTLE_ALARMS, "settle_alarms", ADMIN)

#define PERMISSIONS_CONSTANT(constant, name, who) constant,
enum permission { PERMISSIONS_TABLE(PERMISSIONS_CONSTANT) PERMISSIONS_COUNT };
#undef PERMISSIONS_CONSTANT

/* Set of enum permissions_role. */
unsigned permissions_who(enum permission action);
/* The bit of a role's name, "system" included; 0 for what is none. */
unsigned permissions_role(const char *role);
/* May this role do it? NULL is the node itself: "system". */
bool permissions_allow(enum permission action, const char *role);
const char *permissions_name(enum permission action);

#endif
