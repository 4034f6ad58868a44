#include <stdlib.h>
#include <string.h>
#include <unictype.h>

#include "node/core/names_table.h"

enum {
    CANDIDATES_MAX = 8,
    CAPITAL_BELOW = 5, /* shorter words count as names only with a capital */
    COMPOUND_MIN =
        5, /* a name inside a compound, if the rest is a known word (Müllerhaus is not worth less) */
    COMPOUND_SURE = 8, /* … whatever the rest is */
    COMPOUND_REST = 3,
    JOINED_BY_SPACE = 8, /* Sonnen Hof for Sonnenhof */
    GAP_MAX = 3,         /* fillers between two words of a phrase */
    GAP_CHARACTERS = 4,
    SURE_WORDS = 3, /* a phrase of so many is one without its capitals too */
    TITLES_MAX = 4, /* words between a salutation and a surname */
};

/* The words of the directory that a token of the text can be. */
struct candidates {
    uint32_t words[CANDIDATES_MAX];
    size_t count;
};

enum mark_kind { MARK_NONE, MARK_PART, MARK_NAME };

/* What a token of the text was found to be part of. */
struct mark {
    enum mark_kind kind;
    int32_t row; /* NONE: of a person whom the directory does not know */
};

struct search {
    const struct names *names;
    const struct reading *reading;
    bool german;
    bool capitals;                 /* the text uses capitals at all */
    struct candidates *candidates; /* one a token */
    struct mark *marks;            /* one a token */
};

static void set_mark(struct search *search, size_t from, size_t to, enum mark_kind kind, int32_t row)
{
    for (size_t i = from; i < to; i++)
        if (search->marks[i].kind < kind)
            search->marks[i] = (struct mark){.kind = kind, .row = row};
}

static void add_candidates(const struct names *names, const char *spelling, size_t length,
                           struct candidates *candidates)
{
    size_t cursor = 0;
    uint32_t word;

    while (multimap_next(names->spellings, multimap_hash(spelling, length), &cursor, &word)) {
        bool known = false;

        for (size_t i = 0; i < candidates->count; i++)
            known = known || candidates->words[i] == word;
        if (!known && candidates->count < CANDIDATES_MAX)
            candidates->words[candidates->count++] = word;
    }
}

static void add_inflected(const struct names *names, const char *spelling, size_t length,
                          struct candidates *candidates)
{
    size_t stem;

    for (size_t i = 0; words_stem(spelling, length, i, &stem); i++)
        if (stem > 0)
            add_candidates(names, spelling, stem, candidates);
}

static int32_t first_with_role(const struct names *names, const struct candidates *candidates, enum role role)
{
    for (size_t i = 0; i < candidates->count; i++)
        if (names->words[candidates->words[i]].rows[role] != NONE)
            return names->words[candidates->words[i]].rows[role];
    return NONE;
}

/* Is the rest of a compound a known word, the linking letters put aside? */
static bool is_rest(const struct names *names, const char *rest, size_t length)
{
    static const char *const LINKS[] = {"", "s", "es", "n", "en", "er"};

    for (size_t i = 0; i < sizeof LINKS / sizeof *LINKS; i++) {
        size_t link = strlen(LINKS[i]);

        if (length >= link + COMPOUND_REST && memcmp(rest, LINKS[i], link) == 0 &&
            words_is_generic(names->common, rest + link, length - link))
            return true;
    }
    return false;
}

/* A telling word inside a longer one: Sonnenhofteam, Seniorensonnenhof. */
static int32_t find_in_compound(const struct names *names, const struct fold *fold)
{
    for (size_t cut = COMPOUND_MIN; cut + COMPOUND_REST <= fold->length; cut++) {
        struct candidates candidates = {.count = 0};
        int32_t row;

        add_candidates(names, fold->s, cut, &candidates);
        row = first_with_role(names, &candidates, ROLE_DISTINCT);
        if (row != NONE && (cut >= COMPOUND_SURE || is_rest(names, fold->s + cut, fold->length - cut)))
            return row;
    }
    for (size_t cut = COMPOUND_REST; cut + COMPOUND_SURE <= fold->length; cut++) {
        struct candidates candidates = {.count = 0};
        int32_t row;

        add_inflected(names, fold->s + cut, fold->length - cut, &candidates);
        row = first_with_role(names, &candidates, ROLE_DISTINCT);
        if (row != NONE && words_is_generic(names->common, fold->s, cut))
            return row;
    }
    return NONE;
}

/* Nothing between two tokens but what may stand within a name; white space of any length and kind is one
 * blank. A full stop belongs to an abbreviation before it. */
static bool is_close(const struct reading *reading, const struct token *a, const struct token *b, bool comma)
{
    size_t gap = 0;

    for (size_t i = a->to; i < b->from && gap <= GAP_CHARACTERS; i++) {
        uint32_t c = reading_at(reading, i);
        bool abbreviation = c == '.' && i == a->to && a->to - a->from <= 3;

        if (c > 0x7f || (!strchr(" \n-'\"&/+()", (int)c) && !abbreviation && !(comma && c == ',')))
            return false;
        gap += !(reading_is_space(c) && reading_is_space(reading_at(reading, i - 1)));
    }
    return gap <= GAP_CHARACTERS;
}

/* "Frau", "Dr." or initials before a surname, with what may lie between (Frau Dr. Anna van der …). */
static bool is_addressed(const struct search *search, size_t index)
{
    const struct reading *reading = search->reading;

    for (size_t i = index, steps = 0; i > 0 && steps < TITLES_MAX; i--, steps++) {
        const struct token *token = &reading->tokens[i - 1];
        unsigned flags;
        bool letter;
        uint32_t before;

        if (!is_close(reading, token, &reading->tokens[i], false))
            return false;
        flags = names_token_flags(search->names, token);
        if (flags & WORD_SALUTATION)
            return true;
        letter = token->to - token->from == 1 && token->capital;
        before = token->from > 0 ? reading_at(reading, token->from - 1) : ' ';
        if (letter && reading_at(reading, token->to) == '.' && before != '.')
            return true;
        if (!letter && !(flags & (WORD_FILLER | WORD_FIRST_NAME)))
            return false;
    }
    return false;
}

/* "Fa." or "Stichting" right before a name, or before a name's own article ("firma De Groot"). */
static bool is_announced(const struct search *search, size_t index)
{
    for (size_t i = index; i > 0; i--) {
        const struct token *before = &search->reading->tokens[i - 1];
        unsigned flags = names_token_flags(search->names, before);

        if (!is_close(search->reading, before, before + 1, false))
            return false;
        if (flags & WORD_ANNOUNCER)
            return true;
        if (!(flags & WORD_FILLER) || !before->capital)
            return false;
    }
    return false;
}

/* A capital that neither the sentence's start nor German spelling explains. */
static bool is_telling_capital(const struct search *search, const struct token *token)
{
    unsigned flags = names_token_flags(search->names, token);

    return token->capital && !token->upper && !token->sentence_start &&
           !(search->german && (flags & WORD_GERMAN_NOUN)) && !names_has_place(search->names, token);
}

/* Quoted, announced, or with a legal form. */
static bool is_named_as_such(const struct search *search, size_t index)
{
    const struct reading *reading = search->reading;
    const struct token *token = &reading->tokens[index];
    uint32_t after = reading_at(reading, token->to);
    bool quoted = after == '"' && token->from > 0 && reading_at(reading, token->from - 1) == '"';
    const struct token *next;

    if (quoted || is_announced(search, index))
        return true;
    if (index + 1 >= reading->token_count)
        return false;
    next = &reading->tokens[index + 1];
    if (!is_close(reading, token, next, false))
        return false;
    if (names_token_flags(search->names, next) & WORD_LEGAL_FORM)
        return next->capital || next->upper;
    /* e.V., B.V. */
    return next->to - next->from == 1 && index + 2 < reading->token_count &&
           reading_at(reading, next->to) == '.' &&
           reading->tokens[index + 2].to - reading->tokens[index + 2].from == 1 &&
           reading_lower_at(reading, reading->tokens[index + 2].from) == 'v';
}

/* Where only names have capitals, an organisation's or company's word without one is mostly the word itself
 * (les hirondelles); a surname is not. */
static bool is_plain_word(const struct search *search, const struct token *token, int32_t row)
{
    return !search->german && search->capitals && !token->capital &&
           search->names->rows[row].kind != NAME_CONTACT;
}

/* "ein Lichtblick", a thing of that kind; not "ein Lichtblick-Team". */
static bool is_thing(const struct search *search, size_t index, int32_t row)
{
    const struct token *token = &search->reading->tokens[index];
    const struct token *next = index + 1 < search->reading->token_count ? token + 1 : NULL;

    if (!search->german || token->upper || index == 0 || search->names->rows[row].kind == NAME_CONTACT)
        return false;
    return (names_token_flags(search->names, token - 1) & WORD_INDEFINITE) &&
           is_close(search->reading, token - 1, token, false) &&
           !(next && next->capital && is_close(search->reading, token, next, false));
}

static void judge_token(struct search *search, size_t index)
{
    const struct names *names = search->names;
    const struct token *token = &search->reading->tokens[index];
    const struct candidates *candidates = &search->candidates[index];
    size_t letters = token->to - token->from;
    int32_t row;

    if ((row = first_with_role(names, candidates, ROLE_DISTINCT)) != NONE &&
        (token->capital || letters >= CAPITAL_BELOW))
        set_mark(search, index, index + 1,
                 is_plain_word(search, token, row) || is_thing(search, index, row) ? MARK_PART : MARK_NAME,
                 row);
    if ((row = first_with_role(names, candidates, ROLE_ACRONYM)) != NONE &&
        (token->upper || (token->capital && letters >= ACRONYM_AS_WORD)))
        set_mark(search, index, index + 1, MARK_NAME, row);
    if ((row = first_with_role(names, candidates, ROLE_AMBIGUOUS)) != NONE && token->capital) {
        bool calendar = (names_token_flags(names, token) & WORD_CALENDAR) != 0;

        if (is_addressed(search, index) || is_announced(search, index))
            set_mark(search, index, index + 1, MARK_NAME, row);
        else if (is_telling_capital(search, token))
            set_mark(search, index, index + 1, calendar ? MARK_PART : MARK_NAME, row);
    }
    for (size_t f = 0; f < token->fold_count && search->marks[index].kind == MARK_NONE; f++)
        if ((row = find_in_compound(names, &token->folds[f])) != NONE)
            set_mark(search, index, index + 1, is_plain_word(search, token, row) ? MARK_PART : MARK_NAME,
                     row);
    if ((row = first_with_role(names, candidates, ROLE_EVERYDAY)) != NONE && token->capital) {
        if (is_named_as_such(search, index))
            set_mark(search, index, index + 1, MARK_NAME, row);
        else if (search->german || !token->sentence_start)
            set_mark(search, index, index + 1, MARK_PART, row);
    }
    if ((row = first_with_role(names, candidates, ROLE_TELLING)) != NONE && token->capital &&
        is_named_as_such(search, index))
        set_mark(search, index, index + 1, MARK_NAME, row);
    if ((row = first_with_role(names, candidates, ROLE_FIRST)) != NONE && token->capital &&
        !(names_token_flags(names, token) & WORD_COMMON))
        set_mark(search, index, index + 1, MARK_PART, row);
    if ((row = first_with_role(names, candidates, ROLE_DERIVED)) != NONE && token->upper)
        set_mark(search, index, index + 1, MARK_PART, row);
}

/* "Frau Schneider": a person, whoever it is. */
static void judge_salutation(struct search *search, size_t index)
{
    const struct reading *reading = search->reading;

    if (!reading->tokens[index].capital && search->german)
        return;
    for (size_t i = index + 1; i < reading->token_count && i <= index + TITLES_MAX; i++) {
        const struct token *token = &reading->tokens[i];
        unsigned flags = names_token_flags(search->names, token);

        if (!is_close(reading, &reading->tokens[i - 1], token, false))
            return;
        if (names_is_filler(search->names, token) || (flags & (WORD_SALUTATION | WORD_FIRST_NAME)))
            continue;
        if (token->capital && !(flags & WORD_COMMON))
            set_mark(search, i, i + 1, MARK_PART, NONE);
        return;
    }
}

static bool has_candidate(const struct search *search, size_t index, uint32_t word)
{
    for (size_t i = 0; i < search->candidates[index].count; i++)
        if (search->candidates[index].words[i] == word)
            return true;
    return false;
}

/* The next token that is the phrase's word k, from `index` on; 0 if none is near enough. */
static size_t find_next_word(const struct search *search, const struct phrase *phrase, size_t k, size_t index)
{
    bool contact = search->names->rows[phrase->row].kind == NAME_CONTACT;
    unsigned skipped = phrase->strict ? WORD_CONNECTOR : WORD_FILLER | WORD_LEGAL_FORM;
    bool connected = phrase->strict && (phrase->connected & (1u << k));

    for (size_t i = index, gap = 0; i < search->reading->token_count; i++, gap++) {
        const struct token *token = &search->reading->tokens[i];
        bool capital;
        bool letter;

        if (!is_close(search->reading, token - 1, token, contact))
            return 0;
        capital = token->capital || !contact || !(phrase->capitals & (1u << k));
        if (capital && has_candidate(search, i, phrase->words[k]) &&
            (!connected || names_is_connected(search->names, search->reading, i)))
            return i;
        letter = !phrase->strict && token->to - token->from == 1;
        if (gap == GAP_MAX || !(letter || (names_token_flags(search->names, token) & skipped)))
            return 0;
    }
    return 0;
}

/* A person's words must have their capitals. Another name's too, or it is a guess, unless the text has none
 * at all or there are so many words that chance did not put them together. */
static enum mark_kind certainty(const struct search *search, const struct phrase *phrase, bool capitals)
{
    if (capitals)
        return MARK_NAME;
    if (search->names->rows[phrase->row].kind == NAME_CONTACT)
        return MARK_NONE;
    return !phrase->strict || !search->capitals || phrase->count >= SURE_WORDS ? MARK_NAME : MARK_PART;
}

static bool match_phrase(struct search *search, const struct phrase *phrase, size_t index)
{
    size_t last = index;
    bool capitals = true;
    enum mark_kind kind;

    for (size_t k = 0; k < phrase->count; k++) {
        if (k > 0 && (last = find_next_word(search, phrase, k, last + 1)) == 0)
            return false;
        capitals = capitals && (search->reading->tokens[last].capital || !(phrase->capitals & (1u << k)));
    }
    kind = certainty(search, phrase, capitals);
    set_mark(search, index, last + 1, kind, (int32_t)phrase->row);
    return kind == MARK_NAME;
}

/* Phrases that begin here: by the pair of their first two words, which may have fillers between them. */
static void judge_phrases(struct search *search, size_t index)
{
    const struct names *names = search->names;

    for (size_t j = index + 1; j < search->reading->token_count && j <= index + 1 + GAP_MAX; j++) {
        for (size_t a = 0; a < search->candidates[index].count; a++)
            for (size_t b = 0; b < search->candidates[j].count; b++) {
                uint64_t pair =
                    names_pair_hash(search->candidates[index].words[a], search->candidates[j].words[b]);
                size_t cursor = 0;
                uint32_t first;

                if (!multimap_next(names->pairs, pair, &cursor, &first))
                    continue;
                for (int32_t p = (int32_t)first; p != NONE; p = names->phrases[p].next)
                    if (match_phrase(search, &names->phrases[p], index))
                        break;
            }
        if (!names_is_filler(names, &search->reading->tokens[j]))
            break;
    }
}

/* Sonnen-Hof and Sonnen Hof for Sonnenhof. */
static void judge_joined(struct search *search, size_t index)
{
    const struct token *a = &search->reading->tokens[index];
    const struct token *b = a + 1;
    struct candidates candidates = {.count = 0};
    struct fold joined = a->folds[0];
    size_t blank;
    bool hyphen;
    int32_t row;

    if (a->number || b->number || joined.length + b->folds[0].length > FOLD_MAX)
        return;
    blank = a->to;
    while (reading_is_space(reading_at(search->reading, blank)))
        blank++;
    hyphen = b->from == a->to + 1 && reading_at(search->reading, a->to) == '-';
    memcpy(joined.s + joined.length, b->folds[0].s, b->folds[0].length);
    joined.length += b->folds[0].length;
    if (!hyphen && (blank != b->from || joined.length < JOINED_BY_SPACE))
        return;
    add_inflected(search->names, joined.s, joined.length, &candidates);
    row = first_with_role(search->names, &candidates, ROLE_DISTINCT);
    if (row != NONE)
        set_mark(search, index, index + 2, MARK_NAME, row);
}

/* D.R.K. */
static void judge_dotted(struct search *search, size_t index)
{
    const struct reading *reading = search->reading;
    struct fold letters = {.length = 0};
    struct candidates candidates;
    size_t i = index;
    int32_t row;

    for (; i < reading->token_count && letters.length < ACRONYM_MAX; i++) {
        const struct token *token = &reading->tokens[i];

        if (token->to - token->from != 1 || !token->capital ||
            (i > index && token->from != reading->tokens[i - 1].to + 1))
            break;
        letters.s[letters.length++] = token->folds[0].s[0];
        if (reading_at(reading, token->to) != '.') {
            i++;
            break;
        }
    }
    if (letters.length < 2)
        return;
    candidates.count = 0;
    add_candidates(search->names, letters.s, letters.length, &candidates);
    row = first_with_role(search->names, &candidates, ROLE_ACRONYM);
    if (row != NONE)
        set_mark(search, index, i, MARK_NAME, row);
}

static bool is_contact(const struct search *search, int32_t row)
{
    return row != NONE && search->names->rows[row].kind == NAME_CONTACT;
}

/* One finding for neighbours that belong together: first name and surname, the words of one name. */
/* «e. V.» is two tokens: a finding that has the first has the second, too. */
static size_t with_whole_form(const struct reading *reading, size_t last)
{
    const struct token *e = &reading->tokens[last], *v = e + 1;

    return last + 1 < reading->token_count && e->to - e->from == 1 && v->to - v->from == 1 &&
                   reading_at(reading, e->from) == 'e' && reading_at(reading, v->from) == 'V'
               ? last + 1
               : last;
}

static bool add_marked(const struct search *search, struct findings *findings)
{
    const struct reading *reading = search->reading;

    for (size_t i = 0; i < reading->token_count;) {
        struct mark mark = search->marks[i];
        size_t last = i;

        if (mark.kind == MARK_NONE) {
            i++;
            continue;
        }
        for (; last + 1 < reading->token_count; last++) {
            struct mark next = search->marks[last + 1];
            bool together = next.row == mark.row || next.kind != mark.kind;

            if (next.kind == MARK_NONE || !together ||
                !is_close(reading, &reading->tokens[last], &reading->tokens[last + 1],
                          is_contact(search, next.row)))
                break;
            if (next.kind > mark.kind)
                mark = next;
        }
        last = with_whole_form(reading, last);
        if (!findings_add(findings, reading, mark.kind == MARK_NAME ? FINDING_NAME : FINDING_NAME_PART,
                          reading->tokens[i].from, reading->tokens[last].to,
                          mark.row == NONE ? NULL : search->names->rows[mark.row].id))
            return false;
        i = last + 1;
    }
    return true;
}

bool names_find(const struct names *names, const struct reading *reading, const char *language,
                struct findings *findings)
{
    bool ok = false;
    size_t count = reading->token_count;
    struct search search = {
        .names = names, .reading = reading, .german = !language || strcmp(language, "de") == 0};

    search.candidates = calloc(count + 1, sizeof *search.candidates);
    search.marks = calloc(count + 1, sizeof *search.marks);
    if (!search.candidates || !search.marks)
        goto done;
    for (size_t i = 0; i < count; i++) {
        search.capitals = search.capitals || reading->tokens[i].capital;
        for (size_t f = 0; f < reading->tokens[i].fold_count; f++)
            add_inflected(names, reading->tokens[i].folds[f].s, reading->tokens[i].folds[f].length,
                          &search.candidates[i]);
    }
    for (size_t i = 0; i < count; i++) {
        if (reading->tokens[i].number)
            continue;
        judge_phrases(&search, i);
        judge_token(&search, i);
        judge_dotted(&search, i);
        if (i + 1 < count)
            judge_joined(&search, i);
        if (names_token_flags(names, &reading->tokens[i]) & WORD_SALUTATION)
            judge_salutation(&search, i);
    }
    ok = add_marked(&search, findings);
done:
    free(search.candidates);
    free(search.marks);
    return ok;
}
