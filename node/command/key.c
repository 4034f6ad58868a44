/* hf-node key: show and rotate the signing key. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "node/command/command.h"
#include "node/work/events.h"
#include "node/work/publish.h"

static int key_show(const struct config *config)
{
    const struct key_public *key;
    char fingerprint[KEY_FINGERPRINT_SIZE], *jwk;
    struct problem problem = {0};
    struct node *node = node_create(config, &problem);
    json_t *object;

    if (!node) {
        fprintf(stderr, "hf-node: %s\n", problem.detail);
        problem_finish(&problem);
        return COMMAND_FAILED;
    }
    key = key_private_public(node->key);
    key_public_fingerprint(key, fingerprint);
    object = key_public_to_jwk(key);
    jwk = json_dumps(object, JSON_COMPACT);
    printf("authority    %s\nkey id       %s\nfingerprint  %s\njwk          %s\n", node->authority, key_public_id(key),
           fingerprint, jwk);
    free(jwk);
    json_decref(object);
    node_destroy(node);
    return COMMAND_OK;
}

struct rotation {
    const struct node *node;
    const struct key_private *next;
    const char *path, *next_path, *old_path;
};

static bool key_write(const char *path, const struct key_private *key, struct problem *problem)
{
    char *pem = key_private_to_pem(key);
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool ok = pem && file >= 0 && write(file, pem, strlen(pem)) == (ssize_t)strlen(pem) && fsync(file) == 0;

    if (!ok)
        problem_set(problem, PROBLEM_INTERNAL, "The new key cannot be written to %s: %s. Nothing was changed.", path,
                    strerror(errno));
    if (file >= 0)
        close(file);
    if (pem)
        explicit_bzero(pem, strlen(pem));
    free(pem);
    return ok;
}

static bool key_rotate_body(struct tx *tx, void *arg)
{
    const struct rotation *rotation = arg;
    const struct event event = {
        .object_type = "key", .object_id = key_public_id(key_private_public(rotation->next)), .action = "rotated"};

    return publish_rotate(tx, rotation->node, rotation->next) && events_add(tx, NULL, &event);
}

/* The new key is on the disk before the streams name it. A crash between commit and rename leaves FILE.next, which is
 * then the right key: the node refuses to start and says so. */
static int key_rotate(const struct config *config)
{
    struct command command;
    struct err err = {0};
    struct key_private *next;
    char next_path[4096], old_path[4096];
    struct rotation rotation = {.path = config->signing_key, .next_path = next_path, .old_path = old_path};
    int code = COMMAND_OK;

    snprintf(next_path, sizeof next_path, "%s.next", config->signing_key);
    if (access(next_path, F_OK) == 0) {
        fprintf(stderr, "hf-node: %s is left from a rotation that was cut off. If `hf-node check` says that the signing "
                        "key does not fit, move that file to %s; else delete it.\n",
                next_path, config->signing_key);
        return COMMAND_FAILED;
    }
    if (!command_open(&command, config))
        return COMMAND_FAILED;
    next = key_private_generate(&err);
    rotation.node = command.node;
    rotation.next = next;
    snprintf(old_path, sizeof old_path, "%s.%s", config->signing_key,
             key_public_id(key_private_public(command.node->key)));
    if (!next || !key_write(next_path, next, &command.problem) ||
        !db_transaction(command.db, &command.problem, key_rotate_body, &rotation)) {
        unlink(next_path);
        code = command_failed(&command);
    } else if (rename(config->signing_key, old_path) != 0 || rename(next_path, config->signing_key) != 0) {
        fprintf(stderr, "hf-node: the streams name the new key, but the files could not be renamed (%s). Move %s to %s.\n",
                strerror(errno), next_path, config->signing_key);
        code = COMMAND_FAILED;
    } else {
        printf("The new key counts from now on. The old one is kept in %s.\nStart the node again.\n", old_path);
    }
    key_private_destroy(next);
    command_close(&command);
    return code;
}

int command_key(const struct config *config, int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "show") == 0)
        return key_show(config);
    if (argc == 2 && strcmp(argv[1], "rotate") == 0)
        return key_rotate(config);
    fputs("hf-node key: say show or rotate; see `hf-node key --help`\n", stderr);
    return COMMAND_USAGE;
}
