#include "node/core/streets.h"

#include <string.h>

enum { STREET_WORDS_MAX = 5, LED_WORDS_MAX = 3 };

/* Ends of German and Dutch street names. The sure ones make a street also without a number; the others end
 * everyday words too (Spielplatz, Rundweg), so a house number must follow that counts nothing. */
static const char *const STREETS[] = {"strasse", "gasse", "allee", "chaussee", "straat",
                                      "gracht",  "laan",  "steeg", "straatje"};
static const char *const MAYBE_STREETS[] = {
    "str",  "weg",   "platz",  "ring",      "ufer",     "damm",      "steig", "stieg", "pfad",   "markt",
    "berg", "hof",   "graben", "wall",      "tor",      "promenade", "kade",  "dyk",   "singel", "dreef",
    "pad",  "haven", "wal",    "plantsoen", "park",     "plein",     "baan",  "lei",   "brink",  "hoek",
    "wei",  "stein", "brug",   "bruecke",   "voorhout", "oever",     "werf",  "diep"};

/* Dutch ones that are names as they stand, with a capital and a number: Singel 12. */
static const char *const BARE_STREETS[] = {"singel", "gracht", "plein",    "brink",
                                           "kade",   "dyk",    "voorhout", "plantsoen"};

/* Sure endings that are not the name of a street with these before them. */
static const char *const NO_STREETS[] = {
    "haupt",    "neben",      "land",    "bundes",   "seiten",   "wohn",        "spiel",
    "einkaufs", "durchgangs", "schnell", "kreis",    "zufahrts", "winkel",      "dorps",
    "woon",     "hoofd",      "zy",      "wasch",    "milch",    "fussgaenger", "strassen",
    "auto",     "fahr",       "einbahn", "verkehrs", "anlieger", "privat",      "sack"};

/* Kinds of French streets; those that are also other words (deux places, un cours) need more around them. */
static const char *const RUES[] = {"rue",  "avenue",   "boulevard", "impasse",  "allee",
                                   "quai", "faubourg", "ruelle",    "chaussee", "bd",
                                   "bvd",  "bld",      "blvd",      "boul",     "fbg"};
static const char *const MAYBE_RUES[] = {
    "av",  "place", "route", "chemin",    "cours",     "square",      "passage",   "sentier", "rte", "chem",
    "crs", "voie",  "villa", "residence", "esplanade", "lotissement", "promenade", "montee",  "cite"};

/* Short ones that are also other words (all, la R. 12): with their full stop or a particle only. */
static const char *const SHORT_RUES[] = {"pl",   "sq",  "all", "imp",  "r",  "ch", "che",
                                         "pass", "res", "lot", "prom", "fg", "qu"};

static const char *const ENGLISH[] = {"street",  "st",       "road",    "rd",    "avenue", "ave",    "lane",
                                      "ln",      "drive",    "close",   "court", "way",    "square", "place",
                                      "terrace", "crescent", "gardens", "row",   "hill",   "mews",   "grove",
                                      "parade",  "walk",     "green",   "gate"};

/* How German street names of several words begin: Am Staden, Hinter der Mauer. */
static const char *const OPENINGS[] = {"am",    "an",  "im",  "in",   "auf", "zum", "zur", "hinter",
                                       "unter", "vor", "bei", "beim", "ob",  "aan", "op"};

/* The same in small letters: with its article in it, or before one. */
static const char *const FUSED[] = {"am", "im", "zum", "zur", "beim", "vom"};
static const char *const LEADS[] = {"an",  "auf", "in", "hinter", "unter", "vor",    "bei",   "ob",
                                    "aan", "op",  "by", "naar",   "nabij", "achter", "naast", "tegenover"};
static const char *const GERMAN_ARTICLES[] = {"der", "dem", "den"};
static const char *const DUTCH_ARTICLES[] = {"de", "het", "t"};

/* What has a number that is no house's: times, and, at the end of words too, what is counted through. */
static const char *const TIMES[] = {
    "montag",  "dienstag",  "mittwoch",     "donnerstag", "freitag",  "samstag",  "sonntag",
    "januar",  "februar",   "maerz",        "april",      "mai",      "juni",     "juli",
    "august",  "september", "oktober",      "november",   "dezember", "jahr",     "jahre",
    "alter",   "schnitt",   "durchschnitt", "woche",      "week",     "maand",    "jaar",
    "maandag", "dinsdag",   "woensdag",     "donderdag",  "vrydag",   "zaterdag", "zondag",
    "januari", "februari",  "maart",        "mei",        "augustus", "december"};
static const char *const NUMBERED[] = {
    "tag",     "dag",        "woche",  "monat",    "jahr",    "abend",  "advent",  "termin",
    "raum",    "zimmer",     "saal",   "stand",    "eingang", "tor",    "gleis",   "geschoss",
    "stock",   "etage",      "gruppe", "klasse",   "stufe",   "team",   "kurs",    "modul",
    "level",   "tisch",      "block",  "linie",    "liga",    "runde",  "kapitel", "abschnitt",
    "artikel", "paragraf",   "punkt",  "position", "seite",   "nummer", "wert",    "preis",
    "umkreis", "groep",      "klas",   "zaal",     "kamer",   "lokaal", "poort",   "ingang",
    "gebouw",  "verdieping", "unit",   "blok",     "lyn",     "ronde",  "pagina"};

/* A street's name says where, not where to: Auf dem Berg, never Auf das Konto. */
static const char *const NO_OPENINGS[] = {"das",   "die",  "ein",   "eine",  "einen",  "einem",
                                          "einer", "jede", "jeden", "diese", "diesen", "dieses"};

/* 3 %, 5 € */
static bool is_measured(const struct walk *walk, size_t end)
{
    static const uint32_t SIGNS[] = {'%', '$', 0xa3, 0xb0, 0xd7, 0x20ac};
    size_t at = walk_token(walk, end - 1)->to;

    while (reading_at(walk->reading, at) == ' ')
        at++;
    for (size_t i = 0; i < WALK_COUNT(SIGNS); i++)
        if (reading_at(walk->reading, at) == SIGNS[i])
            return true;
    return false;
}

/* Does the number end the phrase, so that it counts nothing ("am Spielplatz 3 Bänke")? A following
 * preposition or a verb in lower case would do, an adjective would not; both are lower case, so only what is
 * certain is taken. */
static bool counts_nothing(const struct walk *walk, size_t end)
{
    static const char *const AFTER[] = {
        "in",      "im",        "bei",      "beim",     "statt",   "ab",        "am",    "von",  "und",
        "oder",    "bis",       "zur",      "zum",      "an",      "mit",       "ist",   "sind", "wird",
        "te",      "en",        "of",       "op",       "om",      "is",        "tot",   "van",  "bij",
        "abholen", "abzuholen", "abgeholt", "gebracht", "ophalen", "opgehaald", "fuer",  "nach", "aus",
        "vor",     "voor",      "naar",     "met",      "uit",     "aan",       "wordt", "zijn", "staat",
        "steht",   "stehen",    "liegt",    "liegen",   "bitte",   "graag"};
    const struct token *last = walk_token(walk, end - 1);
    const struct token *next = walk_token(walk, end);

    if (!last->number)
        return true; /* 12a counts nothing anyhow */
    if (is_measured(walk, end))
        return false;
    return !next || !walk_is_apart_by(walk, last, next, " ") || WALK_IS_AMONG(next, AFTER) ||
           walk_with_place(walk, end) > end;
}

/* Is the word before the ending one that makes no name of it (Hauptstraße, this street)? */
static bool is_no_street(const struct token *token, const char *ending)
{
    for (size_t i = 0; i < WALK_COUNT(NO_STREETS); i++) {
        size_t length = strlen(NO_STREETS[i]);

        for (size_t f = 0; f < token->fold_count; f++)
            if (token->folds[f].length == length + strlen(ending) &&
                memcmp(token->folds[f].s, NO_STREETS[i], length) == 0)
                return true;
    }
    return false;
}

/* Which of the endings a word has, NULL: none; *compound: something stands before it in the same word. */
static const char *word_ending(const struct token *token, const char *const *endings, size_t count,
                               bool *compound)
{
    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(endings[i]);

        for (size_t f = 0; f < token->fold_count; f++) {
            const struct fold *fold = &token->folds[f];

            if (fold->length >= length && memcmp(fold->s + fold->length - length, endings[i], length) == 0) {
                *compound = fold->length > length;
                return endings[i];
            }
        }
    }
    return NULL;
}

/* Mai, Samstag, Nikolaustag, Raum, Seminarraum. */
static bool is_numbered(const struct token *token)
{
    bool compound;

    return WALK_IS_AMONG(token, TIMES) || word_ending(token, NUMBERED, WALK_COUNT(NUMBERED), &compound);
}

/* Where the words of a street name begin that ends at `index`: hyphenated (Karl-Marx-Straße), a capital
 * before a bare ending (Mainzer Straße), Dutch ones with particles (Burgemeester de Wittstraat). */
static size_t street_start(const struct walk *walk, size_t index, bool compound)
{
    size_t from = index;
    const struct token *before;

    while (from > 0 && index - from < STREET_WORDS_MAX &&
           reading_at(walk->reading, walk_token(walk, from)->from - 1) == '-' &&
           walk_token(walk, from - 1)->to + 1 == walk_token(walk, from)->from)
        from--;
    if (from < index || compound)
        return from;
    before = from > 0 ? walk_token(walk, from - 1) : NULL;
    if (before && before->capital && !before->number &&
        walk_is_apart_by(walk, before, walk_token(walk, from), " \n") &&
        !(walk_flags(walk, before) & WORD_FILLER))
        from--;
    return from;
}

/* Without a number: a compound written as a name, or a place's adjective and a bare ending (Mainzer Straße).
 */
static bool is_street_by_itself(const struct walk *walk, size_t from, size_t index, const char *ending,
                                bool compound)
{
    const struct token *first = walk_token(walk, from);
    const struct fold *fold = &first->folds[0];
    bool adjective;

    if (!first->capital || is_no_street(walk_token(walk, index), ending))
        return false;
    if (compound || index - from > 1 || reading_at(walk->reading, first->to) == '-')
        return true;
    adjective = fold->length >= 5 && memcmp(fold->s + fold->length - 2, "er", 2) == 0;
    return adjective ? !first->sentence_start : !(walk_flags(walk, first) & WORD_COMMON);
}

/* Bahnhofstraße 12, Mainzer Straße, Kerkstraat 4-6, Domplatz 3 in … */
static void find_street(struct walk *walk, size_t index)
{
    const struct token *token = walk_token(walk, index);
    bool compound = false;
    const char *sure;
    const char *maybe;
    size_t from;
    bool bare;
    const struct token *number;
    bool abbreviated;

    if (token->number)
        return;
    sure = word_ending(token, STREETS, WALK_COUNT(STREETS), &compound);
    maybe = !sure ? word_ending(token, MAYBE_STREETS, WALK_COUNT(MAYBE_STREETS), &compound) : NULL;
    if (!sure && !maybe)
        return;
    from = street_start(walk, index, compound);
    bare = !compound && from == index;
    if (bare && !(token->capital && WALK_IS_AMONG(token, BARE_STREETS)))
        return;

    number = walk_token(walk, index + 1);
    abbreviated = maybe && strcmp(maybe, "str") == 0;
    if (walk_is_house_number(number) &&
        walk_is_apart_by(walk, token, number, abbreviated ? " \n.," : " \n,")) {
        size_t end = walk_number_end(walk, index + 1);
        bool capital = walk_token(walk, from)->capital;
        bool ends = abbreviated || counts_nothing(walk, end);
        bool comma = number->from > token->to && reading_at(walk->reading, token->to) == ',';

        if (capital ? sure || ends : sure && ends && !comma)
            walk_add(walk, from, walk_with_place(walk, end));
    } else if (!bare && sure && is_street_by_itself(walk, from, index, sure, compound)) {
        walk_add(walk, from, index + 1);
    }
}

/* DE89, DE 89, A4: letters and digits of one number. */
static bool is_code(const struct token *letters, const struct token *digits)
{
    bool glued = letters->to == digits->from;

    return letters->upper ? glued || walk_letters(letters) <= 2 : glued && walk_letters(letters) == 1;
}

/* A house number there, short, not "A 4", "3:" or "3. stock"? */
static bool ends_in_number(const struct walk *walk, size_t index)
{
    const struct token *last = walk_token(walk, index - 1);
    const struct token *number = walk_token(walk, index);
    const struct token *next = walk_token(walk, index + 1);
    uint32_t after;

    if (!walk_is_house_number(number) || walk_letters(number) > 3 || is_code(last, number) ||
        !walk_is_apart_by(walk, last, number, " \n"))
        return false;
    after = reading_at(walk->reading, number->to);
    return after != ':' && !(after == '.' && next && !next->capital);
}

/* Am Staden 3, An der alten Mühle 5: the capital within a sentence shows a name, else the number must. */
static void find_opened(struct walk *walk, size_t index)
{
    const struct token *first = walk_token(walk, index);
    size_t i = index + 1;
    const struct token *token = walk_token(walk, i);
    const struct token *last;
    size_t end;

    if (!first->capital || !WALK_IS_AMONG(first, OPENINGS))
        return;
    if (token && WALK_IS_AMONG(token, NO_OPENINGS))
        return;
    while (token && i <= index + LED_WORDS_MAX && !token->number &&
           walk_is_apart_by(walk, walk_token(walk, i - 1), token, " \n-"))
        token = walk_token(walk, ++i);
    last = walk_token(walk, i - 1);
    if (i == index + 1 || !last->capital || WALK_IS_AMONG(last, TIMES) || !ends_in_number(walk, i))
        return;
    end = walk_number_end(walk, i);
    if (!first->sentence_start || counts_nothing(walk, end))
        walk_add(walk, index, walk_with_place(walk, end));
}

/* Where a name may begin after an opening in small letters and the article that is its own or follows it;
 * `index`: none does. */
static size_t led_name(const struct walk *walk, size_t index, bool *dutch)
{
    const struct token *first = walk_token(walk, index);
    const struct token *article = walk_token(walk, index + 1);

    *dutch = false;
    if (first->capital)
        return index;
    if (WALK_IS_AMONG(first, FUSED))
        return index + 1;
    if (!WALK_IS_AMONG(first, LEADS) || !article || article->capital ||
        !walk_is_apart_by(walk, first, article, " \n"))
        return index;
    *dutch = WALK_IS_AMONG(article, DUTCH_ARTICLES);
    return *dutch || WALK_IS_AMONG(article, GERMAN_ARTICLES) ? index + 2 : index;
}

/* Alten, Mainzer: before a noun an adjective has a capital only where it is part of a name. */
static bool is_adjective(const struct token *token)
{
    const struct fold *fold = &token->folds[0];

    return fold->length >= 5 && (memcmp(fold->s + fold->length - 2, "en", 2) == 0 ||
                                 memcmp(fold->s + fold->length - 2, "er", 2) == 0);
}

/* A word that German would write with its capital anyway: only as a kind of street it may be a name (am
 * Markt). */
static bool is_plain_noun(const struct walk *walk, const struct token *token)
{
    bool compound;
    unsigned flags;

    if (word_ending(token, MAYBE_STREETS, WALK_COUNT(MAYBE_STREETS), &compound))
        return false;
    flags = walk_flags(walk, token);
    return (flags & WORD_GERMAN_NOUN) || names_has_place(walk->names, token) ||
           (flags == 0 &&
            words_is_generic(names_words(walk->names), token->folds[0].s, token->folds[0].length));
}

/* "3 Bänke", "3 neue Bänke", "3 m" */
static bool counts_something(const struct walk *walk, size_t end)
{
    const struct token *last = walk_token(walk, end - 1);
    const struct token *next = walk_token(walk, end);
    const struct token *after = walk_token(walk, end + 1);
    const struct fold *fold;
    bool adjective;

    if (!last->number)
        return false;
    if (is_measured(walk, end))
        return true;
    if (!next || !walk_is_apart_by(walk, last, next, " "))
        return false;
    fold = &next->folds[0];
    adjective = fold->length > 0 && fold->s[fold->length - 1] == 'e' && after && after->capital &&
                walk_is_apart_by(walk, next, after, " ");
    return walk_letters(next) <= 2 ? !counts_nothing(walk, end) : next->capital || adjective;
}

/* am Alten Güterbahnhof 3, am Staden 3, aan de Lange Voorhout 12-A: only capitals up to a number. Dutch
 * writes none but names so; German all nouns, so that an adjective must be among them or the noun be no plain
 * one. */
static void find_led(struct walk *walk, size_t index)
{
    bool dutch;
    size_t from = led_name(walk, index, &dutch);
    size_t i = from;
    const struct token *last;
    size_t end;
    bool adjective;

    for (const struct token *token = walk_token(walk, i);
         from > index && token && token->capital && !token->number && i < from + LED_WORDS_MAX &&
         walk_is_apart_by(walk, walk_token(walk, i - 1), token, i > from ? " \n-" : " \n");
         token = walk_token(walk, i))
        i++;
    if (i == from || !ends_in_number(walk, i))
        return;
    last = walk_token(walk, i - 1);
    if (is_numbered(last))
        return;
    end = walk_number_end(walk, i);
    adjective = !dutch && i > from + 1 && is_adjective(walk_token(walk, from));
    if (adjective ? !counts_something(walk, end)
                  : counts_nothing(walk, end) && (dutch || !is_plain_noun(walk, last)))
        walk_add(walk, from, walk_with_place(walk, end));
}

/* Where a French address begins whose kind of street is at `index`: at the number before it, if any (12 bis,
 * rue). */
static size_t find_rue_start(const struct walk *walk, size_t index)
{
    size_t before;
    const struct token *token;
    bool suffix;

    if (index == 0 || !walk_is_apart_by(walk, walk_token(walk, index - 1), walk_token(walk, index), " \n,"))
        return index;
    before = index - 1;
    token = walk_token(walk, before);
    suffix = walk_is_word(token, "bis") || walk_is_word(token, "ter") ||
             (walk_letters(token) == 1 && !token->number);
    if (before > 0 && suffix && walk_is_apart_by(walk, walk_token(walk, before - 1), token, " "))
        before--;
    return walk_is_house_number(walk_token(walk, before)) ? before : index;
}

static bool is_particle(const struct token *token)
{
    static const char *const PARTICLES[] = {"de",  "du", "des",   "la",    "le",     "les",     "l",      "d",
                                            "aux", "au", "point", "saint", "sainte", "general", "docteur"};

    return WALK_IS_AMONG(token, PARTICLES);
}

/* The end of its name: capitals and particles, and one word in lower case if there is no capital. */
static size_t find_rue_end(const struct walk *walk, size_t index, bool *capital)
{
    size_t end = index + 1;
    size_t last = index;
    const struct token *plain;

    *capital = false;
    for (const struct token *token = walk_token(walk, end); token && end - index <= STREET_WORDS_MAX;
         token = walk_token(walk, ++end)) {
        if (token->number || !walk_is_apart_by(walk, walk_token(walk, end - 1), token, " \n-'.") ||
            (!is_particle(token) && !token->capital))
            break;
        *capital = *capital || token->capital;
        if (token->capital)
            last = end;
    }
    plain = walk_token(walk, end);
    if (!*capital && plain && !plain->number &&
        walk_is_apart_by(walk, walk_token(walk, end - 1), plain, " \n-'"))
        last = end;
    return last + 1;
}

static bool is_short_rue(const struct walk *walk, size_t index)
{
    const struct token *kind = walk_token(walk, index);
    const struct token *next = walk_token(walk, index + 1);

    return WALK_IS_AMONG(kind, SHORT_RUES) && next && walk_is_apart_by(walk, kind, next, " .") &&
           (reading_at(walk->reading, kind->to) == '.' || (is_particle(next) && !next->capital));
}

/* 12 bis, rue de la Gare; avenue Foch; place de la Liberté n° 4. A kind that is also another word needs a
 * number and a capital (3 cours de français, route de Metz), the others one of the two. */
static void find_rue(struct walk *walk, size_t index)
{
    const struct token *kind = walk_token(walk, index);
    bool sure = WALK_IS_AMONG(kind, RUES);
    bool capital;
    size_t from;
    size_t end;
    size_t number;
    const struct token *sign;
    bool after;
    bool numbered;

    if (!sure && !WALK_IS_AMONG(kind, MAYBE_RUES) && !is_short_rue(walk, index))
        return;
    from = find_rue_start(walk, index);
    end = find_rue_end(walk, index, &capital);
    if (end == index + 1)
        return;

    number = end;
    sign = walk_token(walk, number);
    if (sign && (walk_is_word(sign, "n") || walk_is_word(sign, "no") || walk_is_word(sign, "nr")))
        number++;
    after =
        from == index && walk_is_house_number(walk_token(walk, number)) &&
        walk_token(walk, number)->from - walk_token(walk, number - 1)->to <= WALK_REACH &&
        (number > end || walk_is_apart_by(walk, walk_token(walk, end - 1), walk_token(walk, number), " ,"));
    numbered = after || from < index;
    if (sure ? !capital && from == index : !capital || !numbered)
        return;
    walk_add(walk, from, walk_with_place(walk, after ? walk_number_end(walk, number) : end));
}

/* 12 High Street */
static void find_english(struct walk *walk, size_t index)
{
    const struct token *number = walk_token(walk, index);
    size_t i = index + 1;

    if (!walk_is_house_number(number))
        return;
    if (walk_token(walk, i) && walk_letters(walk_token(walk, i)) == 1 &&
        walk_token(walk, i)->from == number->to)
        i++;
    for (size_t words = 0; words <= WALK_REACH; words++, i++) {
        const struct token *token = walk_token(walk, i);

        if (!token || !token->capital || token->number ||
            !walk_is_apart_by(walk, walk_token(walk, i - 1), token, words > 0 ? " \n'" : " '"))
            return;
        if (words > 0 && WALK_IS_AMONG(token, ENGLISH)) {
            walk_add(walk, index, walk_with_place(walk, i + 1));
            return;
        }
    }
}

void streets_find(struct walk *walk, size_t index)
{
    static void (*const RULES[])(struct walk *, size_t) = {find_street, find_opened, find_led, find_rue,
                                                           find_english};

    for (size_t r = 0; r < WALK_COUNT(RULES); r++)
        RULES[r](walk, index);
}
