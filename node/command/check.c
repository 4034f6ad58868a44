/* hf-node check: every mistake of the configuration at once, each with how to mend it. */
#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/base/log.h"
#include "node/base/clock.h"
#include "node/command/circumstances.h"
#include "node/command/command.h"
#include "node/db/clock/jobs.h"
#include "node/db/migrations.h"
#include "node/db/statements.h"
#include "node/federation/discovery.h"
#include "node/http/proxies.h"
#include "node/work/say/writer.h"
#include "protocol/authority.h"
#include "protocol/json_profile.h"
#include "protocol/moment.h"

enum { DAY_SECONDS = 86400 };

struct checking {
    const struct config *config;
    bool mistakes;
};

static void say(struct checking *checking, bool fine, const char *what, const char *mend)
{
    log_say(stdout, "%s %s", fine ? "ok     " : "MISTAKE", what);
    if (fine)
        return;
    log_say(stdout, "        → %s", mend);
    checking->mistakes = true;
}

/* open: the most that its permissions may be. missing: how to mend that. */
static void look_at_secret_file(struct checking *checking, const char *option, const char *path, mode_t open,
                                const char *missing)
{
    struct stat file;
    char what[4400], mend[4400];

    snprintf(what, sizeof what, "%s %s", option, path);
    if (stat(path, &file) != 0) {
        snprintf(mend, sizeof mend, "the file is not there (%s): %s", strerror(errno), missing);
        say(checking, false, what, mend);
        return;
    }
    snprintf(mend, sizeof mend, "others can read or change this secret: chmod %o '%s'", open, path);
    say(checking, (file.st_mode & 077 & ~open) == 0, what, mend);
    if (access(path, R_OK) != 0)
        say(checking, false, what, "this user cannot read it: chown it to the user the node runs as");
}

static X509 *read_certificate(const char *path)
{
    FILE *file = fopen(path, "r");

    X509 *certificate = file ? PEM_read_X509(file, NULL, NULL, NULL) : NULL;

    if (file)
        fclose(file);
    return certificate;
}

static EVP_PKEY *read_key(const char *path)
{
    FILE *file = fopen(path, "r");

    EVP_PKEY *key = file ? PEM_read_PrivateKey(file, NULL, NULL, NULL) : NULL;

    if (file)
        fclose(file);
    return key;
}

static bool names_host(X509 *certificate, const char *authority)
{
    char host[AUTHORITY_SIZE];
    unsigned port;

    authority_split(authority, host, &port);
    return X509_check_host(certificate, host, 0, 0, NULL) == 1 ||
           X509_check_ip_asc(certificate, host, 0) == 1;
}

/* Peers check our certificate with their own roots; what we can see is whether the chain is whole under those
 * that we are told to trust. */
static bool look_at_chain(const struct config *config)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    bool whole = context && SSL_CTX_use_certificate_chain_file(context, config->certificate) == 1 &&
                 (*config->ca ? SSL_CTX_load_verify_file(context, config->ca)
                              : SSL_CTX_set_default_verify_paths(context)) == 1 &&
                 SSL_CTX_build_cert_chain(context, SSL_BUILD_CHAIN_FLAG_UNTRUSTED) == 1;

    SSL_CTX_free(context);
    return whole;
}

static void look_at_certificate(struct checking *checking)
{
    const struct config *config = checking->config;

    X509 *certificate = read_certificate(config->certificate);
    EVP_PKEY *key = read_key(config->certificate_key);
    time_t now = clock_seconds(), soon = now + (time_t)NODE_CERTIFICATE_DAYS * DAY_SECONDS;

    if (!certificate) {
        say(checking, false, "[https] certificate",
            "cannot be read as PEM: give the full chain, certificate first");
    } else {
        say(checking, X509_cmp_time(X509_get0_notBefore(certificate), &now) < 0,
            "[https] certificate has begun", "it is not valid yet: check the clock of this machine, or wait");
        say(checking, X509_cmp_time(X509_get0_notAfter(certificate), &now) > 0,
            "[https] certificate has not expired",
            "it has expired, and peers refuse it: renew it (a running node takes the new one by itself)");
        if (X509_cmp_time(X509_get0_notAfter(certificate), &soon) < 0)
            printf("note    [https] certificate expires within %d days: renew it soon\n",
                   NODE_CERTIFICATE_DAYS);
        if (authority_valid(config->authority))
            say(checking, names_host(certificate, config->authority),
                "[https] certificate names the authority",
                "it is for another host name: get one for the host in [node] authority");
        say(checking, look_at_chain(config), "[https] certificate's chain is whole",
            "give the file with the intermediate certificates behind it (full chain); for certificates "
            "of your own, "
            "name their root in [federation] ca");
        if (key)
            say(checking, X509_check_private_key(certificate, key) == 1, "[https] key fits the certificate",
                "they are not a pair: give the key that the certificate was made for");
    }
    if (!key)
        say(checking, false, "[https] key", "cannot be read as PEM without a passphrase");
    EVP_PKEY_free(key);
    X509_free(certificate);
    ERR_clear_error();
}

static void look_at_places(struct checking *checking)
{
    const struct config *config = checking->config;
    char path[4400];

    if (*config->proxies) {
        struct problem problem = {0};
        struct proxies *proxies = proxies_create(config->proxies, &problem);

        say(checking, proxies, "[proxy] trusted", problem.detail);
        proxies_destroy(proxies);
        problem_finish(&problem);
    }
    if (*config->ca)
        say(checking, access(config->ca, R_OK) == 0, "[federation] ca", "the file cannot be read");
    if (*config->ui_directory) {
        snprintf(path, sizeof path, "%s/index.html", config->ui_directory);
        say(checking, access(path, R_OK) == 0, "[ui] directory",
            "holds no index.html: build the screens (make ui)");
    }
}

static void say_circumstance(void *arg, enum circumstance kind, const char *what, const char *mend)
{
    if (kind == CIRCUMSTANCE_NOTE)
        printf("note    %s\n        → %s\n", what, mend);
    else
        say(arg, kind == CIRCUMSTANCE_FINE, what, mend);
}

/* What only the options together show. NULL when there can be no such node. */
static struct node *look_at_node(struct checking *checking)
{
    struct problem problem = {0};
    struct node *node = node_create(checking->config, &problem);

    if (!node)
        say(checking, false, "[keys], [node] area and region", problem.detail);
    else if (checking->config->sound)
        say(checking, discovery_check(node, &problem), "what this node says of itself", problem.detail);
    problem_finish(&problem);
    return node;
}

static void look_at_files(struct checking *checking)
{
    unsigned long most, needed;
    char what[200];

    command_raise_files(checking->config, &most, &needed);
    snprintf(what, sizeof what, "open files: up to %lu are needed, %lu are allowed", needed, most);
    say(checking, most >= needed, what,
        "raise the limit for the user the node runs as (ulimit -Hn, LimitNOFILE), or lower [server] "
        "connections");
}

static bool look_at_statements(struct tx *tx, void *arg)
{
    return db_statements_prepare(tx, arg);
}

static bool look_whose_it_is(struct tx *tx, void *arg)
{
    return writer_check(tx, arg);
}

static bool look_at_epoch(struct tx *tx, void *arg)
{
    return writer_epoch_ahead(tx, arg);
}

static void say_epoch(struct checking *checking, struct db *db)
{
    struct problem problem = {0};
    char day[MOMENT_SIZE], what[100] = "this node's epoch";
    int64_t from = 0;

    if (db_snapshot(db, &problem, look_at_epoch, &from)) {
        moment_format(from, day);
        if (from)
            snprintf(what, sizeof what, "this node's epoch lies ahead until %.10s", day);
        say(checking, from == 0, what,
            "either this machine's clock is behind: set it; or it was more than a day ahead when the epoch "
            "was "
            "opened: put back a backup of the database from before; if there is none and nobody follows this "
            "node yet, drop the database and run `hf-node init` again with the same key; else other towns "
            "take "
            "nothing from it until that day");
    }
    problem_finish(&problem);
}

static bool look_at_jobs(struct tx *tx, void *arg)
{
    return db_jobs_read(tx, arg);
}

static void note_failing_jobs(struct db *db)
{
    struct problem problem = {0};
    json_t *jobs = NULL, *job;
    size_t index;

    if (db_snapshot(db, &problem, look_at_jobs, &jobs))
        json_array_foreach (jobs, index, job)
            if (json_profile_integer(job, "failures", 0) > 0)
                log_say(stdout, "note    the job «%s» failed, %lld times in a row: the log says why",
                        json_profile_text(job, "name"), (long long)json_profile_integer(job, "failures", 0));
    json_decref(jobs);
    problem_finish(&problem);
}

static void look_at_contents(struct checking *checking, struct db *db, struct node *node)
{
    struct problem problem = {0};
    size_t statements;

    say(checking, db_transaction(db, &problem, look_at_statements, &statements),
        "database tables fit this program",
        "they are not the ones this version knows: was the database made or changed by something else?");
    problem_finish(&problem);
    if (node)
        say(checking, db_transaction(db, &problem, look_whose_it_is, node),
            "authority, signing key and database belong together", problem.detail);
    problem_finish(&problem);
    say_epoch(checking, db);
    note_failing_jobs(db);
}

static void look_at_database(struct checking *checking, struct node *node)
{
    struct problem problem = {0};
    const struct circumstances_teller teller = {say_circumstance, checking};
    struct db *db = db_create(checking->config->conninfo);
    size_t pending = 0;
    bool answers = db && db_ready(db, &problem);

    if (answers)
        circumstances_of_database(db, &teller);
    if (!answers) {
        say(checking, false, "[database] conninfo",
            "the database does not answer: is PostgreSQL running, and are host, port, user and dbname "
            "right?");
    } else if (!db_migrations_pending(db, &pending, &problem)) {
        say(checking, false, "database tables", problem.detail);
    } else {
        say(checking, pending == 0, "database tables are of this version", "run `hf-node migrate`");
        if (pending == 0)
            look_at_contents(checking, db, node);
    }
    problem_finish(&problem);
    db_destroy(db);
}

/* An option that is missing was told with the others; there is nothing to look at then. */
int command_check(const struct config *config, int argc, char **argv)
{
    struct checking checking = {.config = config, .mistakes = !config->sound};
    const struct circumstances_teller teller = {say_circumstance, &checking};
    struct node *node;

    (void)argc;
    (void)argv;
    if (config->sound)
        log_say(stdout, "ok      options of %s", config->path);
    if (*config->signing_key)
        look_at_secret_file(&checking, "[keys] signing", config->signing_key, 0600,
                            "put the copy back, or let `hf-node init` make one for a new node");
    /* The node reads it again when root has renewed it: through its group. */
    if (*config->certificate_key)
        look_at_secret_file(&checking, "[https] key", config->certificate_key, 0640,
                            "give the private key that the certificate was made for");
    if (*config->certificate && *config->certificate_key)
        look_at_certificate(&checking);
    look_at_files(&checking);
    look_at_places(&checking);
    circumstances_of_ports(config, &teller);
    node = *config->signing_key ? look_at_node(&checking) : NULL;
    if (node)
        circumstances_of_areas(node, &teller);
    if (*config->conninfo)
        look_at_database(&checking, node);
    node_destroy(node);
    return checking.mistakes ? COMMAND_FAILED : COMMAND_OK;
}
