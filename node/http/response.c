#include "node/http/response.h"

#include <gnutls/gnutls.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/socket.h>

struct field {
    const char *name;
    const char *value;
    bool tls_only;
};

/* Added unless the reply set the field itself. */
static const struct field standing[] = {
    {"Cache-Control", "no-store", false},
    {"Content-Security-Policy",
     "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
     "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
     false},
    {"Cross-Origin-Opener-Policy", "same-origin", false},
    {"Cross-Origin-Resource-Policy", "same-origin", false},
    {"Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()", false},
    {"Referrer-Policy", "no-referrer", false},
    {"Strict-Transport-Security", "max-age=31536000", true},
    {"X-Content-Type-Options", "nosniff", false},
};

static bool reply_has(const struct reply *reply, const char *name)
{
    for (size_t i = 0; i < reply->headers_count; i++)
        if (strcasecmp(reply->headers[i].name, name) == 0)
            return true;
    return false;
}

/* Every field of the answer, but for those about the message itself (length, connection, date). */
static void fields_each(const struct reply *reply, enum http_listener listener,
                        void (*each)(void *arg, const char *name, const char *value), void *arg)
{
    if (reply->body && reply->content_type)
        each(arg, "Content-Type", reply->content_type);
    for (size_t i = 0; i < reply->headers_count; i++)
        each(arg, reply->headers[i].name, reply->headers[i].value);
    for (size_t i = 0; i < sizeof standing / sizeof *standing; i++)
        if ((!standing[i].tls_only || listener == HTTP_LISTENER_TLS) && !reply_has(reply, standing[i].name))
            each(arg, standing[i].name, standing[i].value);
}

static void add_to_response(void *arg, const char *name, const char *value)
{
    MHD_add_response_header(arg, name, value);
}

struct MHD_Response *response_create(struct reply *reply, enum http_listener listener)
{
    enum MHD_ResponseMemoryMode mode =
        !reply->body || reply->body_static ? MHD_RESPMEM_PERSISTENT : MHD_RESPMEM_MUST_FREE;
    struct MHD_Response *response = MHD_create_response_from_buffer(reply->size, reply->body, mode);

    if (!response)
        return NULL;
    fields_each(reply, listener, add_to_response, response);
    reply->body = NULL;
    reply->size = 0;
    return response;
}

static void add_to_buffer(void *arg, const char *name, const char *value)
{
    buffer_printf(arg, "%s: %s\r\n", name, value);
}

void response_interrupt(struct MHD_Connection *connection, enum problem_code code, const char *detail)
{
    const union MHD_ConnectionInfo *tls =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    const union MHD_ConnectionInfo *tcp =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct problem problem = {0};
    struct reply reply = {0};
    struct buffer text = {0};

    problem_set(&problem, code, "%s", detail);
    reply_problem(&reply, &problem);
    buffer_printf(&text, "HTTP/1.1 %d %s\r\nConnection: close\r\nContent-Length: %zu\r\n", reply.status,
                  problem_title(code), reply.size);
    fields_each(&reply, tls ? HTTP_LISTENER_TLS : HTTP_LISTENER_LOOPBACK, add_to_buffer, &text);
    buffer_puts(&text, "\r\n");
    buffer_append(&text, reply.body, reply.size);
    /* The socket does not block, and so short a text fits where nothing was sent before. Should it not, the
     * sender gets a closed connection instead of a reason. */
    if (!text.failed && tls)
        gnutls_record_send(tls->tls_session, text.data, text.size);
    else if (!text.failed)
        send(tcp->connect_fd, text.data, text.size, MSG_NOSIGNAL | MSG_DONTWAIT);
    buffer_free(&text);
    reply_finish(&reply);
    problem_finish(&problem);
}
