#include "node/http/listener.h"

#include <errno.h>
#include <gnutls/abstract.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "node/http/channel.h"
#include "node/http/exchange.h"

/* TLS 1.2 and later, with authenticated ciphers. Left to itself, GnuTLS prefers P-256: but what clients send
 * along is a share for X25519, so that every handshake took one more round trip and its arithmetic twice. */
static const char tls_priorities[] = "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"
                                     ":-CIPHER-ALL:+AES-128-GCM:+CHACHA20-POLY1305:+AES-256-GCM"
                                     ":-GROUP-ALL:+GROUP-X25519:+GROUP-SECP256R1:+GROUP-SECP384R1"
                                     ":%SERVER_PRECEDENCE";

/* Room for a request's head and for reading and writing; libmicrohttpd answers 431 or 414 to a longer head.
 * More than 32 KiB, for only then it asks the system, which gives zeroes: what was malloc'd would hold octets
 * of earlier connections, and a head that is not there yet would be looked at in them (exchange.c). */
enum { CONNECTION_MEMORY = 36 * 1024 };
_Static_assert(CONNECTION_MEMORY > 32 * 1024, "a connection begins with zeroes");

/* Nor does it ask for less than a page and a third. */
static size_t connection_memory(void)
{
    long pages = 2 * sysconf(_SC_PAGESIZE);

    return pages > CONNECTION_MEMORY ? (size_t)pages : (size_t)CONNECTION_MEMORY;
}

/* Keeps what libmicrohttpd says while it starts. Later messages, on the I/O thread, are about clients that
 * left. */
static void __attribute__((format(printf, 2, 0)))
keep_message(void *arg, const char *format, va_list arguments)
{
    struct listener *listener = arg;

    /* The first message names the cause, later ones what failed with it. */
    if (pthread_equal(listener->starter, pthread_self()) && listener->said[0] == '\0')
        vsnprintf(listener->said, sizeof listener->said, format, arguments);
}

/* "host:port" or "[host]:port" into its two parts. */
static bool address_split(const char *address, char host[256], const char **port)
{
    const char *colon = strrchr(address, ':');
    size_t length = colon ? (size_t)(colon - address) : 0;

    if (!colon || length >= 256 || colon[1] == '\0')
        return false;
    *port = colon + 1;
    if (length >= 2 && address[0] == '[' && address[length - 1] == ']') {
        address++;
        length -= 2;
    }
    memcpy(host, address, length);
    host[length] = '\0';
    return length > 0;
}

static bool is_loopback(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET)
        return ntohl(((const struct sockaddr_in *)(const void *)address)->sin_addr.s_addr) >> 24 == 127;
    return address->sa_family == AF_INET6 &&
           IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)(const void *)address)->sin6_addr);
}

/* False with errno when it is too long. */
static bool unix_address(const char *path, struct sockaddr_un *address)
{
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    errno = ENAMETOOLONG;
    return snprintf(address->sun_path, sizeof address->sun_path, "%s", path) < (int)sizeof address->sun_path;
}

/* 0: somebody listens there; else why not. Never waits. */
static int try_connect(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), why = 0;

    /* EAGAIN: so many are waiting already that there is no room for us. */
    if (fd < 0 || (connect(fd, (const void *)address, sizeof *address) != 0 && errno != EAGAIN))
        why = errno;
    if (fd >= 0)
        close(fd);
    return why;
}

/* A socket that a server left behind which was killed would be in the way for ever; one that somebody listens
 * on is not ours to take. */
static void remove_left_over(const struct sockaddr_un *address)
{
    struct stat there;

    if (lstat(address->sun_path, &there) == 0 && S_ISSOCK(there.st_mode) &&
        try_connect(address) == ECONNREFUSED)
        unlink(address->sun_path);
}

/* Open to our user and group: the proxy's user is made a member of that. */
static int socket_listen_unix(const char *path)
{
    struct sockaddr_un address;
    int fd =
        unix_address(path, &address) ? socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0) : -1;
    int why;

    if (fd < 0)
        return -1;
    remove_left_over(&address);
    if (bind(fd, (const void *)&address, sizeof address) == 0 && chmod(path, 0660) == 0 &&
        listen(fd, SOMAXCONN) == 0)
        return fd;
    why = errno;
    close(fd);
    errno = why;
    return -1;
}

static int socket_listen(const struct addrinfo *info)
{
    int on = 1;
    int fd = socket(info->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0)
        return -1;
    /* Connections inherit TCP_NODELAY: without it the first answer over TLS 1.3 waits for the client's
     * delayed acknowledgement of the session tickets (42 ms). */
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0 &&
        bind(fd, info->ai_addr, info->ai_addrlen) == 0 && listen(fd, SOMAXCONN) == 0)
        return fd;
    close(fd);
    return -1;
}

static struct addrinfo *address_find(const char *address, enum http_listener kind, struct problem *problem)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *info = NULL;
    char host[256];
    const char *port;

    if (!address_split(address, host, &port) || getaddrinfo(host, port, &hints, &info) != 0) {
        problem_set(problem, PROBLEM_INTERNAL,
                    "'%s' is no address to listen on; write it like 127.0.0.1:8441 or [::1]:8441.", address);
        return NULL;
    }
    if (kind != HTTP_LISTENER_LOOPBACK || is_loopback(info->ai_addr))
        return info;
    problem_set(problem, PROBLEM_INTERNAL,
                "'%s' is not a loopback address; without TLS the node listens on 127.0.0.1 or [::1] only.",
                address);
    freeaddrinfo(info);
    return NULL;
}

/* The socket; -1 with a problem. errno is EADDRINUSE when something else is there. */
static int open_socket(const char *address, enum http_listener kind, struct problem *problem)
{
    struct addrinfo *info;
    int opened, why;

    if (kind == HTTP_LISTENER_LOOPBACK && address[0] == '/') {
        opened = socket_listen_unix(address);
        why = errno;
    } else if ((info = address_find(address, kind, problem))) {
        opened = socket_listen(info);
        why = errno;
        freeaddrinfo(info);
    } else {
        errno = 0;
        return -1;
    }
    if (opened < 0)
        problem_set(problem, PROBLEM_INTERNAL, "Cannot listen on %s: %s.", address, strerror(why));
    errno = why;
    return opened;
}

/* Whether what is in our way is a server, and not just a file. */
static bool is_listened_on(const char *address)
{
    struct sockaddr_un path;

    return address[0] != '/' || (unix_address(address, &path) && try_connect(&path) == 0);
}

enum server_address listener_try_address(const char *address, enum http_listener kind,
                                         struct problem *problem)
{
    int opened = open_socket(address, kind, problem);

    if (opened < 0)
        return errno == EADDRINUSE && is_listened_on(address) ? SERVER_ADDRESS_TAKEN : SERVER_ADDRESS_REFUSED;
    close(opened);
    if (address[0] == '/')
        unlink(address);
    return SERVER_ADDRESS_FREE;
}

/* libmicrohttpd wants a pair that never changes, or this. Every connection gets its own (channel_open) before
 * it says a word, so this is asked for nothing but one that there was no memory for. */
static int refuse_handshake(gnutls_session_t session, const gnutls_datum_t *authorities,
                            int authorities_count, const gnutls_pk_algorithm_t *algorithms,
                            int algorithms_count, gnutls_pcert_st **chain, unsigned *chain_count,
                            gnutls_privkey_t *key)
{
    (void)session;
    (void)authorities;
    (void)authorities_count;
    (void)algorithms;
    (void)algorithms_count;
    (void)chain;
    (void)chain_count;
    (void)key;
    return -1;
}

bool listener_start(struct listener *listener, const char *address, struct problem *problem)
{
    const struct server_settings *settings = listener->settings;
    bool tls = listener->kind == HTTP_LISTENER_TLS;
    /* Poll, never epoll: with epoll one unfinished ClientHello spins the thread. */
    unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC |
                     MHD_USE_ERROR_LOG | (tls ? MHD_USE_TLS : 0u);
    struct MHD_OptionItem tls_options[] = {
        {MHD_OPTION_HTTPS_CERT_CALLBACK, 0, (void *)(uintptr_t)refuse_handshake},
        {MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)tls_priorities},
        {MHD_OPTION_END, 0, NULL},
    };
    struct MHD_OptionItem no_options[] = {{MHD_OPTION_END, 0, NULL}};

    listener->socket = -1;
    listener->starter = pthread_self();
    if (tls && gnutls_session_ticket_key_generate(&listener->tickets) < 0)
        return problem_set(problem, PROBLEM_INTERNAL, "There was no memory for the server.");
    if ((listener->socket = open_socket(address, listener->kind, problem)) < 0)
        return false;
    listener->daemon = MHD_start_daemon(
        flags, 0, NULL, NULL, exchange_step, listener, MHD_OPTION_EXTERNAL_LOGGER, keep_message, listener,
        MHD_OPTION_LISTEN_SOCKET, listener->socket, MHD_OPTION_ARRAY, tls ? tls_options : no_options,
        MHD_OPTION_URI_LOG_CALLBACK, exchange_begin, listener, MHD_OPTION_UNESCAPE_CALLBACK,
        exchange_keep_escapes, NULL, MHD_OPTION_NOTIFY_COMPLETED, exchange_end, listener,
        MHD_OPTION_NOTIFY_CONNECTION, channel_notify, listener, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        connection_memory(), MHD_OPTION_CONNECTION_LIMIT, settings->connections,
        /* The watch ends all other delays; this is left for readers who stop in the middle of an answer. */
        MHD_OPTION_CONNECTION_TIMEOUT, settings->idle_seconds + settings->body_seconds, MHD_OPTION_END);
    if (listener->daemon)
        return true;
    /* The socket is gone already: libmicrohttpd closes it when it cannot start. */
    listener->socket = -1;
    listener->said[strcspn(listener->said, "\r\n")] = '\0';
    return problem_set(problem, PROBLEM_INTERNAL, "The server on %s did not start: %s", address,
                       listener->said);
}

void listener_quiesce(struct listener *listener)
{
    if (listener->daemon)
        MHD_quiesce_daemon(listener->daemon);
}

void listener_stop(struct listener *listener)
{
    if (listener->daemon) {
        MHD_stop_daemon(listener->daemon);
        listener->daemon = NULL;
        close(listener->socket);
        listener->socket = -1;
    }
    if (listener->tickets.data)
        gnutls_memset(listener->tickets.data, 0, listener->tickets.size);
    gnutls_free(listener->tickets.data);
    listener->tickets.data = NULL;
}

unsigned listener_port(const struct listener *listener)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } address = {0};
    socklen_t size = sizeof address;

    if (!listener->daemon || getsockname(listener->socket, &address.any, &size) != 0)
        return 0;
    return ntohs(address.any.sa_family == AF_INET6 ? address.v6.sin6_port : address.v4.sin_port);
}
