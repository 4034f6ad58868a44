#include "node/core/addresses.h"

#include "node/core/streets.h"
#include "node/core/walk.h"

static const char *const BOXES[] = {"postfach", "postbus", "bp", "cs", "pf"};

/* Where an address may begin: at the start, after a comma, after "in". */
static bool is_led_to(const struct walk *walk, size_t index)
{
    static const char *const LEADS[] = {"in", "aus",     "nach",      "bei",   "te",
                                        "a",  "adresse", "anschrift", "adres", "address"};

    return index == 0 || WALK_IS_AMONG(walk_token(walk, index - 1), LEADS) ||
           !walk_is_apart_by(walk, walk_token(walk, index - 1), walk_token(walk, index), " ");
}

/* D-66111, NL-6811: a country and as many digits as its codes have, and no longer number (C-0207/946). */
static bool is_country(const struct walk *walk, const struct token *letters, const struct token *code)
{
    static const struct {
        const char *country;
        size_t digits;
    } COUNTRIES[] = {{"d", 5},  {"de", 5}, {"f", 5},  {"fr", 5}, {"nl", 4}, {"b", 4},
                     {"be", 4}, {"l", 4},  {"lu", 4}, {"a", 4},  {"at", 4}, {"ch", 4}};
    uint32_t after = reading_at(walk->reading, code->to);

    if (!letters->capital || !walk_is_apart_by(walk, letters, code, "-") || letters->to == code->from ||
        after == '-' || after == '/')
        return false;
    for (size_t i = 0; i < WALK_COUNT(COUNTRIES); i++)
        if (walk_is_word(letters, COUNTRIES[i].country) && walk_letters(code) == COUNTRIES[i].digits)
            return true;
    return false;
}

/* 66111 Saarbrücken, D-66111, 6811 AB Arnhem. A number before a word counts things more often than it is a
 * code, so the word must be a place, or the number no round one and written in one go. */
static void find_code(struct walk *walk, size_t index)
{
    const struct token *code = walk_token(walk, index);
    const struct token *next = walk_token(walk, index + 1);
    const struct token *before = index > 0 ? walk_token(walk, index - 1) : NULL;
    bool close = next && walk_is_apart_by(walk, code, next, " ");
    uint32_t prior;
    bool announced;

    if (!code->number || walk_letters(code) < 4 || walk_letters(code) > 5)
        return;
    prior = code->from > 0 ? reading_at(walk->reading, code->from - 1) : 0;
    announced =
        before &&
        (is_country(walk, before, code) ||
         ((walk_is_word(before, "plz") || walk_is_word(before, "postcode") || walk_is_word(before, "cp")) &&
          walk_is_apart_by(walk, before, code, " :.")));
    if (announced) {
        size_t end = index + 1 + (close && next->capital ? 1 : 0);

        walk_add(walk, prior == '-' ? index - 1 : index, end);
        return;
    }
    if (!close || !next->capital || prior == '.' || prior == ',')
        return;

    if (walk_letters(code) == 5) {
        bool round =
            reading_at(walk->reading, code->to - 1) == '0' && reading_at(walk->reading, code->to - 2) == '0';
        bool place = names_has_place(walk->names, next);

        if (place || (!round && is_led_to(walk, index) && !(walk_flags(walk, next) & WORD_COMMON) &&
                      !words_is_generic(names_words(walk->names), next->folds[0].s, next->folds[0].length)))
            walk_add(walk, index, index + 2);
        return;
    }
    if (next->upper && walk_letters(next) == 2 && reading_at(walk->reading, code->from) != '0') {
        const struct token *place = walk_token(walk, index + 2);
        bool followed = place && place->capital && walk_is_apart_by(walk, next, place, " ");
        bool year = reading_at(walk->reading, code->from) <= '2' && next->from > code->to;
        bool word = (walk_flags(walk, next) & WORD_COMMON) != 0;

        if (followed || !(year || word))
            walk_add(walk, index, index + 2 + (followed ? 1 : 0));
    }
}

static void find_box(struct walk *walk, size_t index)
{
    const struct token *token = walk_token(walk, index);
    const struct token *number = walk_token(walk, index + 1);
    size_t end;

    if (!number || !number->number || !walk_is_apart_by(walk, token, number, " .:") ||
        !WALK_IS_AMONG(token, BOXES) || (walk_letters(token) <= 2 && !token->upper))
        return;
    end = index + 2;
    for (const struct token *next = walk_token(walk, end);
         next && next->number && walk_letters(next) <= 3 &&
         walk_is_apart_by(walk, walk_token(walk, end - 1), next, " ");
         next = walk_token(walk, ++end))
        continue;
    walk_add(walk, index, end);
}

bool addresses_find(const struct reading *reading, const struct names *names, struct findings *findings)
{
    struct walk walk = {.reading = reading, .names = names, .findings = findings};

    for (size_t i = 0; i < reading->token_count; i++) {
        streets_find(&walk, i);
        find_code(&walk, i);
        find_box(&walk, i);
    }
    return !walk.failed;
}
