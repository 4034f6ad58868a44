/* The subcommands of hf-node. Each reads its own words and gives an exit code. */
#ifndef NODE_COMMAND_COMMAND_H
#define NODE_COMMAND_COMMAND_H

#include <stdbool.h>

#include "node/base/config.h"
#include "node/db/db.h"
#include "node/base/node.h"

enum command_exit { COMMAND_OK = 0, COMMAND_FAILED = 1, COMMAND_USAGE = 2, COMMAND_BAD_INPUT = 3 };

/* argv[0] is the subcommand's name. */
int command_init(const struct config *config, int argc, char **argv);
int command_migrate(const struct config *config, int argc, char **argv);
int command_check(const struct config *config, int argc, char **argv);
int command_serve(const struct config *config, int argc, char **argv);
int command_user(const struct config *config, int argc, char **argv);
int command_key(const struct config *config, int argc, char **argv);
int command_peer(const struct config *config, int argc, char **argv);
int command_import(const struct config *config, int argc, char **argv);
int command_export(const struct config *config, int argc, char **argv);
int command_routes(const struct config *config, int argc, char **argv);

/* What most commands need: the node and one connection. command_close takes what command_open made; after a
 * failed open there is nothing to close, the reason was printed, and the exit code is COMMAND_FAILED. */
struct command {
    struct node *node;
    struct db *db;
    struct problem problem;
};
bool command_open(struct command *command, const struct config *config);
/* The same, whether the database answers or not. */
bool command_open_later(struct command *command, const struct config *config);
void command_close(struct command *command);
/* Prints the problem (and each field's) to standard error; returns the exit code for it. */
int command_failed(struct command *command);

/* Raises the limit of open files as far as it goes. How many it is then (*most), and how many a node with
 * this configuration may have open at once (*needed). */
void command_raise_files(const struct config *config, unsigned long *most, unsigned long *needed);

/* Long options, "--name value" or "--name=value". Rows end with name NULL. */
struct command_option {
    const char *name;   /* without the dashes */
    const char **value; /* takes a value */
    bool *given;        /* takes none */
};
/* Takes the options out of argv; what remains are the words, *argc of them (argv[0] included). False after
 * printing what is not understood. */
bool command_options(int *argc, char **argv, const struct command_option *options);

#endif
