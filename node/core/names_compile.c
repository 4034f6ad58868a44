#include "node/core/names_table.h"

#include <string.h>

/* From rows to words and phrases. */

enum {
    NAME_TOKENS_MAX = 24,
    DERIVED_MIN = 3, /* letters of an acronym that we make */
    DISTINCT_MIN = 3,
    PLACE_STEM_MIN = 4,
    STEM_MIN = 6, /* of a word of a name: below, Fischer would find Fisch */
};

static uint64_t hash_fold(const struct fold *fold)
{
    return multimap_hash(fold->s, fold->length);
}

/* The word of a folded spelling, made if new; NONE: out of memory. */
static int32_t word_of(struct names *names, const struct fold *folds, size_t count)
{
    uint32_t index;
    size_t cursor = 0;
    bool ok;
    struct word *word;

    void *words;

    if (multimap_next(names->spellings, hash_fold(&folds[0]), &cursor, &index))
        return (int32_t)index;

    words = names->words;
    ok = names_grow(&words, &names->word_capacity, names->word_count, sizeof *names->words);
    names->words = words;
    if (!ok)
        return NONE;
    index = (uint32_t)names->word_count++;
    word = &names->words[index];
    word->place = false;
    for (size_t r = 0; r < ROLE_COUNT; r++)
        word->rows[r] = NONE;
    for (size_t f = 0; f < count; f++)
        if (!multimap_add(names->spellings, hash_fold(&folds[f]), index))
            return NONE;
    return (int32_t)index;
}

/* Endings come off the words of the text anyway; off the name's own where the rest is still a word of its own
 * kind (Saarländischer finds Saarländischen, Saarbrücken finds Saarbrücker) and no everyday word. */
static bool add_stems(struct names *names, uint32_t word, const struct token *token, size_t least)
{
    const struct fold *fold = &token->folds[0];
    size_t stem;

    for (size_t i = 1; words_stem(fold->s, fold->length, i, &stem); i++)
        if (stem >= least && words_flags(names->common, fold->s, stem) == 0 &&
            !multimap_add(names->spellings, multimap_hash(fold->s, stem), word))
            return false;
    return true;
}

static bool is_generic(const struct names *names, const struct token *token)
{
    for (size_t f = 0; f < token->fold_count; f++)
        if (words_is_generic(names->common, token->folds[f].s, token->folds[f].length))
            return true;
    return false;
}

static bool compile_place(struct names *names, const struct reading *reading)
{
    for (size_t i = 0; i < reading->token_count; i++) {
        const struct token *token = &reading->tokens[i];
        int32_t word;

        if (token->number || names_is_filler(names, token))
            continue;
        word = word_of(names, token->folds, token->fold_count);
        if (word == NONE)
            return false;
        names->words[word].place = true;
        if (!add_stems(names, (uint32_t)word, token, PLACE_STEM_MIN))
            return false;
    }
    return true;
}

/* One word of a name and what it is worth. */
struct part {
    const struct token *token;
    int32_t word;
    bool filler, place, generic, first_name, acronym;
    bool capital;   /* is written with one, and must be */
    bool connected; /* a connector stands before it */
};

static bool is_distinct(const struct part *part)
{
    return !part->filler && !part->place && !part->generic && !part->first_name && !part->acronym &&
           part->token->to - part->token->from >= DISTINCT_MIN;
}

static bool has_lower_case(const struct names *names, const struct reading *reading)
{
    for (size_t i = 0; i < reading->token_count; i++)
        if (!reading->tokens[i].number && !reading->tokens[i].upper &&
            !names_is_filler(names, &reading->tokens[i]))
            return true;
    return false;
}

/* Parts of a name, at most NAME_TOKENS_MAX; NONE: out of memory. A connector is no part but a property of the
 * next one, so that "Klein & Söhne", "Klein und Söhne", "Klein u. Söhne" are one. */
static int read_parts(struct names *names, const struct reading *reading, struct part *parts)
{
    bool mixed = has_lower_case(names, reading);
    int count = 0;

    for (size_t i = 0; i < reading->token_count && count < NAME_TOKENS_MAX; i++) {
        const struct token *token = &reading->tokens[i];
        size_t letters = token->to - token->from;
        unsigned flags = names_token_flags(names, token);
        struct part part;
        int32_t place;

        if (count > 0 && i + 1 < reading->token_count && (flags & WORD_CONNECTOR))
            continue;
        part = (struct part){.token = token, .connected = count > 0 && names_is_connected(names, reading, i)};
        part.filler = names_is_filler(names, token) || (flags & WORD_SALUTATION) != 0;
        part.generic = token->number || is_generic(names, token);
        part.first_name = (flags & WORD_FIRST_NAME) != 0;
        part.acronym =
            token->upper && !part.generic && letters <= ACRONYM_MAX && (mixed || letters < ACRONYM_AS_WORD);
        place = names_find_place(names, token);
        part.place = place != NONE && !part.filler;
        part.capital = token->capital && !part.filler;
        part.word = part.place ? place : word_of(names, token->folds, token->fold_count);
        if (part.word == NONE)
            return NONE;
        parts[count++] = part;
    }
    return count;
}

static void set_role(struct names *names, int32_t word, enum role role, size_t row)
{
    if (names->words[word].rows[role] == NONE)
        names->words[word].rows[role] = (int32_t)row;
}

static bool add_phrase(struct names *names, const struct part *const *parts, size_t count, bool strict,
                       size_t row)
{
    struct phrase *phrase;
    size_t cursor;
    uint32_t first;

    uint64_t hash;

    void *phrases = names->phrases;
    bool ok = names_grow(&phrases, &names->phrase_capacity, names->phrase_count, sizeof *names->phrases);
    names->phrases = phrases;
    if (!ok)
        return false;

    phrase = &names->phrases[names->phrase_count];
    *phrase = (struct phrase){.row = (uint32_t)row, .next = NONE, .strict = strict};
    for (; phrase->count < count && phrase->count < PHRASE_MAX; phrase->count++) {
        phrase->words[phrase->count] = (uint32_t)parts[phrase->count]->word;
        if (parts[phrase->count]->capital)
            phrase->capitals |= (uint8_t)(1u << phrase->count);
        if (parts[phrase->count]->connected)
            phrase->connected |= (uint8_t)(1u << phrase->count);
    }

    hash = names_pair_hash(phrase->words[0], phrase->words[1]);
    cursor = 0;
    if (multimap_next(names->pairs, hash, &cursor, &first)) {
        phrase->next = names->phrases[first].next;
        names->phrases[first].next = (int32_t)names->phrase_count;
    } else if (!multimap_add(names->pairs, hash, (uint32_t)names->phrase_count)) {
        return false;
    }
    names->phrase_count++;
    return true;
}

/* "Sonnen-Hof" is also written Sonnenhof. */
static bool add_joined(struct names *names, const struct reading *reading, const struct part *a,
                       const struct part *b, size_t row)
{
    struct fold joined = a->token->folds[0];
    const struct fold *tail = &b->token->folds[0];
    int32_t word;

    if (b->token->from != a->token->to + 1 || reading_at(reading, a->token->to) != '-' || a->filler ||
        b->filler || joined.length + tail->length > FOLD_MAX)
        return true;
    memcpy(joined.s + joined.length, tail->s, tail->length);
    joined.length += tail->length;
    if (words_is_generic(names->common, joined.s, joined.length))
        return true;
    word = word_of(names, &joined, 1);
    if (word == NONE)
        return false;
    set_role(names, word, ROLE_DISTINCT, row);
    return true;
}

/* The initials of a name of several words, where it has no acronym: Deutsches Rotes Kreuz → DRK. */
static bool add_initials(struct names *names, const struct part *parts, size_t count, size_t row)
{
    struct fold initials = {.length = 0};
    int32_t word;

    for (size_t i = 0; i < count; i++)
        if (!parts[i].filler && !parts[i].place && !parts[i].token->number && initials.length < ACRONYM_MAX)
            initials.s[initials.length++] = parts[i].token->folds[0].s[0];
    if (initials.length < DERIVED_MIN || words_flags(names->common, initials.s, initials.length) != 0)
        return true;
    word = word_of(names, &initials, 1);
    if (word == NONE)
        return false;
    set_role(names, word, ROLE_DERIVED, row);
    return true;
}

/* How much a word tells among words that name nobody by themselves: a kind nothing, a compound that ends in
 * one (Familientreff) only where there is nothing better. */
enum { TELLS_NOTHING, TELLS_KIND, TELLS_MORE };

static int rank(const struct names *names, const struct part *part)
{
    unsigned flags = names_token_flags(names, part->token);

    if (part->place || part->token->number || (flags & WORD_KIND))
        return TELLS_NOTHING;
    return flags == 0 && part->generic ? TELLS_KIND : TELLS_MORE;
}

/* Only what tells must keep its capital, if anything does: the Imprimerie is also an imprimerie. */
static void loosen_capitals(const struct names *names, struct part *parts, size_t count)
{
    bool telling = false;

    for (size_t i = 0; i < count; i++)
        telling = telling || (!parts[i].filler && rank(names, &parts[i]) > TELLS_NOTHING);
    for (size_t i = 0; i < count; i++)
        parts[i].capital = parts[i].capital && !(telling && rank(names, &parts[i]) == TELLS_NOTHING);
}

/* A company by what tells it from others, where a kind word says that this is meant: Fa. Lange. And without
 * its own kind where a surname and its kin remain: Lange & Söhne for Autohaus Lange & Söhne. */
static bool add_company(struct names *names, const struct part *const *parts, size_t count, size_t row)
{
    size_t first = 0;

    for (size_t i = 0; i < count; i++) {
        bool kin = (names_token_flags(names, parts[i]->token) & WORD_KIN) != 0;

        if (!parts[i]->filler && !kin && rank(names, parts[i]) == TELLS_MORE)
            set_role(names, parts[i]->word, ROLE_TELLING, row);
    }
    while (first < count && (parts[first]->filler || rank(names, parts[first]) == TELLS_NOTHING))
        first++;
    if (first == 0 || count < first + 2 || !(names_token_flags(names, parts[count - 1]->token) & WORD_KIN))
        return true;
    return add_phrase(names, parts + first, count - first, true, row);
}

/* A name whose words name nobody one by one: as it stands, or, if a place is among them, with small gaps and
 * also the other way round (Saarbrücker Tafel, Tafel Saarbrücken). */
static bool add_whole(struct names *names, struct part *parts, size_t count, size_t row)
{
    const struct part *turned[2];
    const struct part *strict[NAME_TOKENS_MAX];
    const struct part *loose[NAME_TOKENS_MAX];
    size_t strict_count = 0;
    size_t loose_count = 0;
    bool has_place = false;
    const struct part *only = NULL;
    int best = TELLS_NOTHING;
    size_t telling = 0;
    bool bare;

    loosen_capitals(names, parts, count);
    for (size_t i = 0; i < count; i++) {
        const struct part *part = &parts[i];
        unsigned flags = names_token_flags(names, part->token);
        int tells;

        if (!part->filler ||
            (strict_count > 0 && !(flags & WORD_LEGAL_FORM) && part->token->to - part->token->from > 1))
            strict[strict_count++] = part;
        if (part->filler)
            continue;
        loose[loose_count++] = part;
        has_place = has_place || part->place;
        tells = rank(names, part);
        if (tells > best) {
            best = tells;
            telling = 0;
        }
        if (tells == best && tells > TELLS_NOTHING) {
            only = part;
            telling++;
        }
    }
    while (strict_count > 0 && strict[strict_count - 1]->filler)
        strict_count--;

    /* Die Brücke, Kita Regenbogen; but of "Haus der Kinder" the children tell nothing */
    bare = loose_count > 0 && strict_count == loose_count &&
           only == loose[loose_count - (has_place && loose_count > 1 ? 2 : 1)];
    if (telling == 1 && bare && !only->acronym)
        set_role(names, only->word, ROLE_EVERYDAY, row);
    if (names->rows[row].kind == NAME_COMPANY && !add_company(names, strict, strict_count, row))
        return false;
    if (loose_count < 2)
        return true;
    if (!has_place && strict_count >= 2)
        return add_phrase(names, strict, strict_count, true, row);
    if (!add_phrase(names, loose, loose_count, false, row))
        return false;
    turned[0] = loose[1];
    turned[1] = loose[0];
    return loose_count != 2 || add_phrase(names, turned, 2, false, row);
}

/* A name with a telling word, as a phrase too: together its words tell more than their capitals do. */
static bool add_told(struct names *names, const struct part *parts, size_t count, size_t row)
{
    const struct part *words[NAME_TOKENS_MAX];
    size_t kept = 0;

    for (size_t i = 0; i < count; i++)
        if (!parts[i].filler && !(names_token_flags(names, parts[i].token) & WORD_KIND))
            words[kept++] = &parts[i];
    return kept < 2 || add_phrase(names, words, kept, false, row);
}

static bool compile_body(struct names *names, const struct reading *reading, struct part *parts, size_t count,
                         size_t row)
{
    bool telling = false;
    bool has_acronym = false;

    for (size_t i = 0; i < count; i++) {
        const struct part *part = &parts[i];

        if (part->acronym) {
            set_role(names, part->word, ROLE_ACRONYM, row);
            has_acronym = true;
        } else if (is_distinct(part)) {
            telling = true;
            set_role(names, part->word, ROLE_DISTINCT, row);
            if (!add_stems(names, (uint32_t)part->word, part->token, STEM_MIN))
                return false;
        }
        if (i + 1 < count && !add_joined(names, reading, part, &parts[i + 1], row))
            return false;
    }
    if (!has_acronym && !add_initials(names, parts, count, row))
        return false;
    return telling ? add_told(names, parts, count, row) : add_whole(names, parts, count, row);
}

/* Where the surname begins: after a comma turned round; before a hyphen one earlier; else the last word. */
static void split_contact(const struct reading *reading, const struct part *parts, size_t count, size_t *from,
                          size_t *to)
{
    *from = 0;
    *to = count;
    for (size_t i = 0; i + 1 < count; i++)
        if (reading_at(reading, parts[i].token->to) == ',') {
            *to = i + 1;
            return;
        }
    while (*to > 1 && parts[*to - 1].filler)
        (*to)--;
    *from = *to - 1;
    while (*from > 0 && reading_at(reading, parts[*from].token->from - 1) == '-')
        (*from)--;
    /* "Müller Anna", as lists have it */
    if (*from == *to - 1 && count == 2 && parts[1].first_name && !parts[0].first_name) {
        *from = 0;
        *to = 1;
    }
}

/* Marc T.; once for all who are called so. */
static bool add_initial(struct names *names, const struct part *first, const struct part *surname, size_t row)
{
    struct fold initial = surname->token->folds[0];
    struct part letter = *surname;
    const struct part *pair[] = {first, &letter};
    size_t length = 1;
    size_t cursor = 0;
    uint32_t known;
    uint64_t hash;

    if (initial.length == 0)
        return true;
    while (length < initial.length && ((unsigned char)initial.s[length] & 0xc0) == 0x80)
        length++; /* the rest of a letter in UTF-8 */
    initial.length = length;
    letter.word = word_of(names, &initial, 1);
    if (letter.word == NONE)
        return false;
    hash = names_pair_hash((uint32_t)first->word, (uint32_t)letter.word);
    return multimap_next(names->pairs, hash, &cursor, &known) || add_phrase(names, pair, 2, false, row);
}

static bool compile_contact(struct names *names, const struct reading *reading, const struct part *parts,
                            size_t count, size_t row)
{
    size_t from;
    size_t to;

    split_contact(reading, parts, count, &from, &to);
    for (size_t i = 0; i < count; i++) {
        const struct part *part = &parts[i];
        bool surname = i >= from && i < to;

        if (part->filler && !(surname && to - from == 1))
            continue;
        if (!surname) {
            set_role(names, part->word, ROLE_FIRST, row);
            for (size_t s = from; s < to; s++) {
                const struct part *pair[] = {part, &parts[s]};
                const struct part *turned[] = {&parts[s], part};

                if (!parts[s].filler &&
                    (!add_phrase(names, pair, 2, false, row) || !add_phrase(names, turned, 2, false, row) ||
                     !add_initial(names, part, &parts[s], row)))
                    return false;
            }
        } else if (part->generic || part->place || part->token->to - part->token->from < DISTINCT_MIN) {
            set_role(names, part->word, ROLE_AMBIGUOUS, row);
        } else {
            set_role(names, part->word, ROLE_DISTINCT, row);
        }
    }
    return true;
}

static bool compile_row(struct names *names, size_t row)
{
    struct part parts[NAME_TOKENS_MAX];
    struct reading *reading = NULL;
    const char *name = names->rows[row].name;
    enum name_kind kind = names->rows[row].kind;
    bool ok = false;

    if (reading_create(name, strlen(name), &reading) != READING_OK)
        return false;
    if (kind == NAME_PLACE) {
        ok = compile_place(names, reading);
    } else {
        int count = read_parts(names, reading, parts);

        if (count == 0)
            ok = true;
        else if (count > 0)
            ok = kind == NAME_CONTACT ? compile_contact(names, reading, parts, (size_t)count, row)
                                      : compile_body(names, reading, parts, (size_t)count, row);
    }
    reading_destroy(reading);
    return ok;
}

bool names_compile(struct names *names)
{
    /* places first: they decide what the words of the other names are worth */
    for (int places = 1; places >= 0; places--)
        for (size_t row = 0; row < names->row_count; row++)
            if ((names->rows[row].kind == NAME_PLACE) == (places == 1) && !compile_row(names, row))
                return false;
    return true;
}

bool names_extend(struct names *names, enum name_kind kind, const char *id, const char *name)
{
    return names_add(names, kind, id, name) && compile_row(names, names->row_count - 1);
}
