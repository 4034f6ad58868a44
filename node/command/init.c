/* hf-node init and migrate. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/base/log.h"
#include "node/command/circumstances.h"
#include "node/command/command.h"
#include "node/db/migrations.h"
#include "node/work/say/writer.h"

/* Nobody else can read the key. It is written beside its place and linked there when it is whole: never over
 * an existing file, and when several processes make one at once, the first one's counts for all. */
static bool write_key(const char *path, const char *pem, struct problem *problem)
{
    char beside[4096];
    size_t size = strlen(pem);
    bool fits = snprintf(beside, sizeof beside, "%s.XXXXXX", path) < (int)sizeof beside;
    int file = fits ? mkostemp(beside, O_CLOEXEC) : -1;
    bool ok = file >= 0 && write(file, pem, size) == (ssize_t)size && fsync(file) == 0 &&
              (link(beside, path) == 0 || errno == EEXIST);

    if (!ok)
        problem_set(problem, PROBLEM_INTERNAL, "The key cannot be written to %s: %s.", path,
                    fits ? strerror(errno) : "the path is too long");
    if (file >= 0) {
        close(file);
        unlink(beside);
    }
    return ok;
}

static bool make_key(const struct config *config, struct problem *problem)
{
    struct key_private *key;
    struct err err = {0};
    char *pem;
    bool ok;

    if (access(config->signing_key, F_OK) == 0)
        return true;
    if (!(key = key_private_generate(&err)))
        return problem_set(problem, PROBLEM_INTERNAL, "No key could be made: %s.", err.text);
    pem = key_private_to_pem(key);
    ok = pem && write_key(config->signing_key, pem, problem);
    if (ok)
        log_say(stdout, "signing key: %s", config->signing_key);
    if (pem)
        explicit_bzero(pem, strlen(pem));
    free(pem);
    key_private_destroy(key);
    return ok;
}

static bool settle(struct tx *tx, void *arg)
{
    return writer_settle(tx, arg);
}

static void say_circumstance(void *arg, enum circumstance kind, const char *what, const char *mend)
{
    bool *refused = arg;

    if (kind == CIRCUMSTANCE_FINE)
        return;
    *refused = *refused || kind == CIRCUMSTANCE_MISTAKE;
    fprintf(stderr, "hf-node: %s: %s\n", what, mend);
}

/* What can be seen at once of what would be found out later: whose mending a filled database makes hard, is
 * refused. */
static bool look_around(const struct command *command, const struct config *config)
{
    bool refused = false, ignored = false;

    circumstances_of_database(command->db, &(struct circumstances_teller){say_circumstance, &refused});
    circumstances_of_areas(command->node, &(struct circumstances_teller){say_circumstance, &ignored});
    circumstances_of_ports(config, &(struct circumstances_teller){say_circumstance, &ignored});
    return !refused;
}

int command_init(const struct config *config, int argc, char **argv)
{
    struct command command = {0};
    int code = COMMAND_OK;

    (void)argc;
    (void)argv;
    if (!make_key(config, &command.problem)) {
        code = command_failed(&command);
        problem_finish(&command.problem);
        return code;
    }
    if (!command_open(&command, config))
        return COMMAND_FAILED;
    if (!look_around(&command, config))
        code = COMMAND_FAILED;
    else if (!db_migrations_apply(command.db, &command.problem) ||
             !db_transaction(command.db, &command.problem, settle, command.node))
        code = command_failed(&command);
    else
        log_say(stdout, "%s is ready: add people with `hf-node user add`, then `hf-node serve`",
                config->authority);
    command_close(&command);
    return code;
}

int command_migrate(const struct config *config, int argc, char **argv)
{
    struct command command = {0};
    int code = COMMAND_OK;

    (void)argc;
    (void)argv;
    command.db = db_create(config->conninfo);
    if (!command.db || !db_migrations_apply(command.db, &command.problem))
        code = command_failed(&command);
    command_close(&command);
    return code;
}
