/* The words that tables of towns use, in German, Dutch, French and English, and what they mean here: names of
 * columns, categories, sectors, states, languages, and dates as people write them. Upper and lower case,
 * accents, spaces and punctuation make no difference. Pure; any thread. */
#ifndef NODE_CORE_VOCABULARY_H
#define NODE_CORE_VOCABULARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum vocabulary_column {
    COLUMN_ORGANISATION,
    COLUMN_SECTOR,
    COLUMN_KIND,
    COLUMN_MUNICIPALITY,
    COLUMN_TITLE,
    COLUMN_TEXT,
    COLUMN_LANGUAGE,
    COLUMN_CATEGORY,
    COLUMN_QUANTITY,
    COLUMN_UNIT,
    COLUMN_DAY, /* needed by, available until */
    COLUMN_RETURN_FAVOUR,
    COLUMN_NOTE,
    COLUMN_STATE,
    COLUMN_EXTERNAL_ID,
    COLUMN_SOURCE,
    COLUMN_COUNT
};

/* COLUMN_COUNT when the header is none of ours. */
enum vocabulary_column vocabulary_column(const char *header);

/* The wire code of a word, NULL when it is none. */
const char *vocabulary_category(const char *word);
const char *vocabulary_sector(const char *word);
const char *vocabulary_proposal_state(const char *word);
const char *vocabulary_offer_state(const char *word);
const char *vocabulary_language(const char *word);

enum { VOCABULARY_DATE_SIZE = 11 };
/* 24.12.2026, 24/12/2026, 24-12-2026 or 2026-12-24 to the last form; a real day. */
bool vocabulary_date(const char *text, char date[VOCABULARY_DATE_SIZE]);

/* "1.200", "1 200", "1200" to 1200; what follows the number ("1200 kg") begins at *rest. False: no whole
 * number. */
bool vocabulary_quantity(const char *text, int64_t *quantity, const char **rest);

#endif
