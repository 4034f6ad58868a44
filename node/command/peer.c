/* hf-node peer: the other nodes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/base/log.h"
#include "node/command/command.h"
#include "node/core/typed_authority.h"
#include "node/federation/membership.h"
#include "node/work/network/peers.h"
#include "node/work/network/registry_office.h"
#include "protocol/json_profile.h"

enum { INVITATION_MAX = 4096 };

struct peer_words {
    struct command *command;
    const char *authority; /* or the invitation's file */
    char meant[AUTHORITY_SIZE];
    const char *fingerprint, *reason, *label;
    json_t *out; /* what the transaction found or made */
};

static bool peer_confirm(struct tx *tx, void *arg)
{
    struct peer_words *words = arg;

    return peers_confirm(tx, words->command->node, NULL, words->authority, words->fingerprint);
}

static bool peer_suspend(struct tx *tx, void *arg)
{
    struct peer_words *words = arg;

    return peers_suspend(tx, words->command->node, NULL, words->authority, words->reason);
}

static bool peer_resume(struct tx *tx, void *arg)
{
    struct peer_words *words = arg;

    return peers_resume(tx, words->command->node, NULL, words->authority);
}

static bool peer_remove(struct tx *tx, void *arg)
{
    struct peer_words *words = arg;

    return peers_remove(tx, words->command->node, NULL, words->authority, words->reason);
}

static bool peer_read(struct tx *tx, void *arg)
{
    struct peer_words *words = arg;

    json_decref(words->out);
    return peers_show(tx, words->command->node, words->authority, &words->out);
}

static bool peer_invitation(struct tx *tx, void *arg)
{
    struct peer_words *words = arg;

    json_decref(words->out);
    return registry_office_invite(tx, words->command->node, NULL, words->label, &words->out);
}

/* ---- each subcommand: does it, and says what came of it */

static bool peer_run(struct peer_words *words, bool (*body)(struct tx *tx, void *arg))
{
    return db_transaction(words->command->db, &words->command->problem, body, words);
}

static void peer_print(const json_t *peer)
{
    const char *other = json_profile_text(peer, "other_fingerprint"),
               *frozen = json_profile_text(peer, "frozen");

    log_say(stdout, "%-40s %-9s %-11s %s  %s", json_profile_text(peer, "authority"),
            json_profile_text(peer, "state"), json_profile_text(peer, "health"),
            json_profile_text(peer, "fingerprint"), json_profile_text(peer, "name"));
    if (!other)
        return;
    log_say(stdout, "    another key: %s", other);
    log_say(stdout, "    %s",
            frozen ? frozen : "It counts once it was compared, or after 72 hours if an office names it.");
}

static bool peer_show(struct peer_words *words)
{
    if (!peer_run(words, peer_read))
        return false;
    peer_print(words->out);
    return true;
}

static bool run_add(struct peer_words *words)
{
    struct command *command = words->command;

    if (!membership_read_authority(words->authority, words->meant, &command->problem) ||
        !membership_add_peer(command->node, command->db, NULL, words->meant, &command->problem) ||
        !peer_run(words, peer_read))
        return false;
    log_say(stdout, "%s (%s) is invited.", words->authority, json_profile_text(words->out, "name"));
    printf("\nIts fingerprint: %s\nOurs:            %s\n\nCompare both by telephone, then, on both sides:\n"
           "  hf-node peer confirm AUTHORITY --fingerprint DIGITS\n",
           json_profile_text(words->out, "fingerprint"), json_profile_text(words->out, "our_fingerprint"));
    return true;
}

static bool run_confirm(struct peer_words *words)
{
    return peer_run(words, peer_confirm) && peer_show(words);
}

static bool run_suspend(struct peer_words *words)
{
    return peer_run(words, peer_suspend) && peer_show(words);
}

static bool run_resume(struct peer_words *words)
{
    return peer_run(words, peer_resume) && peer_show(words);
}

static bool run_remove(struct peer_words *words)
{
    return peer_run(words, peer_remove) && peer_show(words);
}

static bool run_list(struct peer_words *words)
{
    const json_t *peer;
    size_t index;

    if (!peer_run(words, peer_read))
        return false;
    json_array_foreach (words->out, index, peer)
        peer_print(peer);
    return true;
}

static bool run_invite(struct peer_words *words)
{
    if (!words->command->node->office)
        return problem_set(&words->command->problem, PROBLEM_CONFLICT,
                           "Only an office invites; this node is a city ([node] role).");
    if (!peer_run(words, peer_invitation))
        return false;
    puts(json_profile_text(words->out, "invitation"));
    return true;
}

static char *read_invitation(const char *path, struct problem *problem)
{
    size_t size;
    char *text;

    if (strcmp(path, "-") != 0)
        return node_read_file(path, INVITATION_MAX, &size, problem);
    text = calloc(1, INVITATION_MAX + 1);
    if (text)
        text[fread(text, 1, INVITATION_MAX, stdin)] = '\0';
    return text;
}

static bool run_join(struct peer_words *words)
{
    struct command *command = words->command;
    char *text = read_invitation(words->authority, &command->problem);
    char office[AUTHORITY_SIZE];
    bool ok = text && membership_join(command->node, command->db, NULL, text, office, &command->problem);

    free(text);
    if (!ok)
        return false;
    log_say(stdout, "Joined %s.", office);
    return true;
}

static const struct {
    const char *name;
    bool takes_word, needs_reason, needs_fingerprint;
    bool (*run)(struct peer_words *words);
} verbs[] = {
    {"add", true, false, false, run_add},        {"confirm", true, false, true, run_confirm},
    {"list", false, false, false, run_list},     {"suspend", true, true, false, run_suspend},
    {"resume", true, false, false, run_resume},  {"remove", true, true, false, run_remove},
    {"invite", false, false, false, run_invite}, {"join", true, false, false, run_join},
};

static int usage(void)
{
    fputs("hf-node peer: add, confirm, list, suspend, resume, remove, invite or join; see `hf-node peer "
          "--help`\n",
          stderr);
    return COMMAND_USAGE;
}

int command_peer(const struct config *config, int argc, char **argv)
{
    struct command command;
    struct peer_words words = {.command = &command};
    const struct command_option options[] = {{"fingerprint", &words.fingerprint, NULL},
                                             {"reason", &words.reason, NULL},
                                             {"label", &words.label, NULL},
                                             {NULL, NULL, NULL}};
    size_t verb = 0, verbs_count = sizeof verbs / sizeof *verbs;
    int code = COMMAND_OK;

    if (!command_options(&argc, argv, options) || argc < 2)
        return usage();
    while (verb < verbs_count && strcmp(verbs[verb].name, argv[1]) != 0)
        verb++;
    if (verb == verbs_count || argc != 2 + verbs[verb].takes_word ||
        (verbs[verb].needs_reason && !words.reason) || (verbs[verb].needs_fingerprint && !words.fingerprint))
        return usage();
    words.authority = verbs[verb].takes_word ? argv[2] : NULL;
    /* What means no authority says so itself, when it is looked for. */
    if (words.authority && verbs[verb].run != run_join && typed_authority_read(argv[2], words.meant))
        words.authority = words.meant;
    if (!command_open(&command, config))
        return COMMAND_FAILED;
    if (!verbs[verb].run(&words))
        code = command_failed(&command);
    json_decref(words.out);
    command_close(&command);
    return code;
}
