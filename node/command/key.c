/* hf-node key: show, rotate or replace the signing key. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "node/base/log.h"
#include "node/command/command.h"
#include "node/db/locks.h"
#include "node/work/events.h"
#include "node/work/say/writer.h"

static int run_show(const struct config *config)
{
    const struct key_public *key;
    char fingerprint[KEY_FINGERPRINT_SIZE], *jwk;
    struct problem problem = {0};
    struct node *node = node_create(config, &problem);
    json_t *object;

    if (!node) {
        log_say(stderr, "hf-node: %s", problem.detail);
        problem_finish(&problem);
        return COMMAND_FAILED;
    }
    key = key_private_public(node->key);
    key_public_fingerprint(key, fingerprint);
    object = key_public_to_jwk(key);
    jwk = json_dumps(object, JSON_COMPACT);
    printf("authority    %s\nkey id       %s\nfingerprint  %s\njwk          %s\n", node->authority,
           key_public_id(key), fingerprint, jwk);
    free(jwk);
    json_decref(object);
    node_destroy(node);
    return COMMAND_OK;
}

/* The two ways to another key: with the old one's word, and without. */
struct key_verb {
    const char *name, *action;
    bool (*body)(struct tx *tx, void *arg);
};

struct change_key {
    const struct node *node;
    const struct key_verb *verb;
    struct key_private *next;
    char next_path[4096], old_path[4096];
    bool counts; /* out of count_checks */
};

static bool record(struct tx *tx, const struct change_key *change)
{
    const struct event event = {.object_type = "key",
                                .object_id = key_public_id(key_private_public(change->next)),
                                .action = change->verb->action};

    return events_add(tx, NULL, &event);
}

static bool run_rotate(struct tx *tx, void *arg)
{
    const struct change_key *change = arg;

    return writer_rotate(tx, change->node, change->next) && record(tx, change);
}

static bool run_replace(struct tx *tx, void *arg)
{
    const struct change_key *change = arg;

    return writer_replace_key(tx, change->node, change->next) && record(tx, change);
}

static const struct key_verb verbs[] = {
    {"rotate", "rotated", run_rotate},
    {"replace", "replaced", run_replace},
    {NULL, NULL, NULL},
};

static bool count_checks(struct tx *tx, void *arg)
{
    struct change_key *change = arg;

    return writer_signs_with(tx, key_private_public(change->next), &change->counts);
}

static bool name_paths(struct change_key *change, const char *path)
{
    const char *old_id = key_public_id(key_private_public(change->node->key));

    return snprintf(change->next_path, sizeof change->next_path, "%s.next", path) <
               (int)sizeof change->next_path &&
           snprintf(change->old_path, sizeof change->old_path, "%s.%s", path, old_id) <
               (int)sizeof change->old_path;
}

/* Renames are on the disk when their directory is. */
static bool sync_directory(const char *path)
{
    char *copy = strdup(path);
    int directory = copy ? open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    bool ok = directory >= 0 && fsync(directory) == 0;

    if (directory >= 0)
        close(directory);
    free(copy);
    return ok;
}

static bool write_key(const char *path, const struct key_private *key, struct problem *problem)
{
    char *pem = key_private_to_pem(key);
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool ok = pem && file >= 0 && write(file, pem, strlen(pem)) == (ssize_t)strlen(pem) && fsync(file) == 0 &&
              sync_directory(path);

    if (!ok)
        problem_set(problem, PROBLEM_INTERNAL,
                    "The new key cannot be written to %s: %s. Nothing was changed.", path, strerror(errno));
    if (file >= 0)
        close(file);
    if (pem)
        explicit_bzero(pem, strlen(pem));
    free(pem);
    return ok;
}

/* The new key is on the disk before the streams name it, and its file goes only when the database says that
 * they do not: after a lost COMMIT it may be the only copy of the key that counts. */
static bool commit_key(struct command *command, struct change_key *change)
{
    struct problem again = {0};

    if (db_transaction(command->db, &command->problem, change->verb->body, change))
        return true;
    if (!db_transaction(command->db, &again, count_checks, change))
        log_say(stderr,
                "hf-node: it is not known which key counts now. Keep %s; when the database answers, `hf-node "
                "check` "
                "says whether it must take the place of %s.",
                change->next_path, command->node->config->signing_key);
    else if (!change->counts)
        unlink(change->next_path);
    problem_finish(&again);
    return change->counts;
}

static int exchange_files(struct command *command, struct change_key *change)
{
    const char *path = command->node->config->signing_key;

    if (!db_try_lock(command->db, DB_LOCK_PULL, 0, &command->problem)) {
        if (command->problem.code != PROBLEM_BUSY)
            return command_failed(command);
        fputs("hf-node: the node is running. Stop all its processes first: one that still holds the old key "
              "would sign with "
              "it.\n",
              stderr);
        return COMMAND_FAILED;
    }
    if (!write_key(change->next_path, change->next, &command->problem) || !commit_key(command, change))
        return command_failed(command);
    if (rename(path, change->old_path) != 0 || rename(change->next_path, path) != 0 ||
        !sync_directory(path)) {
        log_say(stderr,
                "hf-node: the streams name the new key, but the files could not be renamed (%s). Move %s to "
                "%s.",
                strerror(errno), change->next_path, path);
        return COMMAND_FAILED;
    }
    log_say(stdout, "The new key counts from now on. The old one is kept in %s.", change->old_path);
    puts("Start the node again.");
    return COMMAND_OK;
}

static int change_key(const struct config *config, const struct key_verb *verb)
{
    struct command command;
    struct change_key change = {.verb = verb};
    struct err err = {0};
    int code = COMMAND_FAILED;

    if (!command_open(&command, config))
        return COMMAND_FAILED;
    change.node = command.node;
    change.next = key_private_generate(&err);
    if (!change.next || !name_paths(&change, config->signing_key))
        log_say(stderr, "hf-node: no new key could be made: %s", err.text);
    else if (access(change.next_path, F_OK) == 0)
        log_say(stderr,
                "hf-node: %s is left from a change that was cut off. If `hf-node check` says that the "
                "signing key "
                "does not fit, move that file to %s; else delete it.",
                change.next_path, config->signing_key);
    else
        code = exchange_files(&command, &change);
    key_private_destroy(change.next);
    command_close(&command);
    return code;
}

int command_key(const struct config *config, int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "show") == 0)
        return run_show(config);
    for (const struct key_verb *verb = verbs; argc == 2 && verb->name; verb++)
        if (strcmp(argv[1], verb->name) == 0)
            return change_key(config, verb);
    fputs("hf-node key: say show, rotate or replace; see `hf-node key --help`\n", stderr);
    return COMMAND_USAGE;
}
