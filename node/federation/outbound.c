#include "node/federation/outbound.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/base/clock.h"
#include "node/base/random.h"
#include "protocol/http_signature.h"
#include "protocol/json_profile.h"
#include "protocol/page.h"

enum { EXCHANGE_MS = 30000, TARGET_MAX = 512 };

static bool add_line(struct outbound *outbound, const char *name, const char *value)
{
    struct buffer line = {0};
    int i = 0;

    while (outbound->lines[i])
        i++;
    buffer_printf(&line, "%s: %s", name, value);
    outbound->request.headers[i] = outbound->lines[i] = buffer_steal(&line);
    return outbound->lines[i] != NULL;
}

bool outbound_sign(struct outbound *outbound, const struct node *node, const char *authority,
                   const char *target, const char *content_type, struct bytes body, struct err *err)
{
    char path[TARGET_MAX], digest[64], *input = NULL, *signature = NULL;
    size_t path_length = strcspn(target, "?");
    struct http_message message = {.method = content_type ? "POST" : "GET",
                                   .authority = authority,
                                   .path = path,
                                   .query = target[path_length] ? target + path_length + 1 : "",
                                   .has_body = content_type != NULL,
                                   .body = body,
                                   .content_type = content_type,
                                   .content_digest = digest};
    uint8_t nonce[16];
    bool ok;

    *outbound = (struct outbound){.request = {.method = message.method,
                                              .authority = authority,
                                              .target = target,
                                              .body = body,
                                              .answer_max = PAGE_ANSWER_MAX,
                                              .timeout_ms = EXCHANGE_MS}};
    if (path_length >= sizeof path)
        return false;
    memcpy(path, target, path_length);
    path[path_length] = '\0';
    http_signature_digest(body, digest);
    random_octets(nonce, sizeof nonce);
    ok =
        http_signature_sign(&message, node->key, clock_seconds(), nonce, &input, &signature, err) == ERR_OK &&
        add_line(outbound, "Signature-Input", input) && add_line(outbound, "Signature", signature) &&
        (!content_type ||
         (add_line(outbound, "Content-Type", content_type) && add_line(outbound, "Content-Digest", digest)));
    free(input);
    free(signature);
    return ok;
}

void outbound_finish(struct outbound *outbound)
{
    for (int i = 0; i < TRANSPORT_HEADERS; i++)
        free(outbound->lines[i]);
    *outbound = (struct outbound){0};
}

static bool slug_valid(const char *text, size_t size)
{
    size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-");

    return length > 0 && length < size && text[length] == '\0' && text[0] >= 'a';
}

void outbound_error(const struct transport_answer *answer, char *slug, size_t size)
{
    json_t *problem = NULL;
    const char *type;

    if (answer->status == 0) {
        snprintf(slug, size, "%s", answer->error);
        return;
    }
    if (answer->json)
        problem = json_profile_parse((const char *)answer->body.data, answer->body.size, NULL);
    type = json_profile_text(problem, "type");
    if (type && strncmp(type, PROBLEM_TYPE_BASE, strlen(PROBLEM_TYPE_BASE)) == 0 &&
        slug_valid(type + strlen(PROBLEM_TYPE_BASE), size))
        snprintf(slug, size, "%s", type + strlen(PROBLEM_TYPE_BASE));
    else
        snprintf(slug, size, "status-%ld", answer->status);
    json_decref(problem);
}
