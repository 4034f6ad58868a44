#include "tests/unit/http_client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <poll.h>
#include <stdarg.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PATIENCE_MILLISECONDS = 30000 };

struct client client_connect(unsigned port, const char *source)
{
    struct client client = {.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    struct sockaddr_in from = {.sin_family = AF_INET};
    int on = 1;

    assert_true(client.fd >= 0);
    if (source) {
        assert_int_equal(inet_pton(AF_INET, source, &from.sin_addr), 1);
        assert_int_equal(bind(client.fd, (struct sockaddr *)&from, sizeof from), 0);
    }
    assert_int_equal(inet_pton(AF_INET, "127.0.0.1", &to.sin_addr), 1);
    setsockopt(client.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    assert_int_equal(connect(client.fd, (struct sockaddr *)&to, sizeof to), 0);
    client.received = calloc(1, 1);
    return client;
}

struct client client_connect_tls(unsigned port, const char *source)
{
    struct client client = client_connect(port, source);
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    struct timeval patience = {.tv_sec = PATIENCE_MILLISECONDS / 1000};

    setsockopt(client.fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    client.tls = SSL_new(context);
    SSL_CTX_free(context);
    SSL_set_fd(client.tls, client.fd);
    assert_int_equal(SSL_connect(client.tls), 1);
    return client;
}

void client_close(struct client *client)
{
    SSL_free(client->tls);
    close(client->fd);
    free(client->received);
    *client = (struct client){.fd = -1};
}

bool client_send(struct client *client, const void *data, size_t size)
{
    const char *at = data;

    while (size > 0) {
        ssize_t sent =
            client->tls ? SSL_write(client->tls, at, (int)size) : send(client->fd, at, size, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        at += sent;
        size -= (size_t)sent;
    }
    return true;
}

bool client_puts(struct client *client, const char *text)
{
    return client_send(client, text, strlen(text));
}

static bool make_room(struct client *client, size_t more)
{
    size_t capacity = 2 * (client->size + more);
    char *grown;

    if (client->size + more < client->capacity)
        return true;
    grown = realloc(client->received, capacity);
    if (!grown)
        return false;
    client->received = grown;
    client->capacity = capacity;
    return true;
}

/* Reads some more; false when there is no more. */
static bool read_more(struct client *client)
{
    enum { MORE = 16384 };
    struct pollfd ready = {.fd = client->fd, .events = POLLIN};
    bool pending = client->tls && SSL_pending(client->tls) > 0;
    ssize_t size = 0;

    if (client->ended || client->silent)
        return false;
    client->silent = !pending && poll(&ready, 1, PATIENCE_MILLISECONDS) != 1;
    if (client->silent)
        return false;
    if (make_room(client, MORE))
        size = client->tls ? SSL_read(client->tls, client->received + client->size, MORE)
                           : recv(client->fd, client->received + client->size, MORE, 0);
    client->ended = size <= 0;
    if (client->ended)
        return false;
    client->size += (size_t)size;
    client->received[client->size] = '\0';
    return true;
}

static char *take(struct client *client, size_t size)
{
    char *taken = malloc(size + 1);

    memcpy(taken, client->received, size);
    taken[size] = '\0';
    client->size -= size;
    memmove(client->received, client->received + size, client->size + 1);
    return taken;
}

struct answer client_receive(struct client *client, bool with_body)
{
    struct answer answer = {0};
    char *end, *length;

    while (!(end = strstr(client->received, "\r\n\r\n")))
        if (!read_more(client))
            return answer;
    answer.head = take(client, (size_t)(end + 4 - client->received));
    sscanf(answer.head, "HTTP/1.1 %d", &answer.status);
    length = answer_field(&answer, "Content-Length");
    if (with_body && length)
        answer.size = strtoul(length, NULL, 10);
    free(length);
    while (client->size < answer.size)
        if (!read_more(client)) {
            answer.status = 0;
            answer.size = client->size;
        }
    answer.body = take(client, answer.size);
    return answer;
}

void answer_free(struct answer *answer)
{
    free(answer->head);
    free(answer->body);
    *answer = (struct answer){0};
}

char *answer_field(const struct answer *answer, const char *name)
{
    size_t length = strlen(name);

    for (const char *line = answer->head; line && *line != '\0';) {
        if (strncasecmp(line, name, length) == 0 && line[length] == ':') {
            line += length + 1 + strspn(line + length + 1, " ");
            return strndup(line, strcspn(line, "\r"));
        }
        line = strstr(line, "\r\n");
        line = line ? line + 2 : NULL;
    }
    return NULL;
}

bool client_wait_end(struct client *client)
{
    return client->size == 0 && !read_more(client) && !client->silent;
}

char *client_rest(struct client *client)
{
    while (read_more(client))
        continue;
    return client->silent ? NULL : take(client, client->size);
}

struct answer client_once(unsigned port, const char *text)
{
    struct client client = client_connect(port, NULL);
    struct answer answer;

    client_puts(&client, text);
    answer = client_receive(&client, true);
    client_close(&client);
    return answer;
}

static char *bio_text(BIO *bio)
{
    char *data = NULL;
    long size = BIO_get_mem_data(bio, &data);
    char *text = strndup(data, (size_t)size);

    BIO_free(bio);
    return text;
}

void client_make_certificate(char **certificate, char **key)
{
    EVP_PKEY *pair = EVP_EC_gen("P-256");
    X509 *x509 = X509_new();
    X509_NAME *name = X509_get_subject_name(x509);
    BIO *certificate_bio = BIO_new(BIO_s_mem());
    BIO *key_bio = BIO_new(BIO_s_mem());

    X509_set_version(x509, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(x509), 1);
    X509_gmtime_adj(X509_getm_notBefore(x509), -3600);
    X509_gmtime_adj(X509_getm_notAfter(x509), 24 * 3600);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"localhost", -1, -1, 0);
    X509_set_issuer_name(x509, name);
    X509_set_pubkey(x509, pair);
    assert_true(X509_sign(x509, pair, EVP_sha256()) > 0);
    PEM_write_bio_X509(certificate_bio, x509);
    PEM_write_bio_PrivateKey(key_bio, pair, NULL, NULL, 0, NULL, NULL);
    *certificate = bio_text(certificate_bio);
    *key = bio_text(key_bio);
    X509_free(x509);
    EVP_PKEY_free(pair);
}
