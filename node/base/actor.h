/* Who acts: somebody signed in, or the node itself. */
#ifndef NODE_BASE_ACTOR_H
#define NODE_BASE_ACTOR_H

/* Which languages somebody can choose, NULL-terminated. */
extern const char *const actor_languages[];

/* For jobs and the command line, work functions take NULL instead: the role is then "system". */
struct actor {
    char user_id[37];
    char name[481];
    char email[1017];
    char role[16]; /* of core/permissions */
    char language[3];
};

#endif
