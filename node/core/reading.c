#include "node/core/reading.h"

#include <stdlib.h>
#include <string.h>
#include <unicase.h>
#include <unictype.h>
#include <uninorm.h>
#include <unistr.h>

enum { DIAERESIS = 0x308, SOFT_HYPHEN = 0xad, NEXT_LINE = 0x85, DECOMPOSITION_MAX = 32, BARE_MIN = 6 };

/* Letters that have no decomposition, and how names are written where they cannot be typed. */
static const struct {
    uint32_t c;
    const char *spelled;
} LETTERS[] = {
    {0xdf, "ss"}, {0xe6, "ae"}, {0x153, "oe"}, {0xf8, "o"},  {0x142, "l"},
    {0x111, "d"}, {0xf0, "d"},  {0xfe, "th"},  {0x131, "i"},
};

static bool is_invisible(uint32_t c)
{
    return uc_is_property_default_ignorable_code_point(c) || (uc_is_general_category(c, UC_FORMAT));
}

static uint32_t normalised(uint32_t c)
{
    uint32_t composed[DECOMPOSITION_MAX];
    size_t length;
    uint32_t *result;
    uint32_t single;

    if (c == '\r' || c == '\v' || c == '\f' || c == NEXT_LINE)
        return '\n';
    if (c < 0x80)
        return c == '\t' ? ' ' : c;
    if (uc_is_property_dash(c))
        return '-';
    if (c == 0x2018 || c == 0x2019 || c == 0x201a || c == 0x2bc || c == 0xb4)
        return '\'';
    if (uc_is_property_quotation_mark(c))
        return '"';
    if (uc_is_general_category(c, UC_SPACE_SEPARATOR))
        return ' ';
    if (uc_is_general_category(c, UC_LINE_SEPARATOR) || uc_is_general_category(c, UC_PARAGRAPH_SEPARATOR))
        return '\n';

    length = DECOMPOSITION_MAX;
    result = u32_normalize(UNINORM_NFKC, &c, 1, composed, &length);
    single = result && length == 1 ? result[0] : c;
    if (result != composed)
        free(result);
    return single;
}

static bool is_mark(uint32_t c)
{
    return c >= 0x300 && uc_is_general_category(c, UC_MARK);
}

static bool is_digit(uint32_t c)
{
    return c < 0x80 ? c >= '0' && c <= '9' : uc_is_general_category(c, UC_DECIMAL_DIGIT_NUMBER);
}

static bool is_letter(uint32_t c)
{
    if (c < 0x80)
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    return uc_is_general_category(c, UC_LETTER) || is_mark(c);
}

bool reading_is_word(uint32_t c)
{
    return is_letter(c) || is_digit(c);
}

bool reading_is_space(uint32_t c)
{
    return c == ' ' || c == '\n';
}

static void append(struct fold *fold, uint32_t c)
{
    int n = u8_uctomb((uint8_t *)fold->s + fold->length, c, (ptrdiff_t)(FOLD_MAX - fold->length));

    if (n > 0)
        fold->length += (size_t)n;
}

static void append_text(struct fold *fold, const char *text)
{
    for (; *text != '\0'; text++)
        append(fold, (unsigned char)*text);
}

static const char *spelled(uint32_t c)
{
    for (size_t i = 0; i < sizeof LETTERS / sizeof *LETTERS; i++)
        if (LETTERS[i].c == c)
            return LETTERS[i].spelled;
    return NULL;
}

static void replace_ij(struct fold *fold)
{
    size_t to = 0;

    for (size_t i = 0; i < fold->length; i++) {
        if (fold->s[i] == 'i' && i + 1 < fold->length && fold->s[i + 1] == 'j') {
            fold->s[to++] = 'y';
            i++;
        } else {
            fold->s[to++] = fold->s[i];
        }
    }
    fold->length = to;
}

/* ae, oe, ue as ä, ö, ü without their dots; "ue" after a vowel or q (neue, Quelle) is no umlaut. */
static struct fold untranscribed(const struct fold *plain)
{
    struct fold bare = {.length = 0};

    for (size_t i = 0; i < plain->length; i++) {
        char before = i >= 2 ? plain->s[i - 2] : ' ';
        char vowel = i >= 1 ? plain->s[i - 1] : ' ';
        bool umlaut = plain->s[i] == 'e' &&
                      (vowel == 'a' || vowel == 'o' || (vowel == 'u' && !strchr("aeioq", before)));

        if (!umlaut)
            bare.s[bare.length++] = plain->s[i];
    }
    return bare;
}

static bool same_fold(const struct fold *a, const struct fold *b)
{
    return a->length == b->length && memcmp(a->s, b->s, a->length) == 0;
}

static void fold_token(const struct character *characters, struct token *token)
{
    struct fold plain = {.length = 0};
    struct fold german = {.length = 0};
    struct fold bare;

    for (size_t i = token->from; i < token->to; i++) {
        uint32_t c = characters[i].c;
        uint32_t parts[DECOMPOSITION_MAX];
        size_t length = DECOMPOSITION_MAX;
        uint32_t *result = u32_normalize(UNINORM_NFKD, &c, 1, parts, &length);

        for (size_t p = 0; result && p < length; p++) {
            uint32_t lower = uc_tolower(result[p]);
            const char *spelling = spelled(lower);
            char last = plain.length > 0 ? plain.s[plain.length - 1] : ' ';

            if (spelling) {
                append_text(&plain, spelling);
                append_text(&german, lower == 0xf8 ? "oe" : spelling);
            } else if (lower == DIAERESIS && (last == 'a' || last == 'o' || last == 'u')) {
                append(&german, 'e');
            } else if (!is_mark(lower)) {
                append(&plain, lower);
                append(&german, lower);
            }
        }
        if (result != parts)
            free(result);
    }
    replace_ij(&plain);
    replace_ij(&german);
    token->folds[token->fold_count++] = plain;
    if (!same_fold(&plain, &german))
        token->folds[token->fold_count++] = german;
    bare = untranscribed(&plain);
    if (bare.length >= BARE_MIN && !same_fold(&plain, &bare))
        token->folds[token->fold_count++] = bare;
}

static bool all_upper(const struct character *characters, const struct token *token)
{
    size_t letters = token->to - token->from;

    for (size_t i = token->from; i < token->to; i++) {
        bool plural = i + 1 == token->to && letters >= 3 && characters[i].c == 's';

        if (!uc_is_upper(characters[i].c) && !plural)
            return false;
    }
    return letters >= 2;
}

/* Tokens so far decide: an abbreviation's full stop (Dr., e.V.) ends a sentence for us as well, which is the
 * careful side, because a capital there proves nothing. */
static bool starts_sentence(const struct reading *reading, size_t from)
{
    for (size_t i = from; i-- > 0;) {
        uint32_t c = reading->characters[i].c;

        if (reading_is_word(c) || c == ',' || c == '-' || c == '/')
            return false;
        if (c == '.' || c == '!' || c == '?' || c == ':' || c == '\n')
            return true;
    }
    return true;
}

static bool read_characters(struct reading *reading, const uint8_t *text, size_t length)
{
    uint32_t at = 0;

    for (size_t byte = 0; byte < length; at++) {
        ucs4_t c;
        int size = u8_mbtoucr(&c, text + byte, length - byte);
        const uint8_t *next;

        if (size <= 0 || c == 0)
            return false;
        /* at the end of a line a soft hyphen is seen */
        next = text + byte + size;
        if (c == SOFT_HYPHEN && byte + (size_t)size < length && (*next == '\n' || *next == '\r'))
            c = '-';
        if (!is_invisible(c))
            reading->characters[reading->character_count++] = (struct character){
                .c = normalised(c), .byte = (uint32_t)byte, .at = at, .size = (uint32_t)size};
        byte += (size_t)size;
    }
    return true;
}

/* The character after a hyphen and a line break that part a word at the index; the index: none do. */
static size_t break_end(const struct reading *reading, size_t index)
{
    size_t end = index + 1;
    bool line = false;

    if (index == 0 || reading_at(reading, index) != '-' || !is_letter(reading_at(reading, index - 1)))
        return index;
    for (; reading_is_space(reading_at(reading, end)); end++)
        line = line || reading_at(reading, end) == '\n';
    return line && is_letter(reading_at(reading, end)) ? end : index;
}

/* False: no word is parted. */
static bool join_parted_words(struct reading *reading)
{
    size_t kept = 0;
    bool joined;

    for (size_t i = 0; i < reading->character_count;) {
        size_t end = break_end(reading, i);

        if (end == i)
            reading->characters[kept++] = reading->characters[end++];
        i = end;
    }
    joined = kept < reading->character_count;
    reading->character_count = kept;
    return joined;
}

static size_t token_end(const struct reading *reading, size_t from)
{
    bool number = is_digit(reading->characters[from].c);
    size_t to = from;

    while (to < reading->character_count && reading_is_word(reading->characters[to].c) &&
           is_digit(reading->characters[to].c) == number)
        to++;
    return to;
}

static size_t count_tokens(const struct reading *reading)
{
    size_t count = 0;

    for (size_t i = 0; i < reading->character_count;) {
        if (!reading_is_word(reading->characters[i].c)) {
            i++;
            continue;
        }
        i = token_end(reading, i);
        count++;
    }
    return count;
}

static void read_tokens(struct reading *reading)
{
    for (size_t i = 0; i < reading->character_count;) {
        struct token *token;

        if (!reading_is_word(reading->characters[i].c)) {
            i++;
            continue;
        }
        token = &reading->tokens[reading->token_count++];
        *token = (struct token){.from = i, .to = token_end(reading, i)};
        i = token->to;
        token->number = is_digit(reading->characters[token->from].c);
        token->capital = uc_is_upper(reading->characters[token->from].c);
        token->upper = all_upper(reading->characters, token);
        token->sentence_start = starts_sentence(reading, token->from);
        fold_token(reading->characters, token);
    }
}

static enum reading_status create(const char *text, size_t length, bool joined, struct reading **out)
{
    enum reading_status status = READING_NO_MEMORY;
    struct reading *reading;

    *out = NULL;
    if (length > READING_BYTES_MAX)
        return READING_TOO_LONG;
    reading = calloc(1, sizeof *reading);
    if (!reading)
        return READING_NO_MEMORY;
    reading->characters = calloc(length + 1, sizeof *reading->characters);
    if (!reading->characters)
        goto fail;
    if (!read_characters(reading, (const uint8_t *)text, length)) {
        status = READING_INVALID_UTF8;
        goto fail;
    }
    if (joined && !join_parted_words(reading)) {
        status = READING_OK;
        goto fail;
    }
    reading->tokens = calloc(count_tokens(reading) + 1, sizeof *reading->tokens);
    if (!reading->tokens)
        goto fail;
    read_tokens(reading);
    *out = reading;
    return READING_OK;
fail:
    reading_destroy(reading);
    return status;
}

enum reading_status reading_create(const char *text, size_t length, struct reading **reading)
{
    return create(text, length, false, reading);
}

enum reading_status reading_create_joined(const char *text, size_t length, struct reading **reading)
{
    return create(text, length, true, reading);
}

void reading_destroy(struct reading *reading)
{
    if (!reading)
        return;
    free(reading->characters);
    free(reading->tokens);
    free(reading);
}

uint32_t reading_at(const struct reading *reading, size_t index)
{
    return index < reading->character_count ? reading->characters[index].c : 0;
}

uint32_t reading_lower_at(const struct reading *reading, size_t index)
{
    return uc_tolower(reading_at(reading, index));
}
