#include "node/core/anonymity.h"

#include <string.h>

#include "node/core/addresses.h"
#include "node/core/identifiers.h"
#include "protocol/entry.h"

/* Below these, who asks can be found out by asking around: our own choice, in line with the least cell of a
 * report (5 organisations, 5 companies). */
enum { KIND_MIN = 3, PARTICIPANTS_MIN = 5, SUPERLATIVE_REACH = 2 };

/* Up to where each of entry_quantity_bands reaches; the last has no end. */
static const int64_t BANDS[] = {1, 5, 20, 100, 500, INT64_MAX};

/* In both readings: a hyphen at the end of a line may be the word's own or none. */
enum reading_status anonymity_check(const char *text, size_t length, const char *language,
                                    const struct names *names, struct findings *findings)
{
    static enum reading_status (*const READINGS[])(const char *, size_t, struct reading **) = {
        reading_create, reading_create_joined};
    enum reading_status status = READING_OK;

    for (size_t i = 0; i < sizeof READINGS / sizeof *READINGS && status == READING_OK; i++) {
        struct reading *reading = NULL;

        status = READINGS[i](text, length, &reading);
        if (reading && (!identifiers_find(reading, findings) || !addresses_find(reading, names, findings) ||
                        !names_find(names, reading, language, findings)))
            status = READING_NO_MEMORY;
        reading_destroy(reading);
    }
    findings_settle(findings);
    return status;
}

static unsigned flags_of(const struct token *token, const struct names *names)
{
    unsigned flags = 0;

    for (size_t f = 0; f < token->fold_count; f++)
        flags |= words_flags(names_words(names), token->folds[f].s, token->folds[f].length);
    return flags;
}

/* Rare kinds of two words stand joined in the table: food bank, banque alimentaire. */
static bool is_rare_pair(const struct reading *reading, size_t index, const struct names *names)
{
    struct fold joined;
    const struct fold *tail;

    if (index + 1 == reading->token_count)
        return false;
    joined = reading->tokens[index].folds[0];
    tail = &reading->tokens[index + 1].folds[0];
    if (joined.length + tail->length > FOLD_MAX)
        return false;
    memcpy(joined.s + joined.length, tail->s, tail->length);
    return (words_flags(names_words(names), joined.s, joined.length + tail->length) & WORD_RARE_KIND) != 0;
}

/* "the oldest club", not "the biggest wish": one of the next words says what kind of organisation. */
static bool is_of_a_kind(const struct reading *reading, size_t index, const struct names *names)
{
    for (size_t i = index + 1; i < reading->token_count && i <= index + SUPERLATIVE_REACH; i++) {
        const struct fold *fold = &reading->tokens[i].folds[0];
        unsigned flags = flags_of(&reading->tokens[i], names);
        bool compound = flags == 0 && words_is_generic(names_words(names), fold->s, fold->length);

        if ((flags & (WORD_KIND | WORD_RARE_KIND)) || compound)
            return true;
    }
    return false;
}

static bool add_words(const struct reading *reading, const struct names *names, struct findings *findings)
{
    for (size_t i = 0; i < reading->token_count; i++) {
        const struct token *token = &reading->tokens[i];
        unsigned flags = flags_of(token, names);
        size_t to = token->to;

        if (is_rare_pair(reading, i, names)) {
            flags |= WORD_RARE_KIND;
            to = reading->tokens[i + 1].to;
        }
        if ((flags & WORD_RARE_KIND) &&
            !findings_add(findings, reading, FINDING_RARE_KIND, token->from, to, NULL))
            return false;
        if ((flags & WORD_SUPERLATIVE) && is_of_a_kind(reading, i, names) &&
            !findings_add(findings, reading, FINDING_SUPERLATIVE, token->from, token->to, NULL))
            return false;
    }
    return true;
}

enum reading_status anonymity_check_uniqueness(const char *text, size_t length, const struct names *names,
                                               const struct uniqueness *facts, struct findings *findings)
{
    struct reading *reading = NULL;
    enum reading_status status = reading_create(text, length, &reading);
    bool few;

    if (status != READING_OK)
        return status;
    few = (facts->same_kind >= 0 && facts->same_kind < KIND_MIN) ||
          (facts->participants >= 0 && facts->participants < PARTICIPANTS_MIN);

    if (!add_words(reading, names, findings) ||
        (few && !findings_add_whole(findings, FINDING_FEW_KNOWN, true)))
        status = READING_NO_MEMORY;
    reading_destroy(reading);
    findings_settle(findings);
    return status;
}

const char *anonymity_quantity_band(int64_t quantity)
{
    size_t i;

    if (quantity < 1)
        return NULL;
    i = 0;
    while (quantity > BANDS[i])
        i++;
    return entry_quantity_bands[i];
}

bool anonymity_month(const char *date, char month[ANONYMITY_MONTH_SIZE])
{
    static const char FORM[] = "dddd-dd-dd";

    if (strlen(date) != sizeof FORM - 1)
        return false;
    for (size_t i = 0; FORM[i] != '\0'; i++)
        if (FORM[i] == 'd' ? date[i] < '0' || date[i] > '9' : date[i] != FORM[i])
            return false;
    memcpy(month, date, ANONYMITY_MONTH_SIZE - 1);
    month[ANONYMITY_MONTH_SIZE - 1] = '\0';
    return strcmp(month + 5, "01") >= 0 && strcmp(month + 5, "12") <= 0;
}
