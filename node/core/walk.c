#include "node/core/walk.h"

#include <string.h>

enum { HOUSE_NUMBER_DIGITS = 4 };

const struct token *walk_token(const struct walk *walk, size_t index)
{
    return index < walk->reading->token_count ? &walk->reading->tokens[index] : NULL;
}

bool walk_is_word(const struct token *token, const char *word)
{
    for (size_t f = 0; f < token->fold_count; f++)
        if (token->folds[f].length == strlen(word) &&
            memcmp(token->folds[f].s, word, token->folds[f].length) == 0)
            return true;
    return false;
}

bool walk_is_among(const struct token *token, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (walk_is_word(token, words[i]))
            return true;
    return false;
}

bool walk_is_apart_by(const struct walk *walk, const struct token *a, const struct token *b, const char *set)
{
    if (b->from - a->to > WALK_REACH)
        return false;
    for (size_t i = a->to; i < b->from; i++) {
        uint32_t c = reading_at(walk->reading, i);

        if (c > 0x7f || !strchr(set, (int)c))
            return false;
    }
    return true;
}

size_t walk_letters(const struct token *token)
{
    return token->to - token->from;
}

unsigned walk_flags(const struct walk *walk, const struct token *token)
{
    return words_flags(names_words(walk->names), token->folds[0].s, token->folds[0].length);
}

bool walk_is_house_number(const struct token *token)
{
    return token && token->number && walk_letters(token) <= HOUSE_NUMBER_DIGITS;
}

/* What a letter or two after a number are that make it no house's: 3 m, 2 x 4. */
static bool is_unit(const struct token *token)
{
    static const char *const UNITS[] = {"x", "m", "h", "g", "l", "t"};

    return WALK_IS_AMONG(token, UNITS) && !token->capital;
}

/* The letter, floor or back house after a number: 12a, 12 A, 41-II, 5-hs. */
static bool is_suffix(const struct walk *walk, const struct token *number, const struct token *token)
{
    static const char *const SUFFIXES[] = {"hs", "ii", "iii", "iv"};

    if (!token || token->number || !walk_is_apart_by(walk, number, token, " -"))
        return false;
    return (walk_letters(token) == 1 && (token->from == number->to || !is_unit(token))) ||
           WALK_IS_AMONG(token, SUFFIXES);
}

size_t walk_number_end(const struct walk *walk, size_t index)
{
    size_t end = index + 1;
    const struct token *last;
    const struct token *next;
    bool span;

    if (is_suffix(walk, walk_token(walk, index), walk_token(walk, end)))
        end++;
    last = walk_token(walk, end - 1);
    next = walk_token(walk, end);
    span = walk_is_house_number(next) && next->from > last->to && walk_is_apart_by(walk, last, next, "-/+");
    return span ? walk_number_end(walk, end) : end;
}

size_t walk_with_place(const struct walk *walk, size_t end)
{
    const struct token *code = walk_token(walk, end);
    size_t last = end;
    const struct token *letters;
    const struct token *place;

    if (!code || !code->number || walk_letters(code) < 4 || walk_letters(code) > 5 ||
        !walk_is_apart_by(walk, walk_token(walk, end - 1), code, " ,-\n"))
        return end;
    last++;
    letters = walk_token(walk, last);
    if (letters && letters->upper && walk_letters(letters) == 2 && walk_is_apart_by(walk, code, letters, " "))
        last++;
    place = walk_token(walk, last);
    if (place && place->capital && walk_is_apart_by(walk, walk_token(walk, last - 1), place, " "))
        last++;
    return last;
}

void walk_add(struct walk *walk, size_t from, size_t end)
{
    if (!findings_add(walk->findings, walk->reading, FINDING_STREET_ADDRESS, walk->reading->tokens[from].from,
                      walk->reading->tokens[end - 1].to, NULL))
        walk->failed = true;
}
