/*
 * How long requests take on one connection that is kept alive: a client that costs next to nothing itself.
 *
 *   round_trip HOST PORT [FIELD...]     FIELD: a header field for every request, "Name: value"
 *
 * Reads orders from standard input, one a line, with tabs between their parts:
 *
 *   COUNT  MILLISECONDS  METHOD  BODY  TARGET...
 *
 * and answers each with one line: for every sample its nanoseconds, from the first octet sent to the last one
 * received, over all targets one after the other. There are COUNT samples, fewer when the milliseconds are
 * over (but three at least, where COUNT allows). BODY is JSON; empty: none. Anything but a 2xx ends the
 * program: what is slow may be measured, what fails may not.
 */
#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { TARGETS_MAX = 16, HEAD_MAX = 16384, FIELDS_SIZE = 4096, REQUEST_SIZE = 1 << 17 };

struct order {
    long count, milliseconds;
    const char *method, *body;
    const char *targets[TARGETS_MAX]; /* borrowed from the line */
    size_t targets_count;
};

static const char *host, *port;
static char fields[FIELDS_SIZE]; /* of every request, each with its line end */
static int connection = -1;

static void die(const char *what, const char *detail)
{
    fprintf(stderr, "round_trip: %s: %s\n", what, detail);
    exit(1);
}

static int64_t now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void connect_once(void)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *found;
    const int on = 1;

    if (connection >= 0)
        return;
    if (getaddrinfo(host, port, &hints, &found) != 0)
        die(host, "unknown address");
    connection = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connection < 0 || connect(connection, found->ai_addr, found->ai_addrlen) != 0)
        die("connect", strerror(errno));
    setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    freeaddrinfo(found);
}

static void send_request(const struct order *order, const char *target)
{
    char request[REQUEST_SIZE], about_body[96] = "";

    if (*order->body || strcmp(order->method, "GET") != 0)
        snprintf(about_body, sizeof about_body, "Content-Type: application/json\r\nContent-Length: %zu\r\n",
                 strlen(order->body));
    int size = snprintf(request, sizeof request, "%s %s HTTP/1.1\r\nHost: %s:%s\r\n%s%s\r\n%s", order->method,
                        target, host, port, fields, about_body, order->body);
    if (size < 0 || (size_t)size >= sizeof request)
        die(target, "the request is too long");
    for (ssize_t sent = 0, n; sent < size; sent += n)
        if ((n = send(connection, request + sent, (size_t)(size - sent), MSG_NOSIGNAL)) <= 0)
            die("send", strerror(errno));
}

static size_t receive_some(char *into, size_t room)
{
    ssize_t n = recv(connection, into, room, 0);

    if (n <= 0)
        die("receive", n == 0 ? "the server closed the connection" : strerror(errno));
    return (size_t)n;
}

/* The value of a field, up to its line end; NULL without one. */
static const char *find_field(const char *head, const char *name)
{
    for (const char *line = strstr(head, "\r\n"); line; line = strstr(line + 2, "\r\n"))
        if (strncasecmp(line + 2, name, strlen(name)) == 0 && line[2 + strlen(name)] == ':')
            return line + 3 + strlen(name);
    return NULL;
}

static void receive_answer(const char *target)
{
    char head[HEAD_MAX + 1], *end;
    size_t have = 0;

    do {
        if (have == HEAD_MAX)
            die(target, "the answer's head is too long");
        have += receive_some(head + have, HEAD_MAX - have);
        head[have] = '\0';
    } while (!(end = strstr(head, "\r\n\r\n")));
    if (strncmp(head, "HTTP/1.1 2", strlen("HTTP/1.1 2")) != 0)
        die(target, head);
    size_t after_head = have - (size_t)(end + 4 - head);
    end[2] = '\0';
    const char *length = find_field(head, "Content-Length");
    if (!length && strncmp(head, "HTTP/1.1 204", strlen("HTTP/1.1 204")) != 0)
        die(target, "the answer has no Content-Length");
    for (size_t body = length ? strtoul(length, NULL, 10) : 0; after_head < body;) {
        char rest[65536];
        size_t room = body - after_head;
        after_head += receive_some(rest, room < sizeof rest ? room : sizeof rest);
    }
}

static int64_t take_sample(const struct order *order)
{
    int64_t began = now();

    for (size_t i = 0; i < order->targets_count; i++) {
        send_request(order, order->targets[i]);
        receive_answer(order->targets[i]);
    }
    return now() - began;
}

static void carry_out(const struct order *order)
{
    int64_t end = now() + (int64_t)order->milliseconds * 1000000;

    connect_once();
    for (long n = 0; n < order->count && (n == 0 || now() < end); n++)
        printf("%s%lld", n > 0 ? " " : "", (long long)take_sample(order));
    putchar('\n');
    fflush(stdout);
}

/* Cuts the line up in place. */
static struct order read_order(char *line)
{
    struct order order = {0};
    char *part;

    line[strcspn(line, "\n")] = '\0';
    for (size_t i = 0; (part = strsep(&line, "\t")); i++)
        if (i == 0)
            order.count = strtol(part, NULL, 10);
        else if (i == 1)
            order.milliseconds = strtol(part, NULL, 10);
        else if (i == 2)
            order.method = part;
        else if (i == 3)
            order.body = part;
        else if (order.targets_count < TARGETS_MAX)
            order.targets[order.targets_count++] = part;
        else
            die(part, "too many targets");
    if (order.targets_count == 0)
        die("an order", "has COUNT, MILLISECONDS, METHOD, BODY and TARGET, with tabs between them");
    return order;
}

int main(int argc, char **argv)
{
    char *line = NULL;
    size_t capacity = 0, used = 0;

    if (argc < 3) {
        fprintf(stderr, "usage: round_trip HOST PORT [FIELD...]\n");
        return 2;
    }
    host = argv[1];
    port = argv[2];
    for (int i = 3; i < argc; i++) {
        used += (size_t)snprintf(fields + used, sizeof fields - used, "%s\r\n", argv[i]);
        if (used >= sizeof fields)
            die(argv[i], "too many fields");
    }
    while (getline(&line, &capacity, stdin) > 0) {
        struct order order = read_order(line);
        carry_out(&order);
    }
    free(line);
    if (connection >= 0)
        close(connection);
    return 0;
}
