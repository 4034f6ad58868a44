/* What no option says, and what goes wrong later unless it is told: how the database stores text, who listens
 * on our ports already, codes that a spreadsheet bit a zero off. For `init` and `check`. */
#ifndef NODE_COMMAND_CIRCUMSTANCES_H
#define NODE_COMMAND_CIRCUMSTANCES_H

#include "node/base/config.h"
#include "node/base/node.h"
#include "node/db/db.h"

/* A mistake must be mended; a note is for somebody to look at. */
enum circumstance { CIRCUMSTANCE_FINE, CIRCUMSTANCE_NOTE, CIRCUMSTANCE_MISTAKE };

struct circumstances_teller {
    void (*say)(void *arg, enum circumstance kind, const char *what, const char *mend);
    void *arg;
};

/* db: one that answers. */
void circumstances_of_database(struct db *db, const struct circumstances_teller *teller);
void circumstances_of_areas(const struct node *node, const struct circumstances_teller *teller);
/* Options that are empty are left out. */
void circumstances_of_ports(const struct config *config, const struct circumstances_teller *teller);

#endif
