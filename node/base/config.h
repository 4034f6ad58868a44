/* The configuration: one table of options (config.c) from which come file, environment, default and help.
 * Texts are owned by the struct config and never NULL: an option left out is its default, "" if it has none.
 */
#ifndef NODE_BASE_CONFIG_H
#define NODE_BASE_CONFIG_H

#include <stdbool.h>
#include <stdio.h>

struct config {
    char *path; /* the file */
    bool sound; /* every option is there and has the right form */
    /* [node] */
    char *authority, *name, *country, *role, *language, *mailbox, *latitude, *longitude, *area, *region,
        *places;
    /* [database] */
    char *conninfo;
    /* [https], [http] */
    char *https_listen, *certificate, *certificate_key, *http_listen;
    /* [proxy] */
    char *proxies;
    /* [keys] */
    char *signing_key;
    /* [federation] */
    char *ca;
    long private_addresses, poll_seconds, compare_seconds, peer_megabytes, office_names;
    long peer_rate, peer_burst, address_rate, address_burst;
    /* [server] */
    long workers, queue, connections, connections_per_address, jobs_seconds;
    /* [ui] */
    char *ui_directory;
};

/* Reads the file and the environment. Every mistake is told to `complain` (option and what to do), which may
 * be called many times; then what could be read is not sound, and of use to those alone who look for more
 * mistakes. NULL when the file is no configuration. */
struct config *config_read(const char *path,
                           void (*complain)(void *arg, const char *option, const char *what), void *arg);
void config_destroy(struct config *config);
/* The table as help text: option, default, what it means. */
void config_help(FILE *out);

#endif
