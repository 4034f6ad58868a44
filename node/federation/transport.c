#include "node/federation/transport.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CONNECT_TIMEOUT_MS = 5000, KEPT_SPARE = 16, KEPT_SECONDS = 150 };

/* Debian's; libcurl keeps one parsed copy for all connections of a multi handle, but only of a single file.
 */
static const char SYSTEM_CA[] = "/etc/ssl/certs/ca-certificates.crt";

struct exchange {
    CURL *easy;
    struct curl_slist *headers;
    char url[2048];
    size_t answer_max;
    bool address_refused, too_large;
    void *context;
    struct transport_answer answer;
    struct exchange *next;
};

struct transport {
    const struct config *config;
    CURLM *multi;
    void (*done)(void *arg, void *context, const struct transport_answer *answer);
    void *arg;
    struct exchange *exchanges; /* under way */
};

bool transport_start(void)
{
    return curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
}

void transport_stop(void)
{
    curl_global_cleanup();
}

/* Ranges that are no place of the public Internet (IANA special-purpose registries, RFC 6890). */
static const struct {
    uint8_t address[16];
    unsigned bits;
} v4_special[] =
    {
        {{0}, 8},         {{10}, 8},       {{100, 64}, 10},      {{127}, 8},
        {{169, 254}, 16}, {{172, 16}, 12}, {{192, 0, 0}, 24},    {{192, 0, 2}, 24},
        {{192, 168}, 16}, {{198, 18}, 15}, {{198, 51, 100}, 24}, {{203, 0, 113}, 24},
        {{224}, 3},
},
  v6_special[] = {
      {{0}, 8},           /* unspecified, loopback, IPv4 mapped, compatible and (but see below) translated */
      {{0x01, 0x00}, 16}, /* discard */
      {{0x20, 0x01}, 23}, /* Teredo and other protocol assignments */
      {{0x20, 0x01, 0x0d, 0xb8}, 32}, /* documentation */
      {{0x20, 0x02}, 16},             /* 6to4 */
      {{0x3f, 0xff}, 20},             /* documentation */
      {{0x5f, 0x00}, 16},             /* segment routing */
      {{0xfc}, 7},                    /* unique local */
      {{0xfe, 0x80}, 10},             /* link-local */
      {{0xfe, 0xc0}, 10},             /* site-local */
      {{0xff}, 8},                    /* multicast */
};

static bool address_in(const uint8_t *address, const uint8_t *range, unsigned bits)
{
    for (unsigned i = 0; i < bits; i++)
        if ((address[i / 8] ^ range[i / 8]) & 0x80 >> i % 8)
            return false;
    return true;
}

static bool v4_public(const uint8_t *octets)
{
    for (size_t i = 0; i < sizeof v4_special / sizeof *v4_special; i++)
        if (address_in(octets, v4_special[i].address, v4_special[i].bits))
            return false;
    return true;
}

/* RFC 6052: what a network without IPv4 makes of an address that a name has in IPv4 alone; as public as that.
 */
static const uint8_t nat64[12] = {0x00, 0x64, 0xff, 0x9b};

static bool v6_public(const uint8_t *octets)
{
    if (memcmp(octets, nat64, sizeof nat64) == 0)
        return v4_public(octets + sizeof nat64);
    for (size_t i = 0; i < sizeof v6_special / sizeof *v6_special; i++)
        if (address_in(octets, v6_special[i].address, v6_special[i].bits))
            return false;
    return true;
}

static bool address_public(const struct sockaddr *address)
{
    const void *at = address;

    if (address->sa_family == AF_INET)
        return v4_public((const uint8_t *)&((const struct sockaddr_in *)at)->sin_addr);
    if (address->sa_family == AF_INET6)
        return v6_public((const uint8_t *)&((const struct sockaddr_in6 *)at)->sin6_addr);
    return false;
}

/* Here, and not after resolving: what is checked is what is connected to. */
static curl_socket_t open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct exchange *exchange = arg;

    (void)purpose;
    if (exchange && !address_public(&address->addr)) {
        exchange->address_refused = true;
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static size_t take_body(char *data, size_t one, size_t size, void *arg)
{
    struct exchange *exchange = arg;

    (void)one;
    if (exchange->answer.body.size + size > exchange->answer_max) {
        exchange->too_large = true;
        return 0;
    }
    buffer_append(&exchange->answer.body, data, size);
    return exchange->answer.body.failed ? 0 : size;
}

static void exchange_destroy(struct exchange *exchange)
{
    if (!exchange)
        return;
    curl_easy_cleanup(exchange->easy);
    curl_slist_free_all(exchange->headers);
    buffer_free(&exchange->answer.body);
    free(exchange);
}

static bool exchange_headers(struct exchange *exchange, const struct transport_request *request)
{
    /* No Expect: a body of ours is small, and waiting for 100 Continue costs a round trip. */
    struct curl_slist *list = curl_slist_append(NULL, "Expect:");

    for (int i = 0; list && i < TRANSPORT_HEADERS && request->headers[i]; i++) {
        struct curl_slist *longer = curl_slist_append(list, request->headers[i]);

        if (!longer)
            curl_slist_free_all(list);
        list = longer;
    }
    exchange->headers = list;
    return list != NULL;
}

static struct exchange *exchange_create(const struct config *config, const struct transport_request *request)
{
    struct exchange *exchange = calloc(1, sizeof *exchange);
    CURL *easy;
    bool ok;

    if (!exchange || !(easy = exchange->easy = curl_easy_init()) || !exchange_headers(exchange, request))
        goto fail;
    if (snprintf(exchange->url, sizeof exchange->url, "https://%s%s", request->authority, request->target) >=
        (int)sizeof exchange->url)
        goto fail;
    exchange->answer_max = request->answer_max;
#define SET(option, value) (curl_easy_setopt(easy, option, value) == CURLE_OK)
    ok = SET(CURLOPT_URL, exchange->url) && SET(CURLOPT_PATH_AS_IS, 1L) &&
         SET(CURLOPT_PROTOCOLS_STR, "https") && SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) &&
         SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) && SET(CURLOPT_PROXY, "") &&
         SET(CURLOPT_NOPROXY, "*") && SET(CURLOPT_FOLLOWLOCATION, 0L) &&
         SET(CURLOPT_CAINFO, config->ca[0] ? config->ca : SYSTEM_CA) && SET(CURLOPT_CAPATH, NULL) &&
         SET(CURLOPT_HTTPHEADER, exchange->headers) && SET(CURLOPT_USERAGENT, "hf-node") &&
         SET(CURLOPT_NOSIGNAL, 1L) && SET(CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_TIMEOUT_MS) &&
         SET(CURLOPT_TIMEOUT_MS, request->timeout_ms) && SET(CURLOPT_MAXAGE_CONN, (long)KEPT_SECONDS) &&
         SET(CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)request->answer_max) &&
         /* A name that does not resolve in time is left to its thread, which ends by itself: joining it would
          * stop all other transfers meanwhile. */
         SET(CURLOPT_QUICK_EXIT, 1L) && SET(CURLOPT_OPENSOCKETFUNCTION, open_socket) &&
         SET(CURLOPT_OPENSOCKETDATA, config->private_addresses ? NULL : exchange) &&
         SET(CURLOPT_WRITEFUNCTION, take_body) && SET(CURLOPT_WRITEDATA, exchange) &&
         SET(CURLOPT_PRIVATE, exchange);
    if (ok && strcmp(request->method, "POST") == 0)
        ok = SET(CURLOPT_POST, 1L) && SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.size) &&
             SET(CURLOPT_COPYPOSTFIELDS, request->body.size ? (const char *)request->body.data : "");
#undef SET
    if (ok)
        return exchange;

fail:
    exchange_destroy(exchange);
    return NULL;
}

static const struct {
    CURLcode code;
    const char *slug;
} failures[] = {
    {CURLE_COULDNT_RESOLVE_HOST, "unresolved"}, {CURLE_COULDNT_CONNECT, "no-connection"},
    {CURLE_OPERATION_TIMEDOUT, "timeout"},      {CURLE_PEER_FAILED_VERIFICATION, "certificate"},
    {CURLE_SSL_CONNECT_ERROR, "tls"},           {CURLE_SSL_CACERT_BADFILE, "ca-file"},
    {CURLE_FILESIZE_EXCEEDED, "too-large"},     {CURLE_GOT_NOTHING, "connection-lost"},
    {CURLE_RECV_ERROR, "connection-lost"},      {CURLE_SEND_ERROR, "connection-lost"},
    {CURLE_PARTIAL_FILE, "connection-lost"},
};

static const char *failure_slug(const struct exchange *exchange, CURLcode code)
{
    if (exchange->address_refused)
        return "address-not-allowed";
    if (exchange->too_large)
        return "too-large";
    for (size_t i = 0; i < sizeof failures / sizeof *failures; i++)
        if (failures[i].code == code)
            return failures[i].slug;
    return "transport";
}

static bool media_type_is(const char *field, const char *type)
{
    size_t length = field ? strcspn(field, "; \t") : 0;

    return length == strlen(type) && strncasecmp(field, type, length) == 0;
}

static int64_t read_date(CURL *easy)
{
    struct curl_header *date;
    time_t seconds;

    if (curl_easy_header(easy, "Date", 0, CURLH_HEADER, -1, &date) != CURLHE_OK)
        return 0;
    seconds = curl_getdate(date->value, NULL);
    return seconds > 0 ? seconds : 0;
}

static void exchange_finish(struct exchange *exchange, CURLcode code)
{
    struct transport_answer *answer = &exchange->answer;
    curl_off_t retry_after = 0;
    const char *type = NULL;

    if (code != CURLE_OK) {
        snprintf(answer->error, sizeof answer->error, "%s", failure_slug(exchange, code));
        buffer_free(&answer->body);
        return;
    }
    curl_easy_getinfo(exchange->easy, CURLINFO_RESPONSE_CODE, &answer->status);
    curl_easy_getinfo(exchange->easy, CURLINFO_RETRY_AFTER, &retry_after);
    curl_easy_getinfo(exchange->easy, CURLINFO_CONTENT_TYPE, &type);
    answer->date = read_date(exchange->easy);
    answer->retry_after = retry_after < 0 ? 0 : retry_after > INT_MAX ? INT_MAX : (long)retry_after;
    answer->json = media_type_is(type, "application/json") || media_type_is(type, "application/problem+json");
    answer->pages = media_type_is(type, "application/x-ndjson");
}

struct transport *
transport_create(const struct config *config,
                 void (*done)(void *arg, void *context, const struct transport_answer *answer), void *arg)
{
    struct transport *transport = calloc(1, sizeof *transport);

    if (!transport || !(transport->multi = curl_multi_init()))
        goto fail;
    transport->config = config;
    transport->done = done;
    transport->arg = arg;
    transport_keep(transport, 0);
    return transport;

fail:
    transport_destroy(transport);
    return NULL;
}

/* Half of the files that may be open are for others (command/command.c counts on that). What is more than
 * that waits until one is free: under way may be more than are kept, a hint to each beside its poll. */
void transport_keep(struct transport *transport, size_t peers)
{
    struct rlimit files = {.rlim_cur = RLIM_INFINITY};
    size_t most = TRANSPORT_CONNECTIONS, kept = peers + KEPT_SPARE;

    getrlimit(RLIMIT_NOFILE, &files);
    if (most > files.rlim_cur / 2)
        most = files.rlim_cur / 2;
    if (kept > most)
        kept = most;
    curl_multi_setopt(transport->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)most);
    curl_multi_setopt(transport->multi, CURLMOPT_MAXCONNECTS, (long)kept);
}

void transport_destroy(struct transport *transport)
{
    if (!transport)
        return;
    while (transport->exchanges) {
        struct exchange *exchange = transport->exchanges;

        transport->exchanges = exchange->next;
        curl_multi_remove_handle(transport->multi, exchange->easy);
        exchange_destroy(exchange);
    }
    curl_multi_cleanup(transport->multi);
    free(transport);
}

bool transport_send(struct transport *transport, const struct transport_request *request, void *context)
{
    struct exchange *exchange = exchange_create(transport->config, request);

    if (!exchange)
        return false;
    exchange->context = context;
    if (curl_multi_add_handle(transport->multi, exchange->easy) != CURLM_OK) {
        exchange_destroy(exchange);
        return false;
    }
    exchange->next = transport->exchanges;
    transport->exchanges = exchange;
    return true;
}

static void transport_deliver(struct transport *transport, CURL *easy, CURLcode code)
{
    struct exchange **link = &transport->exchanges, *exchange;

    while ((*link)->easy != easy)
        link = &(*link)->next;
    exchange = *link;
    *link = exchange->next;
    exchange_finish(exchange, code);
    curl_multi_remove_handle(transport->multi, easy);
    transport->done(transport->arg, exchange->context, &exchange->answer);
    exchange_destroy(exchange);
}

void transport_run(struct transport *transport, int also_fd, int timeout_ms)
{
    struct curl_waitfd also = {.fd = also_fd, .events = CURL_WAIT_POLLIN};
    const CURLMsg *message;
    int running, left;

    /* A request just added makes the poll return at once. Nothing may be performed before it: what completed
     * then would be seen only after the wait. */
    curl_multi_poll(transport->multi, &also, also_fd >= 0, timeout_ms, NULL);
    curl_multi_perform(transport->multi, &running);
    while ((message = curl_multi_info_read(transport->multi, &left)))
        if (message->msg == CURLMSG_DONE)
            transport_deliver(transport, message->easy_handle, message->data.result);
}

void transport_wake(struct transport *transport)
{
    curl_multi_wakeup(transport->multi);
}

bool transport_fetch(const struct config *config, const struct transport_request *request,
                     struct transport_answer *answer)
{
    struct exchange *exchange = exchange_create(config, request);

    *answer = (struct transport_answer){.error = "out-of-memory"};
    if (!exchange)
        return false;
    exchange_finish(exchange, curl_easy_perform(exchange->easy));
    *answer = exchange->answer;
    exchange->answer.body = (struct buffer){0};
    exchange_destroy(exchange);
    return answer->status != 0;
}
