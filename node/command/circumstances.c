#include "node/command/circumstances.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "node/db/installation.h"
#include "node/http/server.h"
#include "protocol/json_profile.h"

static void say(const struct circumstances_teller *teller, enum circumstance kind, const char *what,
                const char *mend)
{
    teller->say(teller->arg, kind, what, mend);
}

/* -------- the database */

static bool read_installation(struct tx *tx, void *arg)
{
    return db_installation_read(tx, arg);
}

/* Indexes are in the order that the system's library had when they were made; under another one they do not
 * find what they hold. */
static void look_at_collation(const struct db_installation *installation,
                              const struct circumstances_teller *teller)
{
    char mend[320];

    if (!*installation->collation_made || !*installation->collation_here ||
        strcmp(installation->collation_made, installation->collation_here) == 0)
        return;
    snprintf(mend, sizeof mend,
             "the system orders text otherwise since it was upgraded: stop the node, then run in psql: "
             "REINDEX DATABASE \"%s\"; ALTER DATABASE \"%s\" REFRESH COLLATION VERSION;",
             installation->database, installation->database);
    say(teller, CIRCUMSTANCE_NOTE, "the database's collation version is not the system's", mend);
}

void circumstances_of_database(struct db *db, const struct circumstances_teller *teller)
{
    struct db_installation installation = {0};
    struct problem problem = {0};
    char what[96];

    if (!db_read(db, &problem, read_installation, &installation)) {
        say(teller, CIRCUMSTANCE_MISTAKE, "database", problem.detail);
        problem_finish(&problem);
        return;
    }
    snprintf(what, sizeof what, "database encoding is UTF8%s%s",
             strcmp(installation.encoding, "UTF8") == 0 ? "" : ", not ",
             strcmp(installation.encoding, "UTF8") == 0 ? "" : installation.encoding);
    say(teller, strcmp(installation.encoding, "UTF8") == 0 ? CIRCUMSTANCE_FINE : CIRCUMSTANCE_MISTAKE, what,
        "names of other towns would not fit: make a database with CREATE DATABASE … ENCODING 'UTF8' TEMPLATE "
        "template0, and move what this one holds (pg_dump)");
    if (installation.read_only)
        say(teller, CIRCUMSTANCE_NOTE, "the database is read-only",
            "reads are answered, but nothing can be changed: is it a standby, or set so?");
    look_at_collation(&installation, teller);
}

/* -------- areas */

/* 9: a digit; X: a digit, A or B; anything else stands for itself. */
static const struct {
    const char *scheme, *form, *said;
} area_forms[] = {
    {"DE-AGS", "99999999", "8 digits"},
    {"NL-CBS", "GM9999", "GM and 4 digits"},
    {"FR-INSEE", "9X999", "5 characters"},
};

static bool has_form(const char *code, const char *form)
{
    for (; *code && *form; code++, form++)
        if (*form == '9'   ? !isdigit((unsigned char)*code)
            : *form == 'X' ? !isdigit((unsigned char)*code) && *code != 'A' && *code != 'B'
                           : *code != *form)
            return false;
    return *code == *form;
}

static void look_at_area(const char *scheme, const char *code, const struct circumstances_teller *teller)
{
    char what[128], mend[128];

    for (size_t i = 0; i < sizeof area_forms / sizeof *area_forms; i++)
        if (strcmp(scheme, area_forms[i].scheme) == 0 && !has_form(code, area_forms[i].form)) {
            snprintf(what, sizeof what, "[node] area %s:%s", scheme, code);
            snprintf(mend, sizeof mend, "a code of %s has %s: did a leading zero get lost?", scheme,
                     area_forms[i].said);
            say(teller, CIRCUMSTANCE_NOTE, what, mend);
        }
}

void circumstances_of_areas(const struct node *node, const struct circumstances_teller *teller)
{
    const json_t *area;
    size_t index;

    json_array_foreach (node->areas, index, area)
        look_at_area(json_profile_text(area, "scheme"), json_profile_text(area, "code"), teller);
}

/* -------- ports */

/* Of a Unix socket: systemd makes it when the service starts (RuntimeDirectory), and removes it with it. */
static bool lacks_directory(const char *address)
{
    const char *slash = strrchr(address, '/');
    char directory[PATH_MAX];

    return address[0] == '/' && slash > address &&
           snprintf(directory, sizeof directory, "%.*s", (int)(slash - address), address) < PATH_MAX &&
           access(directory, F_OK) != 0 && errno == ENOENT;
}

static void look_at_port(const char *option, const char *address, enum http_listener kind,
                         const struct circumstances_teller *teller)
{
    struct problem problem = {0};
    char what[320];

    snprintf(what, sizeof what, "%s %s", option, address);
    if (lacks_directory(address)) {
        say(teller, CIRCUMSTANCE_NOTE, what,
            "its directory is not there: systemd makes it when the service starts; without systemd, make it");
        return;
    }
    switch (server_try_address(address, kind, &problem)) {
    case SERVER_ADDRESS_FREE:
        say(teller, CIRCUMSTANCE_FINE, what, "");
        break;
    case SERVER_ADDRESS_TAKEN:
        say(teller, CIRCUMSTANCE_NOTE, what,
            "somebody listens there: if that is not this node running, stop it or take another port");
        break;
    case SERVER_ADDRESS_REFUSED:
        say(teller, CIRCUMSTANCE_MISTAKE, what, problem.detail);
        break;
    }
    problem_finish(&problem);
}

void circumstances_of_ports(const struct config *config, const struct circumstances_teller *teller)
{
    if (*config->https_listen)
        look_at_port("[https] listen", config->https_listen, HTTP_LISTENER_TLS, teller);
    if (*config->http_listen)
        look_at_port("[http] listen", config->http_listen, HTTP_LISTENER_LOOPBACK, teller);
}
