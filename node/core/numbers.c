#include "node/core/numbers.h"

enum {
    GROUPS_MAX = 24,
    PHONE_DIGITS_MAX = 15, /* E.164 */
    PHONE_DIGITS_MIN = 8,
    PHONE_DIGITS_ANNOUNCED = 5, /* after "Tel." */
    PHONE_GAP = 3,
    PAIRS_MIN = 5, /* 06 12 34 56 78; fewer pairs are a time or a date */
    ACCOUNT_DIGITS_MIN = 6,
    ANNOUNCED_WITHIN = 12, /* characters between "IBAN" and a number */
    RIGHT_BEFORE = 3,      /* … between "Nr." and a number */
    WORD_MAX = 20,         /* characters of the longest word that announces a number */
};

/* --- bank accounts --- */

/* Countries and lengths, ISO 13616. */
static const char IBANS[] =
    "DE22 NL18 FR27 BE16 LU20 AT20 CH21 LI21 GB22 IE22 IT27 ES24 PT25 PL28 CZ24 SK24 HU28 SI19 HR21 "
    "RO24 BG22 GR27 CY28 MT31 DK18 SE24 NO15 FI18 IS26 EE20 LV21 LT20 MC27 SM27 TR26 UA29 RS22 BA20";

static const char *const ACCOUNTS[] = {"iban",         "kontonummer",    "konto",    "kto",        "blz",
                                       "bankleitzahl", "rekeningnummer", "rekening", "banknummer", "compte",
                                       "rib"};

/* Does one of the words stand whole at the index? Where it ends; 0: none does. */
static size_t word_end(const struct scan *scan, size_t index, const char *const *words, size_t count)
{
    if (reading_is_word(scan_before(scan, index)))
        return 0;
    for (size_t i = 0; i < count; i++) {
        size_t length = scan_match(scan, index, words[i]);

        if (length > 0 && !reading_is_word(scan_at(scan, index + length)))
            return index + length;
    }
    return 0;
}

/* Where one of the words begins that stands `within` characters before the index at most; `index`: none. */
static size_t word_before(const struct scan *scan, size_t index, size_t within, const char *const *words,
                          size_t count)
{
    for (size_t i = index; i-- > 0 && index - i <= within + WORD_MAX;) {
        size_t end = word_end(scan, i, words, count);

        if (end > 0 && end <= index && index - end <= within)
            return i;
    }
    return index;
}

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define IS_ANNOUNCED(scan, index, words)                                                                     \
    (word_before(scan, index, ANNOUNCED_WITHIN, words, COUNT(words)) < (index))

static size_t iban_length(const struct scan *scan, size_t index)
{
    for (const char *row = IBANS; *row != '\0'; row += row[4] == '\0' ? 4 : 5)
        if ((scan_at(scan, index) & ~32u) == (uint32_t)row[0] &&
            (scan_at(scan, index + 1) & ~32u) == (uint32_t)row[1])
            return (size_t)(row[2] - '0') * 10 + (size_t)(row[3] - '0');
    return 0;
}

/* ISO 13616: the first four characters to the end, letters as 10 … 35, the whole is 1 modulo 97. */
static bool is_valid_iban(const char *iban, size_t length)
{
    unsigned rest = 0;

    for (size_t i = 0; i < length; i++) {
        char c = iban[(i + 4) % length];
        unsigned value = c <= '9' ? (unsigned)(c - '0') : (unsigned)(c - 'A') + 10;

        rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
    }
    return rest == 1;
}

static void find_iban(struct scan *scan, size_t index)
{
    char iban[40];
    size_t length = iban_length(scan, index);
    size_t count = 0;
    size_t i = index;

    if (length == 0 || reading_is_word(scan_before(scan, index)) || scan->taken[index])
        return;
    for (; count < length; i++) {
        uint32_t c = scan_at(scan, i);

        if (scan_is_digit(c) || scan_is_ascii_letter(c))
            iban[count++] = (char)(scan_is_digit(c) ? c : c & ~32u);
        else if (!scan_is_one_of(c, " -.\n\r"))
            return;
        if ((count == 3 || count == 4) && !scan_is_digit((uint32_t)iban[count - 1]))
            return;
    }
    if (reading_is_word(scan_at(scan, i)))
        return;
    /* with a digit mistyped it still leads to the account's holder, but only "IBAN" before it tells that it
     * is one */
    if (is_valid_iban(iban, length) || word_before(scan, index, ANNOUNCED_WITHIN, ACCOUNTS, 1) < index)
        scan_take(scan, FINDING_IBAN, index, i);
}

/* --- numbers: accounts and telephones --- */

static const char *const PHONES[] = {
    "tel",       "telefon",   "telefonnummer", "telefoonnummer", "handynummer", "telefoon",
    "telephone", "téléphone", "tél",           "phone",          "fon",         "ruf",
    "rufnummer", "mobil",     "mobiel",        "mobile",         "handy",       "fax",
    "portable",  "whatsapp",  "bel",           "call",           "anrufen",     "durchwahl",
    "gsm",       "hotline",   "ring",          "06-nummer",      "signal",      "sms"};

/* A telephone's number unless an article's. */
static const char *const NUMBERS[] = {"nummer", "numéro", "number"};

/* What an article is told by is no telephone. */
static const char *const ARTICLES[] = {"art",
                                       "artikel",
                                       "artikelnummer",
                                       "artikelnr",
                                       "article",
                                       "modell",
                                       "model",
                                       "modèle",
                                       "typ",
                                       "type",
                                       "ref",
                                       "réf",
                                       "referenz",
                                       "referentie",
                                       "reference",
                                       "référence",
                                       "isbn",
                                       "ean",
                                       "gtin",
                                       "sku",
                                       "charge",
                                       "serie",
                                       "série",
                                       "serial",
                                       "seriennummer",
                                       "seriennr",
                                       "serienummer",
                                       "sn",
                                       "teilenummer",
                                       "ersatzteil",
                                       "gerätenummer",
                                       "inventarnummer",
                                       "katalog",
                                       "katalognummer",
                                       "bestellnummer",
                                       "bestellnr",
                                       "bestelnummer",
                                       "onderdeelnummer",
                                       "ordernummer",
                                       "auftragsnummer",
                                       "rechnungsnummer",
                                       "factuurnummer",
                                       "aktenzeichen",
                                       "geschäftszeichen",
                                       "kundennummer",
                                       "kundennr",
                                       "modellnummer",
                                       "modelnummer",
                                       "produktnummer",
                                       "zählernummer",
                                       "chargennummer",
                                       "klantnummer"};

/* These may mean either: an article's right after what it is the number of ("Toner Nr."), a telephone's after
 * what leads to one ("unter Nr."). */
static const char *const NUMBER_SIGNS[] = {"nr", "no", "n°", "num"};
static const char *const LEADS[] = {
    "unter",    "der",       "die", "meine", "meiner",  "unsere",  "unserer", "neue",     "neuen",
    "folgende", "folgender", "bei", "büro",  "privat",  "kontakt", "rückruf", "rückrufe", "zentrale",
    "au",       "le",        "sur", "op",    "onder",   "via",     "het",     "mijn",     "ons",
    "on",       "the",       "our", "my",    "contact", "of",      "oder",    "ou",       "or"};

/* An article's word, and nothing between that begins something else. */
static bool is_article(const struct scan *scan, size_t index)
{
    size_t i = word_before(scan, index, ANNOUNCED_WITHIN, ARTICLES, COUNT(ARTICLES));
    bool article = i < index;

    for (; i < index; i++)
        article = article && !scan_is_digit(scan_at(scan, i)) && !scan_is_one_of(scan_at(scan, i), ",;!?()");
    return article;
}

/* "Toner Nr.", but not "unter Nr.". */
static bool is_after_sign(const struct scan *scan, size_t index)
{
    size_t sign = word_before(scan, index, RIGHT_BEFORE, NUMBER_SIGNS, COUNT(NUMBER_SIGNS));
    size_t thing = sign;

    if (sign == index)
        return false;
    while (scan_is_one_of(scan_before(scan, thing), " -"))
        thing--;
    return reading_is_word(scan_before(scan, thing)) &&
           word_before(scan, sign, sign - thing, LEADS, COUNT(LEADS)) == sign;
}

/* A run of digits with the separators of telephone numbers between. */
struct run {
    size_t from, to;
    size_t digits;
    size_t groups[GROUPS_MAX]; /* digits of each */
    size_t group_count;
    uint32_t gaps[GROUPS_MAX]; /* first character after each */
};

static struct run read_run(const struct scan *scan, size_t index, size_t digits_max)
{
    struct run run = {.from = index, .to = index};
    size_t i = index;

    for (;;) {
        size_t group = i;
        size_t gap;

        while (scan_is_digit(scan_at(scan, group)) && !scan->taken[group])
            group++;
        if (group == i || run.group_count == GROUPS_MAX || run.digits + (group - i) > digits_max)
            return run;
        run.digits += group - i;
        run.groups[run.group_count++] = group - i;
        run.to = group;
        gap = 0;
        while (gap < PHONE_GAP && scan_is_one_of(scan_at(scan, group + gap), " ./-()"))
            gap++;
        if (gap == 0)
            return run;
        run.gaps[run.group_count - 1] = scan_at(scan, group);
        i = group + gap;
    }
}

/* 24.11.2026, 24-11-2026, 24/11/2026 */
static size_t date_length(const struct scan *scan, size_t index)
{
    size_t i = index;
    unsigned parts[3] = {0};
    size_t lengths[3] = {0};
    bool date;

    for (size_t p = 0; p < 3; p++) {
        while (scan_is_digit(scan_at(scan, i)) && lengths[p] < 4) {
            parts[p] = parts[p] * 10 + (scan_at(scan, i) - '0');
            lengths[p]++;
            i++;
        }
        if (p < 2 && !scan_is_one_of(scan_at(scan, i), "./-"))
            return 0;
        i += p < 2;
        while (p < 2 && scan_at(scan, i) == ' ' && scan_before(scan, i) == '.')
            i++;
    }
    date = lengths[0] >= 1 && lengths[0] <= 2 && lengths[1] >= 1 && lengths[1] <= 2 && lengths[2] == 4 &&
           parts[0] >= 1 && parts[0] <= 31 && parts[1] >= 1 && parts[1] <= 12 && parts[2] >= 1900 &&
           parts[2] < 2100;
    return date && !scan_is_digit(scan_at(scan, i)) ? i - index : 0;
}

/* Only pairs: a telephone number if the first five are separated alike, else opening hours or days. */
static bool is_schedule(const struct run *run)
{
    bool alike = run->group_count >= PAIRS_MIN;

    for (size_t i = 0; i < run->group_count; i++)
        if (run->groups[i] != 2)
            return false;
    for (size_t i = 1; alike && i + 1 < PAIRS_MIN; i++)
        alike = run->gaps[i] == run->gaps[0];
    return !alike;
}

/* A national number begins with one 0, an international one with + or 00 and a country. */
static bool is_phone(const struct scan *scan, const struct run *run, bool plus)
{
    size_t i = run->from;
    uint32_t second = scan_at(scan, i + 1);

    if (run->digits < PHONE_DIGITS_MIN)
        return false;
    if (plus)
        return scan_at(scan, i) != '0';
    if (scan_at(scan, i) != '0')
        return false;
    if (second == '0')
        return scan_at(scan, i + 2) >= '1' && scan_at(scan, i + 2) <= '9' &&
               run->digits > PHONE_DIGITS_MIN + 1;
    return !is_schedule(run);
}

/* German, French and Dutch, British, by beginning and length: too good a mobile number for an article's. */
static bool is_mobile(const struct scan *scan, const struct run *run)
{
    uint32_t second = scan_at(scan, run->from + 1);

    if (scan_at(scan, run->from) != '0')
        return false;
    if (second == '1')
        return scan_at(scan, run->from + 2) >= '5' && run->digits >= 11 && run->digits <= 12;
    return (second == '6' || second == '7') && (run->digits == 10 || (second == '7' && run->digits == 11));
}

/* Where to go on. */
static size_t find_number(struct scan *scan, size_t index)
{
    bool plus = scan_at(scan, index) == '+';
    size_t digits = index + (plus ? 1 : 0);
    uint32_t prior = scan_before(scan, index);
    struct run run;
    bool article;
    bool announced;
    bool phone;

    if (plus && (scan_at(scan, digits) == ' ' || scan_at(scan, digits) == '('))
        digits++;
    if (!scan_is_digit(scan_at(scan, digits)) || scan->taken[digits] || reading_is_word(prior))
        return index + 1;
    if (scan_is_one_of(prior, ".,-/") && index > 1 && scan_is_digit(scan_at(scan, index - 2)))
        return index + 1; /* the middle of a number that was looked at and left */
    run = read_run(scan, digits, PHONE_DIGITS_MAX);
    article = (scan_is_one_of(prior, "-/") && reading_is_word(scan_before(scan, index - 1))) ||
              is_article(scan, index) || (is_after_sign(scan, index) && !is_mobile(scan, &run));
    announced = IS_ANNOUNCED(scan, index, PHONES) || (!article && IS_ANNOUNCED(scan, index, NUMBERS));
    phone = is_phone(scan, &run, plus);
    if ((phone && (plus || !article)) || (announced && run.digits >= PHONE_DIGITS_ANNOUNCED))
        scan_take(scan, FINDING_PHONE, prior == '(' ? index - 1 : index, run.to);
    else if (run.digits >= ACCOUNT_DIGITS_MIN && IS_ANNOUNCED(scan, index, ACCOUNTS))
        scan_take(scan, FINDING_IBAN, index, run.to);
    else if (!phone)
        return index + 1; /* a telephone's number may begin within: "3 0681 123456" */
    return run.to;
}

void numbers_find(struct scan *scan)
{
    size_t count = scan->reading->character_count;

    for (size_t i = 0; i < count; i++)
        find_iban(scan, i);
    for (size_t i = 0; i < count; i++) {
        size_t date = reading_is_word(scan_before(scan, i)) ? 0 : date_length(scan, i);

        for (size_t d = 0; d < date; d++)
            scan->taken[i + d] = true;
    }
    for (size_t i = 0; i < count;)
        i = find_number(scan, i);
}
