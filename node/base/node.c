#include "node/base/node.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "node/base/clock.h"
#include "protocol/json_profile.h"

enum { NODE_KEY_FILE_MAX = 16384, DAY_SECONDS = 86400 };

char *node_read_file(const char *path, size_t limit, size_t *size, struct problem *problem)
{
    FILE *file = fopen(path, "rb");
    char *text = file ? malloc(limit + 2) : NULL;

    if (!file) {
        problem_set(problem, PROBLEM_INTERNAL, "%s cannot be read: %s.", path, strerror(errno));
        return NULL;
    }
    *size = text ? fread(text, 1, limit + 1, file) : 0;
    if (!text || ferror(file) || *size > limit) {
        problem_set(problem, PROBLEM_INTERNAL, "%s cannot be read, or is larger than %zu octets.", path,
                    limit);
        free(text);
        text = NULL;
    } else {
        text[*size] = '\0';
    }
    fclose(file);
    return text;
}

/* "DE-AGS:10041100:2024-01-01,NUTS:DEC01:2024-01-01" */
static bool read_areas(struct node *node, struct problem *problem)
{
    char *copy = strdup(node->config->area), *rest = copy;

    node->areas = json_array();
    for (char *item; copy && (item = strsep(&rest, ","));) {
        char *scheme = strsep(&item, ":"), *code = strsep(&item, ":"), *valid_on = strsep(&item, ":");
        json_t *area;

        if (!*scheme)
            continue;
        if (!code || !valid_on) {
            free(copy);
            return problem_set(problem, PROBLEM_INTERNAL,
                               "[node] area must be SCHEME:CODE:VALID_ON, with commas between.");
        }
        area = json_object();
        json_object_set_new(area, "scheme", json_string(scheme + strspn(scheme, " ")));
        json_object_set_new(area, "code", json_string(code));
        json_object_set_new(area, "valid_on", json_string(valid_on));
        json_array_append_new(node->areas, area);
    }
    free(copy);
    return true;
}

static bool read_region(struct node *node, struct problem *problem)
{
    const char *region = node->config->region;
    int end = 0;

    if (!*region)
        return true;
    if (sscanf(region, "NUTS:%16[A-Z0-9]:%480[^\n]%n", node->region_code, node->region_name, &end) == 2 &&
        !region[end] && json_profile_text_length(node->region_name) <= 120)
        return true;
    return problem_set(problem, PROBLEM_INTERNAL, "[node] region must be NUTS:CODE:NAME.");
}

static bool read_key(struct node *node, struct problem *problem)
{
    struct err err = {0};
    size_t size;
    char *pem = node_read_file(node->config->signing_key, NODE_KEY_FILE_MAX, &size, problem);

    if (!pem)
        return false;
    node->key = key_private_from_pem(pem, size, &err);
    explicit_bzero(pem, size);
    free(pem);
    return node->key || problem_set(problem, PROBLEM_INTERNAL, "%s is not an Ed25519 key in PEM form (%s).",
                                    node->config->signing_key, err.text);
}

struct node *node_create(const struct config *config, struct problem *problem)
{
    struct node *node = calloc(1, sizeof *node);

    if (!node) {
        problem_set(problem, PROBLEM_INTERNAL, "Out of memory.");
        return NULL;
    }
    node->config = config;
    node->authority = config->authority;
    node->office = strcmp(config->role, "office") == 0;
    node->latitude_e6 = llround(strtod(config->latitude, NULL) * 1e6);
    node->longitude_e6 = llround(strtod(config->longitude, NULL) * 1e6);
    if (read_areas(node, problem) && read_region(node, problem) && read_key(node, problem))
        return node;
    node_destroy(node);
    return NULL;
}

void node_destroy(struct node *node)
{
    if (!node)
        return;
    key_private_destroy(node->key);
    json_decref(node->areas);
    free(node);
}

int64_t node_certificate_due(const struct node *node)
{
    int64_t end = node->certificate_end;

    return end < clock_seconds() + (int64_t)NODE_CERTIFICATE_DAYS * DAY_SECONDS ? end : 0;
}

const char *node_region_of(const struct node *node, const char *municipality)
{
    const char *place = node->config->places;
    size_t length = strlen(municipality);

    if (!*node->region_code)
        return NULL;
    if (strcasecmp(municipality, node->config->name) == 0)
        return node->region_name;
    for (; *place; place += strcspn(place, ",")) {
        place += strspn(place, ", ");
        if (strncasecmp(place, municipality, length) == 0 && (place[length] == ',' || place[length] == '\0'))
            return node->region_name;
    }
    return NULL;
}
