/* A real server for tests, on free ports, with routes that show what comes in and a gate that holds handlers
 * up. */
#ifndef TESTS_UNIT_SERVER_FIXTURE_H
#define TESTS_UNIT_SERVER_FIXTURE_H

#include <pthread.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "node/http/files.h"
#include "node/http/router.h"
#include "node/http/server.h"
#include "tests/unit/http_client.h"

/* The end of every request's head. */
#define HOST "Host: localhost\r\n\r\n"

/* Octets of GET /large and GET /page; the latter fits into one TLS record. */
enum { FIXTURE_LARGE = 16 * 1024 * 1024, FIXTURE_PAGE = 8000 };

struct fixture {
    struct router *router;
    struct server *server;
    struct proxies *proxies;         /* owned; NULL: none */
    struct files *files;             /* for GET of any other path; NULL: not found */
    struct server_settings settings; /* to be changed before fixture_start */
    char *certificate;
    char *key;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    unsigned entered; /* handlers that came to the gate */
    bool open;
    unsigned workers; /* started and not stopped */
};

/* cmocka's: *state is the struct fixture, its server not started yet. */
int fixture_setup(void **state);
int fixture_teardown(void **state);
void fixture_start(struct fixture *fixture);
/* Ends the server, and checks that no worker is left. */
void fixture_stop(struct fixture *fixture);

unsigned fixture_http_port(const struct fixture *fixture);
unsigned fixture_tls_port(const struct fixture *fixture);

/* GET /gate waits until the gate is open. */
void fixture_open_gate(struct fixture *fixture);
void fixture_wait_for_entered(struct fixture *fixture, unsigned count);
void fixture_wait_for_workers(struct fixture *fixture, unsigned count);

/* expected NULL: the field must be absent. */
void fixture_assert_field(const struct answer *answer, const char *name, const char *expected);
/* One request on a connection of its own: status, and a piece of the body (NULL: any). */
void fixture_assert_answer(const struct fixture *fixture, const char *request, int status, const char *piece);

#define FIXTURE_TEST(function) cmocka_unit_test_setup_teardown(function, fixture_setup, fixture_teardown)

#endif
