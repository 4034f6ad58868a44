/* hf-node: the table of subcommands. */
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/base/log.h"
#include "node/base/version.h"
#include "node/command/command.h"
#include "node/federation/transport.h"

static const struct {
    const char *name;
    int (*run)(const struct config *config, int argc, char **argv);
    const char *arguments; /* "": takes none */
    const char *help;
    const char *more;
    enum { UNCONFIGURED, SOUND, AS_IT_IS } configuration; /* what it needs */
} commands[] = {
    {"init", command_init, "", "prepare a new node: signing key, tables, first epoch",
     "Makes the signing key if there is none (keep a copy of it in a safe place), applies the migrations and "
     "opens the\n"
     "first epoch. Running it again changes nothing.\n",
     SOUND},
    {"migrate", command_migrate, "", "bring the database's tables up to this version",
     "Applies missing migrations, each in a transaction, under a lock: several processes may do it at "
     "once.\n",
     SOUND},
    {"check", command_check, "", "find every mistake in the configuration and say how to mend it",
     "Looks at every option, file, certificate and the database. Exit code 1 if anything needs mending.\n",
     AS_IT_IS},
    {"serve", command_serve, "", "run the node until it is told to stop (SIGTERM, Ctrl-C)",
     "Answers on [https] and, for screens on this machine, on [http]; pulls from peers. Several processes of "
     "one town may\n"
     "run on one database.\n",
     SOUND},
    {"user", command_user, "add|list|disable|unlock|password|token …", "who may sign in",
     "  add --email E --name N --role R [--language L] [--password-stdin]   R: viewer, match_group, "
     "coordinator, admin\n"
     "  list\n"
     "  disable --email E\n"
     "  unlock E                        who was held up by too many failed attempts may sign in again\n"
     "  unlock --address A              a hundred tries from an address, e.g. of the town hall, count no "
     "more\n"
     "  password --email E --password-stdin\n"
     "  token --email E [--label L] [--days N]   prints a bearer token, once; it ends after N days (90, at "
     "most 366)\n"
     "A new password and disable end all sessions and tokens of the account.\n",
     SOUND},
    {"peer", command_peer, "add|confirm|list|suspend|resume|remove|invite|join …", "the other nodes",
     "  add AUTHORITY                            look the node up; prints its fingerprint\n"
     "  confirm AUTHORITY --fingerprint DIGITS   after comparing it by telephone (of two keys, either)\n"
     "  list                                     also their second keys, and why one is frozen\n"
     "  suspend AUTHORITY --reason R · resume AUTHORITY · remove AUTHORITY --reason R\n"
     "  invite [--label L]                       office: prints an invitation\n"
     "  join FILE|-                              town: joins an office with its invitation\n",
     SOUND},
    {"key", command_key, "show|rotate|replace", "the signing key",
     "  show     authority, key id, fingerprint and JWK\n"
     "  rotate   makes a new key and says so in every stream, signed by the old one\n"
     "  replace  the old key was lost or stolen: makes a new one and a new epoch. Peers believe it when "
     "their office\n"
     "           names it, or when people have compared fingerprints\n"
     "Stop all processes of the node first. The old key's file is kept beside the new one.\n",
     SOUND},
    {"import", command_import, "proposals|offers FILE [--apply] [--skip-bad] [--report FILE] [--user EMAIL]",
     "take in a CSV file",
     "Shows what would happen to each row; --apply does it. Nothing is imported while any row has errors,\n"
     "unless --skip-bad. The same file again changes nothing. Exit code 3: rows have errors.\n",
     SOUND},
    {"export", command_export, "proposals|offers|organisations", "write a CSV file to standard output", "",
     SOUND},
    {"routes", command_routes, "", "print routes and fields as JSON (for tests and tools)", "", UNCONFIGURED},
};
enum { COMMANDS = sizeof commands / sizeof *commands };

static void print_help(FILE *out)
{
    fputs("hf-node: a town's node of Die Herausforderung\n\nUsage: hf-node COMMAND [--config FILE] "
          "…\n\nCommands:\n",
          out);
    for (size_t i = 0; i < COMMANDS; i++)
        log_say(out, "  %-8s %s", commands[i].name, commands[i].help);
    fputs("\n--config FILE   the configuration (default: $HF_CONFIG, else ./node.ini)\n"
          "--help          about a command: hf-node COMMAND --help\n"
          "--version\n\n"
          "Exit codes: 0 done · 1 failed · 2 not understood · 3 the input has errors\n",
          out);
}

static void print_command_help(size_t i)
{
    printf("Usage: hf-node %s %s%s[--config FILE]\n\n%s\n\n%s", commands[i].name, commands[i].arguments,
           *commands[i].arguments ? " " : "", commands[i].help, commands[i].more);
    if (strcmp(commands[i].name, "serve") == 0)
        config_help(stdout);
}

static void complain(void *arg, const char *option, const char *what)
{
    (void)arg;
    log_say(stderr, "hf-node: %s %s", option, what);
}

/* Takes --config and --help out of the words. */
static const char *take_config(int *argc, char **argv, bool *help)
{
    const char *path = getenv("HF_CONFIG");
    int words = 0;

    for (int i = 0; i < *argc; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            *help = true;
        else if (strncmp(argv[i], "--config=", 9) == 0)
            path = argv[i] + 9;
        else if (strcmp(argv[i], "--config") == 0 && i + 1 < *argc)
            path = argv[++i];
        else
            argv[words++] = argv[i];
    argv[words] = NULL;
    *argc = words;
    return path ? path : "node.ini";
}

static int run_command(size_t i, int argc, char **argv)
{
    bool help = false;
    const char *path = take_config(&argc, argv, &help);
    struct config *config = NULL;
    int code;

    if (help) {
        print_command_help(i);
        return COMMAND_OK;
    }
    if (argc > 1 && !*commands[i].arguments) {
        log_say(stderr, "hf-node %s takes no words, but was given %s; see `hf-node %s --help`",
                commands[i].name, argv[1], commands[i].name);
        return COMMAND_USAGE;
    }
    if (commands[i].configuration != UNCONFIGURED && !(config = config_read(path, complain, NULL)))
        return COMMAND_FAILED;
    if (commands[i].configuration == SOUND && !config->sound) {
        config_destroy(config);
        return COMMAND_FAILED;
    }
    if (!transport_start()) {
        fputs("hf-node: libcurl cannot start\n", stderr);
        config_destroy(config);
        return COMMAND_FAILED;
    }
    code = commands[i].run(config, argc, argv);
    transport_stop();
    config_destroy(config);
    return code;
}

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "";

    setlocale(LC_ALL, "C.UTF-8");
    signal(SIGPIPE, SIG_IGN);
    if (strcmp(name, "--version") == 0) {
        puts("hf-node " NODE_VERSION);
        return COMMAND_OK;
    }
    for (size_t i = 0; i < COMMANDS; i++)
        if (strcmp(commands[i].name, name) == 0)
            return run_command(i, argc - 1, argv + 1);
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
        print_help(stdout);
        return COMMAND_OK;
    }
    if (argc > 1)
        fprintf(stderr, "hf-node: there is no command %s\n\n", name);
    print_help(stderr);
    return COMMAND_USAGE;
}
