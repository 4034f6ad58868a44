#include "node/http/proxies.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "node/base/clock.h"
#include "node/base/log.h"
#include "node/http/exchange.h"

/* An address of 16 octets; of IPv4 as ::ffff:a.b.c.d, so that there is one kind. */
struct network {
    struct in6_addr address;
    unsigned bits;
};

struct proxies {
    bool unix_socket;
    size_t count;
    struct network networks[];
};

enum { V4_BITS = 32, V6_BITS = 128, PIECE_SIZE = 128, TELL_AGAIN_MS = 3600000 };

static bool read_address(const char *text, struct in6_addr *address, unsigned *width)
{
    struct in_addr v4;

    *width = V6_BITS;
    if (inet_pton(AF_INET6, text, address) == 1)
        return true;
    *width = V4_BITS;
    if (inet_pton(AF_INET, text, &v4) != 1)
        return false;
    *address = (struct in6_addr){.s6_addr = {[10] = 0xff, [11] = 0xff}};
    memcpy(&address->s6_addr[12], &v4, sizeof v4);
    return true;
}

static bool in_network(const struct in6_addr *address, const struct network *network)
{
    unsigned octets = network->bits / 8, rest = network->bits % 8;

    return memcmp(address, &network->address, octets) == 0 &&
           (rest == 0 || (address->s6_addr[octets] ^ network->address.s6_addr[octets]) >> (8 - rest) == 0);
}

/* Cuts the piece before the next comma off, without blanks around it. False at the end, and if it has no
 * room. */
static bool next_piece(const char **rest, char piece[PIECE_SIZE], bool *fits)
{
    const char *begin = *rest + strspn(*rest, " \t"), *end = begin + strcspn(begin, ",");

    if (!**rest)
        return false;
    *rest = *end ? end + 1 : end;
    while (end > begin && isspace((unsigned char)end[-1]))
        end--;
    *fits = end - begin < PIECE_SIZE;
    snprintf(piece, PIECE_SIZE, "%.*s", *fits ? (int)(end - begin) : 0, begin);
    return true;
}

/* ADDRESS or ADDRESS/BITS. */
static bool read_network(char *text, struct network *network)
{
    char *slash = strchr(text, '/'), *end = NULL;
    unsigned width;
    long bits;

    if (slash)
        *slash = '\0';
    if (!read_address(text, &network->address, &width))
        return false;
    bits = slash ? strtol(slash + 1, &end, 10) : (long)width;
    network->bits = V6_BITS - width + (unsigned)bits;
    return bits >= 0 && bits <= (long)width && (!slash || (end > slash + 1 && !*end));
}

struct proxies *proxies_create(const char *list, struct problem *problem)
{
    /* A piece has one character and its comma at least. */
    struct proxies *proxies = calloc(1, sizeof *proxies + (strlen(list) / 2 + 1) * sizeof *proxies->networks);
    const char *rest = list;
    char piece[PIECE_SIZE];
    bool fits;

    while (proxies && next_piece(&rest, piece, &fits)) {
        if (fits && strcmp(piece, PROXIES_UNIX) == 0) {
            proxies->unix_socket = true;
        } else if (!fits || !read_network(piece, &proxies->networks[proxies->count++])) {
            problem_set(problem, PROBLEM_INTERNAL,
                        "[proxy] trusted: '%s' is no address, no network like 10.0.0.0/8, and not unix.",
                        piece);
            proxies_destroy(proxies);
            return NULL;
        }
    }
    if (!proxies)
        problem_set(problem, PROBLEM_INTERNAL, "Out of memory.");
    return proxies;
}

void proxies_destroy(struct proxies *proxies)
{
    free(proxies);
}

bool proxies_trusts(const struct proxies *proxies, const char *address)
{
    struct in6_addr octets;
    unsigned width;

    if (!proxies)
        return false;
    if (strcmp(address, PROXIES_UNIX) == 0)
        return proxies->unix_socket;
    if (!read_address(address, &octets, &width))
        return false;
    for (size_t i = 0; i < proxies->count; i++)
        if (in_network(&octets, &proxies->networks[i]))
            return true;
    return false;
}

/* As the server itself writes addresses. Some proxies add a port: "192.0.2.1:4711", "[2001:db8::1]:4711". */
static bool normalise(char *piece, char out[INET6_ADDRSTRLEN])
{
    struct in6_addr address;
    unsigned width;
    char *text = piece;

    if (*text == '[') {
        text++;
        text[strcspn(text, "]")] = '\0';
    } else if (strchr(text, '.') && strchr(text, ':') == strrchr(text, ':')) {
        text[strcspn(text, ":")] = '\0';
    }
    if (!read_address(text, &address, &width))
        return false;
    if (IN6_IS_ADDR_V4MAPPED(&address))
        return inet_ntop(AF_INET, &address.s6_addr[12], out, INET6_ADDRSTRLEN);
    return inet_ntop(AF_INET6, &address, out, INET6_ADDRSTRLEN);
}

struct forwarded {
    const struct proxies *proxies;
    bool said;                     /* there is one of both fields */
    bool names;                    /* and X-Forwarded-For is one */
    bool found;                    /* an entry that is not a trusted proxy's, the last one in: */
    char client[INET6_ADDRSTRLEN]; /* "": it is no address */
    char first[INET6_ADDRSTRLEN];  /* the first entry that is an address; "": none */
    unsigned schemes, secure;      /* how many were said, and how many of them are https */
};

static void take_for(struct forwarded *forwarded, const char *value)
{
    char piece[PIECE_SIZE], address[INET6_ADDRSTRLEN];
    bool fits;

    while (next_piece(&value, piece, &fits)) {
        if (!fits || !normalise(piece, address))
            address[0] = '\0';
        if (!*forwarded->first)
            memcpy(forwarded->first, address, sizeof address);
        if (proxies_trusts(forwarded->proxies, address))
            continue;
        forwarded->found = true;
        memcpy(forwarded->client, address, sizeof address);
    }
}

static void take_scheme(struct forwarded *forwarded, const char *value)
{
    char piece[PIECE_SIZE];
    bool fits;

    while (next_piece(&value, piece, &fits)) {
        forwarded->schemes++;
        forwarded->secure += fits && strcasecmp(piece, "https") == 0;
    }
}

static enum MHD_Result take_line(void *arg, enum MHD_ValueKind kind, const char *name, const char *value)
{
    struct forwarded *forwarded = arg;

    (void)kind;
    if (strcasecmp(name, "X-Forwarded-For") == 0) {
        take_for(forwarded, value ? value : "");
        forwarded->names = true;
    } else if (strcasecmp(name, "X-Forwarded-Proto") == 0) {
        take_scheme(forwarded, value ? value : "");
    } else {
        return MHD_YES;
    }
    forwarded->said = true;
    return MHD_YES;
}

/* Everybody is then one sender, and whoever guesses passwords uses up everybody's tries. What a proxy asks
 * for itself is whether we live. */
static void tell_nameless(const char *target)
{
    static _Atomic int64_t told_ms;
    int64_t told = told_ms, now = clock_ms();

    if (strcmp(target, "/healthz") == 0 || strcmp(target, "/readyz") == 0)
        return;
    if ((told == 0 || now - told >= TELL_AGAIN_MS) && atomic_compare_exchange_strong(&told_ms, &told, now))
        log_warning(
            "a trusted proxy does not say who asks (X-Forwarded-For): all who come through it count as "
            "one, also for wrong passwords. Let it say so, as in ops/proxy/, or take it out of [proxy] "
            "trusted");
}

void proxies_apply(const struct proxies *proxies, struct request *request, char client[INET6_ADDRSTRLEN])
{
    struct forwarded forwarded = {.proxies = proxies};
    const char *said;

    if (!proxies_trusts(proxies, request->address))
        return;
    MHD_get_connection_values(request->exchange->connection, MHD_HEADER_KIND, take_line, &forwarded);
    if (!forwarded.names)
        tell_nameless(request->exchange->target);
    if (!forwarded.said)
        return;
    /* Beyond an entry that is no address, nobody who is trusted has seen anything. */
    said = forwarded.found ? forwarded.client : forwarded.first;
    if (*said) {
        memcpy(client, said, INET6_ADDRSTRLEN);
        request->address = client;
    }
    /* Of several proxies each says how it was asked: one that was not over TLS is enough. */
    request->listener = forwarded.schemes > 0 && forwarded.secure == forwarded.schemes
                            ? HTTP_LISTENER_TLS
                            : HTTP_LISTENER_LOOPBACK;
    request->proxied = true;
}
