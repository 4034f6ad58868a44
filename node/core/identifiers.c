#include "node/core/identifiers.h"

#include <stdlib.h>
#include <string.h>

#include "node/core/numbers.h"
#include "node/core/scan.h"

enum { HANDLE_MIN = 2 };

/* --- domains --- */

/* Endings that people use, without those that are words after a full stop whose space was forgotten (es, is,
 * at … stays, since Austrian addresses are more frequent than that). */
static const char *const TOP_LEVELS[] = {
    "de",     "nl",        "fr",     "be",      "lu",     "at",         "ch",       "eu",         "com",
    "org",    "net",       "info",   "biz",     "uk",     "ie",         "io",       "co",         "app",
    "dev",    "tv",        "cc",     "pl",      "cz",     "dk",         "se",       "pt",         "ngo",
    "coop",   "tech",      "shop",   "site",    "online", "store",      "club",     "cloud",      "email",
    "events", "social",    "berlin", "hamburg", "koeln",  "cologne",    "saarland", "bayern",     "nrw",
    "ruhr",   "amsterdam", "frl",    "paris",   "bzh",    "alsace",     "brussels", "vlaanderen", "gent",
    "london", "wales",     "scot",   "world",   "earth",  "foundation", "example",  "page",       "link",
    "live",   "blog",      "jetzt",  "gmbh",    "team",   "care",       "help",     "charity",    "me",
    "ly",     "gl",
};

static const char *const DOTS[] = {"(dot)",    "[dot]",    "{dot}",     "(punkt)",  "[punkt]",   "{punkt}",
                                   "(punt)",   "[punt]",   "(point)",   "[point]",  "(.)",       "[.]",
                                   " dot ",    " punkt ",  " (dot) ",   " [dot] ",  " (punkt) ", " [punkt] ",
                                   " (punt) ", " [punt] ", " (point) ", " [point] "};
/* "à ce point de": a plain word only before what is not one */
static const char *const DOT_WORDS[] = {" point ", " punt "};

static const char *const ATS[] = {
    "@",    "(at)",          "[at]",          "{at}", "<at>",      "(ät)",      "[ät]",
    "(a)",  "[a]",           "(@)",           "[@]",  "(arobase)", "[arobase]", "(apenstaartje)",
    "-at-", "(apestaartje)", "[apenstaartje]"};
static const char *const AT_WORDS[] = {" at ",           " ät ",          " arobase ",
                                       " apenstaartje ", " apestaartje ", " klammeraffe "};

static bool is_label(uint32_t c)
{
    return reading_is_word(c) || c == '-';
}

static size_t label_end(const struct scan *scan, size_t index)
{
    while (is_label(scan_at(scan, index)))
        index++;
    return index;
}

static size_t dot_length(const struct scan *scan, size_t index)
{
    size_t length;

    if (scan_at(scan, index) == '.')
        return 1;
    length = SCAN_MATCH_ANY(scan, index, DOTS);
    if (length > 0)
        return length;
    length = SCAN_MATCH_ANY(scan, index, DOT_WORDS);
    return length > 0 && scan_match(scan, index + length, "de") == 0 ? length : 0;
}

static bool is_top_level(const struct scan *scan, size_t from, size_t to)
{
    if (scan_at(scan, from) >= 'A' && scan_at(scan, from) <= 'Z' &&
        !(scan_at(scan, from + 1) >= 'A' && scan_at(scan, from + 1) <= 'Z'))
        return false; /* "fertig.De": a new sentence */
    for (size_t i = 0; i < sizeof TOP_LEVELS / sizeof *TOP_LEVELS; i++)
        if (strlen(TOP_LEVELS[i]) == to - from && scan_match(scan, from, TOP_LEVELS[i]) > 0)
            return true;
    return false;
}

/* The end of label.label…, 0 if there is none; *known tells whether the last label is a top-level domain we
 * know. */
static size_t domain_end(const struct scan *scan, size_t index, bool *known)
{
    size_t end = 0;
    size_t label = label_end(scan, index);

    *known = false;
    if (label == index)
        return 0;
    for (;;) {
        size_t dot = dot_length(scan, label);
        size_t next = label + dot;
        bool letters;
        bool top;

        if (dot == 0 || !is_label(scan_at(scan, next)))
            return end;
        label = label_end(scan, next);
        letters = label - next >= 2 && scan_is_ascii_letter(scan_at(scan, next)) &&
                  scan_is_ascii_letter(scan_at(scan, next + 1));
        top = letters && is_top_level(scan, next, label);
        /* what follows a spelled-out dot must be known, or "einen Punkt machen" were a domain */
        if (dot > 1 && !top)
            return end;
        if (letters) {
            end = label;
            *known = top;
        }
    }
}

static size_t path_end(const struct scan *scan, size_t index)
{
    if (!scan_is_one_of(scan_at(scan, index), "/:?#"))
        return index;
    if (scan_at(scan, index) == ':' && !scan_is_digit(scan_at(scan, index + 1)))
        return index;
    while (scan_at(scan, index) > ' ' && !scan_is_one_of(scan_at(scan, index), "\"<>()"))
        index++;
    while (scan_is_one_of(scan_before(scan, index), ".,;:!?"))
        index--;
    return index;
}

/* --- e-mail --- */

static bool is_local(uint32_t c)
{
    return reading_is_word(c) || scan_is_one_of(c, "._%+-");
}

static void find_email(struct scan *scan, size_t index)
{
    bool plain = scan_at(scan, index) == '@';
    size_t from = index;
    size_t length = SCAN_MATCH_ANY(scan, index, ATS);
    bool word = length == 0;
    size_t local;
    size_t domain;
    bool known;
    size_t end;

    if (word)
        length = SCAN_MATCH_ANY(scan, index, AT_WORDS);
    if (length == 0)
        return;
    while (from > 0 && scan_before(scan, from) == ' ')
        from--;
    if (plain && from < index && scan_at(scan, index + 1) != ' ')
        return; /* "an @name": a handle */
    local = from;
    while (local > 0 && is_local(scan_before(scan, local)))
        local--;
    while (local < from && !reading_is_word(scan_at(scan, local)))
        local++;
    domain = index + length;
    while (scan_at(scan, domain) == ' ' && domain < index + length + 2)
        domain++;
    end = domain_end(scan, domain, &known);
    if (plain && end == 0 && from == index && scan_is_letter(scan_at(scan, domain)))
        end = label_end(scan, domain); /* anna@firma */
    if (local == from || end == 0 || (!known && (word || from < index)) || scan_is_taken(scan, local, end))
        return;
    scan_take(scan, FINDING_EMAIL, local, end);
}

/* --- web --- */

static const char *const SCHEMES[] = {"http://", "https://", "hxxp://", "hxxps://",
                                      "ftp://",  "mailto:",  "www."};
static const char *const PLATFORMS[] = {"instagram", "insta",    "facebook", "fb",       "twitter",
                                        "tiktok",    "telegram", "whatsapp", "threema",  "skype",
                                        "linkedin",  "mastodon", "youtube",  "snapchat", "bluesky"};

static bool is_handle(uint32_t c)
{
    return reading_is_word(c) || c == '_' || c == '.' || c == '-';
}

static size_t handle_end(const struct scan *scan, size_t index)
{
    while (is_handle(scan_at(scan, index)))
        index++;
    while (scan_before(scan, index) == '.' || scan_before(scan, index) == '-')
        index--;
    return index;
}

static void find_url(struct scan *scan, size_t index)
{
    size_t scheme;
    size_t end;
    size_t platform;
    size_t handle;
    bool known;
    size_t label;
    bool letters;

    if (reading_is_word(scan_before(scan, index)) || scan->taken[index])
        return;

    scheme = SCAN_MATCH_ANY(scan, index, SCHEMES);
    end = index + scheme;
    if (scheme > 0) {
        while (scan_at(scan, end) > ' ' && !scan_is_one_of(scan_at(scan, end), "\"<>()"))
            end++;
        while (end > index + scheme && scan_is_one_of(scan_before(scan, end), ".,;:!?"))
            end--;
        if (end > index + scheme)
            scan_take(scan, FINDING_URL, index, end);
        return;
    }

    platform = SCAN_MATCH_ANY(scan, index, PLATFORMS);
    handle = index + platform;
    if (platform > 0 && scan_at(scan, handle) == ':') {
        handle++;
        while (scan_at(scan, handle) == ' ' || scan_at(scan, handle) == '@')
            handle++;
        end = handle_end(scan, handle);
        if (end >= handle + HANDLE_MIN && scan_is_letter(scan_at(scan, handle))) {
            scan_take(scan, FINDING_URL, index, end);
            return;
        }
    }

    if (scan_at(scan, index) == '@' && reading_is_word(scan_at(scan, index + 1))) {
        end = handle_end(scan, index + 1);
        if (end >= index + 1 + HANDLE_MIN)
            scan_take(scan, FINDING_URL, index, end);
        return;
    }

    if (!reading_is_word(scan_at(scan, index)) || scan_before(scan, index) == '.' ||
        scan_before(scan, index) == '-')
        return;
    end = domain_end(scan, index, &known);
    if (end == 0 || !known || scan_is_taken(scan, index, end))
        return;
    label = label_end(scan, index);
    letters = false;
    for (size_t i = index; i < label; i++)
        letters = letters || scan_is_letter(scan_at(scan, i));
    if (letters && label - index >= 2)
        scan_take(scan, FINDING_URL, index, path_end(scan, end));
}

bool identifiers_find(const struct reading *reading, struct findings *findings)
{
    size_t count = reading->character_count;
    struct scan scan = {.reading = reading, .findings = findings};

    scan.taken = calloc(count + 1, sizeof *scan.taken);
    if (!scan.taken)
        return false;
    for (size_t i = 0; i < count; i++)
        find_email(&scan, i);
    for (size_t i = 0; i < count; i++)
        find_url(&scan, i);
    numbers_find(&scan);
    free(scan.taken);
    return !scan.failed;
}
