#include "node/base/log.h"
#include "node/command/command.h"
#include "node/federation/transport.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

static bool give_up(struct command *command)
{
    command_failed(command);
    command_close(command);
    return false;
}

bool command_open_later(struct command *command, const struct config *config)
{
    *command = (struct command){0};
    command->node = node_create(config, &command->problem);
    command->db = command->node ? db_create(config->conninfo) : NULL;
    return command->db || give_up(command);
}

bool command_open(struct command *command, const struct config *config)
{
    return command_open_later(command, config) &&
           (db_ready(command->db, &command->problem) || give_up(command));
}

void command_close(struct command *command)
{
    db_destroy(command->db);
    node_destroy(command->node);
    problem_finish(&command->problem);
}

/* Beside connections and the workers' databases: the other databases, files, logs, names being looked up. */
enum { FILES_BESIDES = 128, LISTENERS = 2 };

void command_raise_files(const struct config *config, unsigned long *most, unsigned long *needed)
{
    unsigned long own = (unsigned long)(LISTENERS * config->connections + config->workers + FILES_BESIDES);
    struct rlimit limit;

    /* Peers take half of what there is, but no more than they may. */
    *needed = own + (own < TRANSPORT_CONNECTIONS ? own : TRANSPORT_CONNECTIONS);
    *most = 0;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
        *most = limit.rlim_cur;
}

int command_failed(struct command *command)
{
    const struct problem *problem = &command->problem;
    json_t *error;
    size_t index;

    log_say(stderr, "hf-node: %s", *problem->detail ? problem->detail : problem_title(problem->code));
    json_array_foreach (problem->errors, index, error)
        log_say(stderr, "  %s: %s", json_string_value(json_object_get(error, "pointer")),
                json_string_value(json_object_get(error, "detail")));
    return problem->code == PROBLEM_INVALID_BODY ? COMMAND_BAD_INPUT : COMMAND_FAILED;
}

static const struct command_option *command_find(const struct command_option *options, const char *word,
                                                 const char **value)
{
    size_t length = strcspn(word, "=");

    for (; options->name; options++)
        if (strlen(options->name) == length && strncmp(options->name, word, length) == 0) {
            *value = word[length] == '=' ? word + length + 1 : NULL;
            return options;
        }
    return NULL;
}

bool command_options(int *argc, char **argv, const struct command_option *options)
{
    int words = 0;

    for (int i = 0; i < *argc; i++) {
        const struct command_option *option;
        const char *value = NULL;

        if (i == 0 || strncmp(argv[i], "--", 2) != 0) {
            argv[words++] = argv[i];
            continue;
        }
        if (!(option = command_find(options, argv[i] + 2, &value))) {
            fprintf(stderr, "hf-node %s: unknown option %s; there are", argv[0], argv[i]);
            for (option = options; option->name; option++)
                fprintf(stderr, " --%s", option->name);
            log_say(stderr, "; see `hf-node %s --help`", argv[0]);
            return false;
        }
        if (option->given) {
            *option->given = true;
            continue;
        }
        if (!value && i + 1 < *argc)
            value = argv[++i];
        if (!value) {
            log_say(stderr, "hf-node %s: --%s needs a value", argv[0], option->name);
            return false;
        }
        *option->value = value;
    }
    *argc = words;
    return true;
}
