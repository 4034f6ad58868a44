/* hf-node import: proposals and offers from a CSV file, by the same way as the screen. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/base/log.h"
#include "node/command/command.h"
#include "node/db/people/users.h"
#include "node/work/desk/imports.h"
#include "protocol/json_profile.h"

enum { FILE_MAX = 2 << 20 };

struct import_words {
    const char *report, *email;
    bool apply, skip_bad;
    enum listing_kind kind;
    const struct node *node;
    const struct actor *actor;
    struct bytes content;
    struct db_account account;
    json_t *import;
};

static bool find_actor(struct tx *tx, void *arg)
{
    struct import_words *words = arg;

    if (!words->email)
        return true;
    words->actor = &words->account.actor;
    return db_users_account(tx, words->email, &words->account) &&
           (words->account.exists || problem_set(tx->problem, PROBLEM_NOT_FOUND,
                                                 "There is no account with the e-mail %s.", words->email));
}

static bool look(struct tx *tx, void *arg)
{
    struct import_words *words = arg;

    json_decref(words->import);
    words->import = NULL;
    return imports_create(tx, words->node, words->actor, words->kind, words->content, &words->import);
}

static bool apply(struct tx *tx, void *arg)
{
    struct import_words *words = arg;
    json_t *done = NULL;

    if (!imports_apply(tx, words->node, words->actor, json_profile_text(words->import, "id"), words->skip_bad,
                       &done))
        return false;
    json_decref(words->import);
    words->import = done;
    return true;
}

static void print_rows(const json_t *import)
{
    size_t n, i;
    json_t *row, *error;
    json_t *counts;

    json_array_foreach (json_object_get(import, "rows"), n, row) {
        json_array_foreach (json_object_get(row, "errors"), i, error) {
            log_say(stdout, "line %lld: %s: %s", json_profile_integer(row, "line", 0),
                    json_profile_text(error, "column"), json_profile_text(error, "detail"));
        }
    }
    json_array_foreach (json_object_get(import, "ignored"), i, error)
        log_say(stdout, "not imported: column «%s»", json_string_value(error));
    counts = json_object_get(import, "counts");
    log_say(stdout, "%s: %lld new, %lld changed, %lld unchanged, %lld with errors",
            json_is_null(json_object_get(import, "applied_at")) ? "looked at" : "imported",
            json_profile_integer(counts, "create", 0), json_profile_integer(counts, "update", 0),
            json_profile_integer(counts, "unchanged", 0), json_profile_integer(counts, "error", 0));
}

static bool write_report(const struct import_words *words, struct problem *problem)
{
    struct buffer text = {0};
    bool ok;

    FILE *file = !words->report ? NULL : fopen(words->report, "wb");
    if (!words->report)
        return true;
    imports_report(words->import, &text);
    ok = file && !text.failed && fwrite(text.data, 1, text.size, file) == text.size;
    if (file)
        ok = fclose(file) == 0 && ok;
    buffer_free(&text);
    return ok ||
           problem_set(problem, PROBLEM_INTERNAL, "The report could not be written to %s.", words->report);
}

static int run(struct command *command, struct import_words *words)
{
    bool bad;

    if (command->node->office) {
        problem_set(&command->problem, PROBLEM_CONFLICT,
                    "Only a city has proposals and offers; this node is an office ([node] role). Nothing was "
                    "imported.");
        return command_failed(command);
    }
    if (!db_transaction(command->db, &command->problem, find_actor, words) ||
        !db_transaction(command->db, &command->problem, look, words))
        return command_failed(command);
    bad = json_profile_integer(json_object_get(words->import, "counts"), "error", 0) > 0;
    if (words->apply && (!bad || words->skip_bad) &&
        !db_transaction(command->db, &command->problem, apply, words))
        return command_failed(command);
    print_rows(words->import);
    if (!write_report(words, &command->problem))
        return command_failed(command);
    if (bad && !words->skip_bad) {
        fprintf(stderr,
                "Nothing was imported, since some rows have errors. Mend the file, or add --skip-bad.\n");
        return COMMAND_BAD_INPUT;
    }
    if (!words->apply)
        fprintf(stderr, "Nothing was imported yet. Add --apply to do it.\n");
    return COMMAND_OK;
}

int command_import(const struct config *config, int argc, char **argv)
{
    struct import_words words = {0};
    const struct command_option options[] = {
        {"report", &words.report, NULL},     {"user", &words.email, NULL}, {"apply", NULL, &words.apply},
        {"skip-bad", NULL, &words.skip_bad}, {NULL, NULL, NULL},
    };
    struct command command = {0};
    char *content;
    int code;

    if (!command_options(&argc, argv, options))
        return COMMAND_USAGE;
    if (argc != 3 || (strcmp(argv[1], "proposals") != 0 && strcmp(argv[1], "offers") != 0)) {
        fputs("hf-node import: say proposals or offers, and the file; see `hf-node import --help`\n", stderr);
        return COMMAND_USAGE;
    }
    if (!command_open(&command, config))
        return COMMAND_FAILED;
    content = node_read_file(argv[2], FILE_MAX, &words.content.size, &command.problem);
    words.content.data = (const uint8_t *)content;
    words.kind = strcmp(argv[1], "offers") == 0 ? LISTING_OFFER : LISTING_PROPOSAL;
    words.node = command.node;
    code = !content ? command_failed(&command) : run(&command, &words);
    json_decref(words.import);
    free(content);
    command_close(&command);
    return code;
}
