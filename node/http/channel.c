#include "node/http/channel.h"

#include <arpa/inet.h>
#include <errno.h>
#include <gnutls/gnutls.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "node/base/address_group.h"
#include "node/http/proxies.h"
#include "node/http/response.h"

/* GnuTLS writes one record at a time, in a few pieces; were there more, the rest would go with its next call.
 */
enum { PIECES = 15 };

/* GnuTLS reads from the socket through this. Once it has seen an end without farewell it writes nothing more,
 * so a late sender must be told before it does. GnuTLS allows to send while another thread is receiving, and
 * so all the more in the middle of a receive. */
static ssize_t pull(gnutls_transport_ptr_t arg, void *data, size_t size)
{
    struct channel *channel = arg;
    ssize_t received = recv(channel->socket, data, size, 0);

    if (received == 0)
        channel_tell_if_late(channel);
    return received;
}

/* Sends what was held and then the pieces, and counts these alone, as sendmsg does. */
static ssize_t send_all(struct channel *channel, const giovec_t *pieces, int count)
{
    struct iovec parts[1 + PIECES];
    struct msghdr message = {.msg_iov = parts};
    ssize_t sent;

    parts[message.msg_iovlen++] = (struct iovec){channel->head, channel->held};
    for (int i = 0; i < count && i < PIECES; i++)
        parts[message.msg_iovlen++] = (struct iovec){pieces[i].iov_base, pieces[i].iov_len};
    sent = sendmsg(channel->socket, &message, MSG_NOSIGNAL);
    if (sent < 0)
        return sent;
    if ((size_t)sent > channel->held) {
        sent -= (ssize_t)channel->held;
        channel->held = 0;
        return sent;
    }
    channel->held -= (size_t)sent;
    memmove(channel->head, channel->head + sent, channel->held);
    errno = EAGAIN;
    return -1;
}

/* GnuTLS writes to the socket through this. libmicrohttpd gives it an answer's head and body one after the
 * other, which would make two calls and two packets of one answer: so the head waits here for the body. */
static ssize_t push(gnutls_transport_ptr_t arg, const giovec_t *pieces, int count)
{
    struct channel *channel = arg;
    bool hold = channel->body_follows;
    size_t size = 0;

    for (int i = 0; i < count; i++)
        size += pieces[i].iov_len;
    channel->body_follows = false;
    if (!hold || channel->held + size > sizeof channel->head)
        return send_all(channel, pieces, count);
    for (int i = 0; i < count; channel->held += pieces[i++].iov_len)
        memcpy(channel->head + channel->held, pieces[i].iov_base, pieces[i].iov_len);
    return (ssize_t)size;
}

/* "192.0.2.1" or "2001:db8::1"; an IPv4 address that came to an IPv6 socket as itself; "unix". */
static void name_address(const struct sockaddr *address, char name[INET6_ADDRSTRLEN])
{
    const struct sockaddr_in *v4 = (const void *)address;
    const struct sockaddr_in6 *v6 = (const void *)address;

    if (address->sa_family == AF_UNIX)
        snprintf(name, INET6_ADDRSTRLEN, PROXIES_UNIX);
    else if (address->sa_family == AF_INET)
        inet_ntop(AF_INET, &v4->sin_addr, name, INET6_ADDRSTRLEN);
    else if (IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr))
        inet_ntop(AF_INET, &v6->sin6_addr.s6_addr[12], name, INET6_ADDRSTRLEN);
    else
        inet_ntop(AF_INET6, &v6->sin6_addr, name, INET6_ADDRSTRLEN);
}

static struct channel *channel_open(const struct listener *listener, struct MHD_Connection *connection,
                                    int socket)
{
    const union MHD_ConnectionInfo *tls =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    char sender[ADDRESS_GROUP_SIZE] = "";
    struct channel *channel = calloc(1, sizeof *channel);

    if (!channel)
        return NULL;
    *channel = (struct channel){.listener = listener, .connection = connection, .socket = socket};
    name_address(MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr,
                 channel->address);
    /* A trusted proxy brings everybody's requests: it may have as many connections as there are. */
    if (!proxies_trusts(listener->settings->proxies, channel->address))
        address_group(channel->address, sender);
    channel->watched = watch_open(listener->watch, socket, sender);
    if (!channel->watched) {
        free(channel);
        return NULL;
    }
    if (tls) {
        channel->certificate = certificates_take(listener->certificates, tls->tls_session);
        gnutls_session_ticket_enable_server(tls->tls_session, &listener->tickets);
        gnutls_transport_set_ptr(tls->tls_session, channel);
        gnutls_transport_set_pull_function(tls->tls_session, pull);
        gnutls_transport_set_vec_push_function(tls->tls_session, push);
    }
    return channel;
}

void channel_notify(void *cls, struct MHD_Connection *connection, void **context,
                    enum MHD_ConnectionNotificationCode what)
{
    const struct listener *listener = cls;
    int socket = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    struct channel *channel = *context;

    switch (what) {
    case MHD_CONNECTION_NOTIFY_STARTED:
        *context = channel_open(listener, connection, socket);
        if (!*context)
            shutdown(socket, SHUT_RDWR);
        break;
    case MHD_CONNECTION_NOTIFY_CLOSED:
        if (channel) {
            watch_close(listener->watch, channel->watched);
            certificates_give_back(listener->certificates, channel->certificate);
        }
        free(channel);
        *context = NULL;
        break;
    }
}

struct channel *channel_of(struct MHD_Connection *connection)
{
    return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
}

void channel_phase(struct channel *channel, enum watch_phase phase)
{
    watch_phase(channel->listener->watch, channel->watched, phase);
}

void channel_expect_body(struct channel *channel)
{
    channel->body_follows = true;
}

void channel_tell_if_late(struct channel *channel)
{
    if (watch_take_late(channel->listener->watch, channel->watched))
        response_interrupt(channel->connection, PROBLEM_SLOW_REQUEST,
                           "The body was not complete in time. Nothing was changed; please send it again.");
}
