#include "node/core/names.h"

#include <stdlib.h>
#include <string.h>

#include "node/core/names_table.h"

bool names_grow(void **rows, size_t *capacity, size_t count, size_t size)
{
    size_t more;

    void *grown;

    if (count < *capacity)
        return true;
    more = *capacity == 0 ? 64 : *capacity * 2;
    grown = realloc(*rows, more * size);
    if (!grown)
        return false;
    *rows = grown;
    *capacity = more;
    return true;
}

struct names *names_create(void)
{
    struct names *names = calloc(1, sizeof *names);

    if (!names)
        return NULL;
    names->common = words_create();
    names->spellings = multimap_create();
    names->pairs = multimap_create();
    if (!names->common || !names->spellings || !names->pairs) {
        names_destroy(names);
        return NULL;
    }
    return names;
}

void names_destroy(struct names *names)
{
    if (!names)
        return;
    for (size_t i = 0; i < names->row_count; i++) {
        free(names->rows[i].id);
        free(names->rows[i].name);
    }
    free(names->rows);
    free(names->words);
    free(names->phrases);
    multimap_destroy(names->spellings);
    multimap_destroy(names->pairs);
    words_destroy(names->common);
    free(names);
}

const struct words *names_words(const struct names *names)
{
    return names->common;
}

bool names_add(struct names *names, enum name_kind kind, const char *id, const char *name)
{
    struct reading *reading = NULL;
    bool ok;

    void *rows;
    struct row row;

    if (reading_create(name, strlen(name), &reading) != READING_OK)
        return false;
    reading_destroy(reading);

    rows = names->rows;
    ok = names_grow(&rows, &names->row_capacity, names->row_count, sizeof *names->rows);
    names->rows = rows;
    if (!ok)
        return false;
    row = (struct row){.id = strdup(id), .name = strdup(name), .kind = kind};
    if (!row.id || !row.name) {
        free(row.id);
        free(row.name);
        return false;
    }
    names->rows[names->row_count++] = row;
    return true;
}

unsigned names_token_flags(const struct names *names, const struct token *token)
{
    unsigned flags = 0;

    for (size_t f = 0; f < token->fold_count; f++)
        flags |= words_flags(names->common, token->folds[f].s, token->folds[f].length);
    return flags;
}

/* Single letters are initials or broken abbreviations (e.V., B.V., l'). */
bool names_is_filler(const struct names *names, const struct token *token)
{
    return token->to - token->from == 1 ||
           (names_token_flags(names, token) & (WORD_FILLER | WORD_LEGAL_FORM)) != 0;
}

bool names_is_connected(const struct names *names, const struct reading *reading, size_t index)
{
    const struct token *before;

    if (index == 0)
        return false;
    before = &reading->tokens[index - 1];
    if (names_token_flags(names, before) & WORD_CONNECTOR)
        return true;
    for (size_t i = before->to; i < reading->tokens[index].from; i++)
        if (reading_at(reading, i) == '&' || reading_at(reading, i) == '+')
            return true;
    return false;
}

int32_t names_find_place(const struct names *names, const struct token *token)
{
    size_t stem;

    for (size_t f = 0; f < token->fold_count; f++) {
        const struct fold *fold = &token->folds[f];

        for (size_t i = 0; words_stem(fold->s, fold->length, i, &stem); i++) {
            size_t cursor = 0;
            uint32_t index;

            while (stem > 0 && multimap_next(names->spellings, multimap_hash(fold->s, stem), &cursor, &index))
                if (names->words[index].place)
                    return (int32_t)index;
        }
    }
    return NONE;
}

bool names_has_place(const struct names *names, const struct token *token)
{
    return names_find_place(names, token) != NONE;
}

uint64_t names_pair_hash(uint32_t a, uint32_t b)
{
    uint32_t pair[] = {a, b};

    return multimap_hash((const char *)pair, sizeof pair);
}

bool names_knows_place(const struct names *names, const char *place)
{
    struct reading *reading = NULL;
    bool known = true;

    if (reading_create(place, strlen(place), &reading) != READING_OK)
        return false;
    for (size_t i = 0; i < reading->token_count; i++) {
        const struct token *token = &reading->tokens[i];

        known = known && (token->number || names_is_filler(names, token) || names_has_place(names, token));
    }
    reading_destroy(reading);
    return known;
}
