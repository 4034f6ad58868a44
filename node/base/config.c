#include "node/base/config.h"

#include <ctype.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "node/base/actor.h"
#include "node/base/ini.h"
#include "protocol/authority.h"
#include "protocol/entry.h"
#include "protocol/json_profile.h"

enum option_kind { OPTION_TEXT, OPTION_FILE, OPTION_NUMBER, OPTION_SWITCH };

struct option {
    const char *section, *name;
    enum option_kind kind;
    size_t offset;
    const char *fallback; /* NULL: required */
    long min, max;        /* OPTION_NUMBER */
    const char *help;
};

#define TEXT(section, name, field, fallback, help)                                                           \
    {                                                                                                        \
        section, name, OPTION_TEXT, offsetof(struct config, field), fallback, 0, 0, help                     \
    }
#define PATH(section, name, field, fallback, help)                                                           \
    {                                                                                                        \
        section, name, OPTION_FILE, offsetof(struct config, field), fallback, 0, 0, help                     \
    }
#define NUMBER(section, name, field, fallback, min, max, help)                                               \
    {                                                                                                        \
        section, name, OPTION_NUMBER, offsetof(struct config, field), fallback, min, max, help               \
    }
#define SWITCH(section, name, field, fallback, help)                                                         \
    {                                                                                                        \
        section, name, OPTION_SWITCH, offsetof(struct config, field), fallback, 0, 1, help                   \
    }

static const struct option options[] = {
    TEXT("node", "authority", authority, NULL, "who this node is to others: host or host:port, lower case"),
    TEXT("node", "name", name, NULL, "what people call the town, e.g. Saarbrücken"),
    TEXT("node", "country", country, NULL, "ISO 3166-1 code, e.g. DE"),
    TEXT("node", "role", role, "city", "city or office"),
    TEXT("node", "language", language, "de", "de, nl, fr or en: for people who have not chosen one"),
    TEXT("node", "mailbox", mailbox, NULL, "a functional mail address, never a person's"),
    TEXT("node", "latitude", latitude, NULL, "degrees north, e.g. 49.234"),
    TEXT("node", "longitude", longitude, NULL, "degrees east, e.g. 6.996"),
    TEXT("node", "area", area, "", "SCHEME:CODE:VALID_ON of the municipality; several with commas"),
    TEXT("node", "region", region, "", "NUTS:CODE:NAME of the wider region, for coarser publication"),
    TEXT("node", "places", places, "", "other municipalities of that region, with commas"),
    TEXT("database", "conninfo", conninfo, NULL, "libpq connection string"),
    TEXT("https", "listen", https_listen, NULL, "ADDRESS:PORT for everyone"),
    PATH("https", "certificate", certificate, NULL, "certificate chain, PEM"),
    PATH("https", "key", certificate_key, NULL,
         "its private key, PEM, readable by this user or its group only"),
    TEXT("http", "listen", http_listen, "",
         "loopback ADDRESS:PORT or /PATH of a Unix socket, without TLS; empty: off"),
    TEXT("proxy", "trusted", proxies, "",
         "proxies whose X-Forwarded-For and -Proto count: addresses, networks (10.0.0.0/8), unix; with "
         "[http] listen, "
         "[https] may be left out"),
    PATH("keys", "signing", signing_key, NULL, "Ed25519 key, PEM, readable by this user only"),
    PATH("federation", "ca", ca, "",
         "certificates to trust instead of the system's, PEM; empty: the system's"),
    SWITCH("federation", "private_addresses", private_addresses, "no",
           "yes: peers may live in private ranges"),
    NUMBER("federation", "poll_seconds", poll_seconds, "60", 1, 3600,
           "how often to ask peers without a hint"),
    NUMBER("federation", "compare_seconds", compare_seconds, "3600", 1, 86400,
           "how often to compare the newest heads of one peer, chosen by lot, with what is stored"),
    NUMBER("federation", "peer_megabytes", peer_megabytes, "250", 1, 1000000,
           "what one peer said may take in the database; no more text of it is kept until a person says so"),
    NUMBER("federation", "office_names", office_names, "100", 1, 100000,
           "new names an hour that one office may bring; the others wait"),
    NUMBER("federation", "peer_rate", peer_rate, "10", 1, 10000, "requests a second that one peer may send"),
    NUMBER("federation", "peer_burst", peer_burst, "50", 1, 100000, "of these at once"),
    NUMBER("federation", "address_rate", address_rate, "50", 1, 10000,
           "requests a second of peers from one address (IPv6: one /64); towns may share one"),
    NUMBER("federation", "address_burst", address_burst, "200", 1, 100000, "of these at once"),
    NUMBER("server", "workers", workers, "4", 2, 64,
           "threads that answer, each with a database connection; two more have one for passwords and for "
           "what takes long"),
    NUMBER("server", "queue", queue, "64", 1, 10000, "requests waiting before the answer is 503"),
    NUMBER("server", "connections", connections, "256", 8, 10000, "open connections for each listener"),
    NUMBER("server", "connections_per_address", connections_per_address, "64", 1, 10000,
           "of these, on both listeners, from one address (IPv6: one /64)"),
    NUMBER("server", "jobs_seconds", jobs_seconds, "86400", 1, 86400,
           "no job of the clock rests longer than so many seconds"),
    PATH("ui", "directory", ui_directory, "", "the built screens; empty: none are served"),
};
enum { OPTIONS = sizeof options / sizeof *options };

struct reading {
    struct config *config;
    void (*complain)(void *arg, const char *option, const char *what);
    void *arg;
    bool seen[OPTIONS];
};

static char **read_text(struct config *config, const struct option *option)
{
    return (char **)(void *)((char *)config + option->offset);
}

static long *read_number(struct config *config, const struct option *option)
{
    return (long *)(void *)((char *)config + option->offset);
}

static void note_mistake(struct reading *reading, const char *section, const char *name, const char *what)
{
    char option[128];

    snprintf(option, sizeof option, "[%s] %s", section, name);
    reading->complain(reading->arg, option, what);
    reading->config->sound = false;
}

/* Relative paths are relative to the configuration file, so that a node can be started from anywhere. */
static char *read_path(const struct config *config, const char *value)
{
    const char *slash = strrchr(config->path, '/');
    size_t directory = slash ? (size_t)(slash - config->path) + 1 : 0;
    char *path;

    if (value[0] == '/' || value[0] == '\0')
        return strdup(value);
    if ((path = malloc(directory + strlen(value) + 1))) {
        memcpy(path, config->path, directory);
        memcpy(path + directory, value, strlen(value) + 1);
    }
    return path;
}

static void set_option(struct reading *reading, const struct option *option, const char *value)
{
    char **text;
    char *end;

    switch (option->kind) {
    case OPTION_NUMBER:
        *read_number(reading->config, option) = strtol(value, &end, 10);
        if (end == value || *end || *read_number(reading->config, option) < option->min ||
            *read_number(reading->config, option) > option->max) {
            char what[96];

            snprintf(what, sizeof what, "must be a whole number from %ld to %ld", option->min, option->max);
            note_mistake(reading, option->section, option->name, what);
        }
        return;
    case OPTION_SWITCH:
        *read_number(reading->config, option) = strcmp(value, "yes") == 0;
        if (strcmp(value, "yes") != 0 && strcmp(value, "no") != 0)
            note_mistake(reading, option->section, option->name, "must be yes or no");
        return;
    case OPTION_TEXT:
    case OPTION_FILE:
        text = read_text(reading->config, option);
        free(*text);
        *text = option->kind == OPTION_FILE ? read_path(reading->config, value) : strdup(value);
        if (!*text)
            note_mistake(reading, option->section, option->name, "out of memory");
        return;
    }
}

static void take_option(void *arg, const char *section, const char *name, const char *value)
{
    struct reading *reading = arg;

    for (size_t i = 0; i < OPTIONS; i++) {
        if (strcmp(options[i].section, section) != 0 || strcmp(options[i].name, name) != 0)
            continue;
        if (reading->seen[i])
            note_mistake(reading, section, name, "is given twice; keep one");
        reading->seen[i] = true;
        set_option(reading, &options[i], value);
        return;
    }
    note_mistake(reading, section, name, "is not an option; see `hf-node serve --help` for the list");
}

static bool is_option(const char *name)
{
    for (size_t i = 0; i < OPTIONS; i++)
        if (strcmp(options[i].name, name) == 0)
            return true;
    return false;
}

static void take_environment(struct reading *reading)
{
    for (size_t i = 0; i < OPTIONS; i++) {
        char name[96];
        const char *value;

        snprintf(name, sizeof name, "HF_%s_%s", options[i].section, options[i].name);
        for (char *c = name; *c; c++)
            *c = (char)toupper((unsigned char)*c);
        if ((value = getenv(name))) {
            reading->seen[i] = true;
            set_option(reading, &options[i], value);
        }
    }
}

static bool read_degrees(const char *text, double limit)
{
    char *end;
    double value = strtod(text, &end);

    return end != text && !*end && value >= -limit && value <= limit;
}

static bool is_given(const struct reading *reading, const char *section, const char *name)
{
    for (size_t i = 0; i < OPTIONS; i++)
        if (strcmp(options[i].section, section) == 0 && strcmp(options[i].name, name) == 0)
            return reading->seen[i];
    return false;
}

static bool name_fits(const char *name)
{
    size_t length = json_profile_text_length(name);

    return length >= 1 && length <= 80;
}

/* What the table cannot say: the shapes of single values. What is missing was told already. */
static void config_shapes(struct reading *reading)
{
    const struct config *config = reading->config;
    const struct {
        const char *section, *name, *what;
        bool ok;
    } rules[] = {
        {"node", "authority", "must be host or host:port in lower case, without :443",
         authority_valid(config->authority)},
        {"node", "role", "must be city or office", entry_is_one_of(config->role, entry_node_roles)},
        {"node", "language", "must be de, nl, fr or en", entry_is_one_of(config->language, actor_languages)},
        {"node", "country", "must be two capital letters", entry_country_valid(config->country)},
        {"node", "latitude", "must be degrees from -90 to 90", read_degrees(config->latitude, 90)},
        {"node", "longitude", "must be degrees from -180 to 180", read_degrees(config->longitude, 180)},
        {"node", "mailbox", "must be a mail address", strchr(config->mailbox, '@')},
        {"node", "name", "must have 1 to 80 characters", name_fits(config->name)},
    };

    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (!rules[i].ok && is_given(reading, rules[i].section, rules[i].name))
            note_mistake(reading, rules[i].section, rules[i].name, rules[i].what);
}

/* Where a proxy speaks TLS for us we need none of our own. */
static bool may_lack(const struct reading *reading, const struct option *option)
{
    const struct config *config = reading->config;

    return strcmp(option->section, "https") == 0 && !*config->https_listen && *config->proxies &&
           *config->http_listen;
}

struct config *config_read(const char *path,
                           void (*complain)(void *arg, const char *option, const char *what), void *arg)
{
    struct reading reading = {.config = calloc(1, sizeof(struct config)), .complain = complain, .arg = arg};
    int line;

    if (!reading.config || !(reading.config->path = strdup(path))) {
        complain(arg, path, "out of memory");
        config_destroy(reading.config);
        return NULL;
    }
    reading.config->sound = true;
    for (size_t i = 0; i < OPTIONS; i++)
        if (options[i].fallback || options[i].kind != OPTION_NUMBER)
            set_option(&reading, &options[i], options[i].fallback ? options[i].fallback : "");
    line = ini_read(path, is_option, take_option, &reading);
    if (line != 0) {
        char what[128];

        snprintf(what, sizeof what,
                 line < 0
                     ? "cannot be read; give the file with --config"
                     : "is not understood at line %d ([SECTION] or NAME = VALUE, without a blank before)",
                 line);
        complain(arg, path, what);
        config_destroy(reading.config);
        return NULL;
    }
    take_environment(&reading);
    for (size_t i = 0; i < OPTIONS; i++)
        if (!options[i].fallback && !reading.seen[i] && !may_lack(&reading, &options[i]))
            note_mistake(&reading, options[i].section, options[i].name, "is missing");
    config_shapes(&reading);
    return reading.config;
}

void config_destroy(struct config *config)
{
    if (!config)
        return;
    for (size_t i = 0; i < OPTIONS; i++)
        if (options[i].kind == OPTION_TEXT || options[i].kind == OPTION_FILE)
            free(*read_text(config, &options[i]));
    free(config->path);
    free(config);
}

void config_help(FILE *out)
{
    const char *section = "";

    fputs("\nOptions of the configuration file (environment: HF_<SECTION>_<NAME>):\n", out);
    for (size_t i = 0; i < OPTIONS; i++) {
        if (strcmp(section, options[i].section) != 0)
            fprintf(out, "  [%s]\n", section = options[i].section);
        fprintf(out, "    %-24s %s", options[i].name, options[i].help);
        if (options[i].fallback && *options[i].fallback)
            fprintf(out, " (%s)", options[i].fallback);
        fputs(options[i].fallback ? "\n" : " (required)\n", out);
    }
}
