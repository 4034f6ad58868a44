#include "node/command/renewal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "node/base/clock.h"
#include "node/base/log.h"
#include "protocol/moment.h"

enum { PEM_MAX = 262144, DAY_SECONDS = 86400 };

/* Another text when somebody wrote to one of the files, put another in its place or changed who may read it.
 */
static void name_state(const struct config *config, char out[RENEWAL_PIECES])
{
    struct stat one = {0}, other = {0};

    stat(config->certificate, &one);
    stat(config->certificate_key, &other);
    snprintf(out, RENEWAL_PIECES, "%llu %lld.%09ld %llu %lld.%09ld", (unsigned long long)one.st_ino,
             (long long)one.st_ctim.tv_sec, one.st_ctim.tv_nsec, (unsigned long long)other.st_ino,
             (long long)other.st_ctim.tv_sec, other.st_ctim.tv_nsec);
}

bool renewal_read(struct renewal *renewal, const struct config *config, struct renewal_pair *pair,
                  struct problem *problem)
{
    size_t size;

    /* Before they are read: what changes meanwhile is read again. */
    name_state(config, renewal->looked_at);
    *pair =
        (struct renewal_pair){.certificate = node_read_file(config->certificate, PEM_MAX, &size, problem)};
    if (pair->certificate)
        pair->key = node_read_file(config->certificate_key, PEM_MAX, &size, problem);
    return pair->key != NULL;
}

void renewal_forget(struct renewal_pair *pair)
{
    if (pair->key)
        explicit_bzero(pair->key, strlen(pair->key));
    free(pair->key);
    free(pair->certificate);
    *pair = (struct renewal_pair){0};
}

void renewal_tell(struct node *node, const struct server *server)
{
    int64_t end = server_certificate_end(server), left = end - clock_seconds();
    char when[MOMENT_SIZE];

    node->certificate_end = end;
    if (end == 0)
        return;
    moment_format(end, when);
    if (left <= 0)
        log_error(
            "the certificate expired at %s: browsers and other towns refuse it. Renew it; the node takes "
            "the new one without a restart",
            when);
    else if (left < (int64_t)NODE_CERTIFICATE_DAYS * DAY_SECONDS)
        log_warning(
            "the certificate expires at %s: renew it soon; the node takes the new one without a restart",
            when);
    else
        log_info("the certificate is good until %s", when);
}

void renewal_look(struct renewal *renewal, struct node *node, struct server *server,
                  enum renewal_reason reason)
{
    char state[RENEWAL_PIECES];
    struct problem problem = {0};
    struct renewal_pair pair;
    bool changed;

    if (!*node->config->https_listen)
        return;
    name_state(node->config, state);
    changed = reason == RENEWAL_ASKED_FOR || strcmp(state, renewal->looked_at) != 0;
    if (!changed && !renewal->refused)
        return;
    renewal->refused = !renewal_read(renewal, node->config, &pair, &problem) ||
                       !server_renew_certificate(server, pair.certificate, pair.key, &problem);
    if (!renewal->refused)
        renewal_tell(node, server);
    else if (changed)
        log_warning("the certificate stays as it was: %s", problem.detail);
    renewal_forget(&pair);
    problem_finish(&problem);
}
