/* The reader of one origin's streams over what is stored here: carries out what it wants of the database. On
 * the pulling thread. */
#ifndef NODE_FEDERATION_INTAKE_H
#define NODE_FEDERATION_INTAKE_H

#include "node/db/db.h"
#include "node/base/node.h"
#include "protocol/reader.h"

/* `origin` is whose streams these are; who was asked for them is the contact's affair. */
struct intake {
    const struct node *node; /* these four are borrowed */
    struct db *db;
    const char *origin;
    struct reader *reader;
};

/* Tells the reader what is stored. */
bool intake_load(struct intake *intake, struct problem *problem);
/* Carries out an action that concerns what is stored, and tells the reader how it went. False: it does not,
 * nothing was done. */
bool intake_carry_out(struct intake *intake, const struct reader_action *action);
/* The newest head of the origin's stream that is stored, "" if none. */
bool intake_newest_head(const struct intake *intake, int stream, char head[HEAD_SIZE]);

#endif
