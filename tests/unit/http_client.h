/* A plain HTTP/1.1 client for tests: raw octets out, parsed answers in. Every wait has a deadline; what does
 * not come in time fails the test. */
#ifndef TESTS_UNIT_HTTP_CLIENT_H
#define TESTS_UNIT_HTTP_CLIENT_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>

struct client {
    int fd;
    SSL *tls;       /* NULL: plain */
    char *received; /* what came and was not taken yet */
    size_t size;
    size_t capacity;
    bool ended;  /* the server closed the connection */
    bool silent; /* the deadline passed without a word */
};

struct answer {
    int status; /* 0: the connection ended before a whole answer came */
    char *head; /* owned; status line and fields */
    char *body; /* owned, NUL-terminated */
    size_t size;
};

/* source: the loopback address to come from, e.g. "127.0.0.2"; NULL: any. */
struct client client_connect(unsigned port, const char *source);
struct client client_connect_tls(unsigned port, const char *source);
void client_close(struct client *client);

/* False when the server has closed the connection. */
bool client_send(struct client *client, const void *data, size_t size);
bool client_puts(struct client *client, const char *text);

/* The next answer; interim ones (1xx) count. with_body: false for answers to HEAD. */
struct answer client_receive(struct client *client, bool with_body);
void answer_free(struct answer *answer);
/* The value of a field, owned; NULL if absent. */
char *answer_field(const struct answer *answer, const char *name);
/* Waits until the server closes the connection; false if something else came. */
bool client_wait_end(struct client *client);

/* Everything until the server closes the connection, owned; NULL if it does not. */
char *client_rest(struct client *client);

/* Sends text on a connection of its own and returns the one answer. */
struct answer client_once(unsigned port, const char *text);

/* A self-signed certificate for localhost, PEM, owned. */
void client_make_certificate(char **certificate, char **key);

#endif
