#include "node/core/addresses.h"

#include <string.h>
#include <unictype.h>

/* Reads tokens, not characters: a street is a word or a few, and a number. */
struct walk {
    const struct reading *reading;
    const struct names *names;
    struct findings *findings;
    bool failed;
};

enum { HOUSE_NUMBER_DIGITS = 4, STREET_WORDS_MAX = 5, REACH = 3 };

/* Ends of German and Dutch street names. The sure ones make a street also without a number; the others end
 * everyday words too (Spielplatz, Rundweg), so a house number must follow that counts nothing. */
static const char *const STREETS[] = {"strasse", "gasse", "allee", "chaussee", "straat",
                                      "gracht",  "laan",  "steeg", "straatje"};
static const char *const MAYBE_STREETS[] = {
    "str",    "weg",   "platz", "ring",   "ufer",  "damm",      "steig",     "stieg", "pfad",
    "markt",  "berg",  "hof",   "graben", "wall",  "tor",       "promenade", "kade",  "dyk",
    "singel", "dreef", "pad",   "haven",  "wal",   "plantsoen", "park",      "plein", "baan",
    "lei",    "brink", "hoek",  "wei",    "stein", "brug",      "bruecke"};

/* Sure endings that are not the name of a street with these before them. */
static const char *const NO_STREETS[] = {
    "haupt",    "neben",      "land",    "bundes",   "seiten",   "wohn",        "spiel",
    "einkaufs", "durchgangs", "schnell", "kreis",    "zufahrts", "winkel",      "dorps",
    "woon",     "hoofd",      "zy",      "wasch",    "milch",    "fussgaenger", "strassen",
    "auto",     "fahr",       "einbahn", "verkehrs", "anlieger", "privat",      "sack"};

/* Kinds of French streets; those that are also other words (deux places, un cours) need more around them. */
static const char *const RUES[] = {"rue",      "avenue", "boulevard", "impasse", "allee", "quai",
                                   "faubourg", "ruelle", "chaussee",  "bd",      "bvd"};
static const char *const MAYBE_RUES[] = {
    "av",   "place", "route",     "chemin",    "cours",       "square",    "passage", "sentier",
    "voie", "villa", "residence", "esplanade", "lotissement", "promenade", "montee",  "cite"};

static const char *const ENGLISH[] = {"street",  "st",       "road",    "rd",    "avenue", "ave",    "lane",
                                      "ln",      "drive",    "close",   "court", "way",    "square", "place",
                                      "terrace", "crescent", "gardens", "row",   "hill",   "mews",   "grove",
                                      "parade",  "walk",     "green",   "gate"};

/* How German street names of several words begin: Am Staden, Hinter der Mauer. */
static const char *const OPENINGS[] = {"am",    "an",  "im",  "in",   "auf", "zum", "zur", "hinter",
                                       "unter", "vor", "bei", "beim", "ob",  "aan", "op"};

/* A street's name says where, not where to: Auf dem Berg, never Auf das Konto. */
static const char *const NO_OPENINGS[] = {"das",   "die",  "ein",   "eine",  "einen",  "einem",
                                          "einer", "jede", "jeden", "diese", "diesen", "dieses"};

static const char *const BOXES[] = {"postfach", "postbus", "bp", "cs", "pf"};

static const struct token *token_at(const struct walk *walk, size_t index)
{
    return index < walk->reading->token_count ? &walk->reading->tokens[index] : NULL;
}

static bool is_word(const struct token *token, const char *word)
{
    for (size_t f = 0; f < token->fold_count; f++)
        if (token->folds[f].length == strlen(word) &&
            memcmp(token->folds[f].s, word, token->folds[f].length) == 0)
            return true;
    return false;
}

static bool is_among(const struct token *token, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (is_word(token, words[i]))
            return true;
    return false;
}

#define COUNT(array)           (sizeof(array) / sizeof *(array))
#define IS_AMONG(token, words) is_among(token, words, COUNT(words))

/* Only characters of `set` between two tokens, REACH at most. */
static bool is_apart_by(const struct walk *walk, const struct token *a, const struct token *b,
                        const char *set)
{
    if (b->from - a->to > REACH)
        return false;
    for (size_t i = a->to; i < b->from; i++) {
        uint32_t c = reading_at(walk->reading, i);
        if (c > 0x7f || strchr(set, (int)c) == NULL)
            return false;
    }
    return true;
}

static size_t letters_of(const struct token *token)
{
    return token->to - token->from;
}

static unsigned flags_of(const struct walk *walk, const struct token *token)
{
    return words_flags(names_words(walk->names), token->folds[0].s, token->folds[0].length);
}

static bool is_house_number(const struct token *token)
{
    return token != NULL && token->number && letters_of(token) <= HOUSE_NUMBER_DIGITS;
}

/* The token after a house number with what belongs to it: 12a, 4-6, 12/3. Not "12 bis", which is a span in
 * German; where the French put it, before the street, find_rue_start reads it. */
static size_t number_end(const struct walk *walk, size_t index)
{
    size_t end = index + 1;
    const struct token *last = token_at(walk, index);
    const struct token *next = token_at(walk, end);

    if (next != NULL && !next->number && (letters_of(next) == 1 || is_word(next, "hs")) &&
        is_apart_by(walk, last, next, " "))
        next = token_at(walk, ++end);
    last = token_at(walk, end - 1);
    bool span = is_house_number(next) && next->from > last->to && is_apart_by(walk, last, next, "-/+");
    return span ? number_end(walk, end) : end;
}

/* A postal code and place that follow a street belong to it. */
static size_t with_place(const struct walk *walk, size_t end)
{
    const struct token *code = token_at(walk, end);
    size_t last = end;

    if (code == NULL || !code->number || letters_of(code) < 4 || letters_of(code) > 5 ||
        !is_apart_by(walk, token_at(walk, end - 1), code, " ,-\n"))
        return end;
    last++;
    const struct token *letters = token_at(walk, last);
    if (letters != NULL && letters->upper && letters_of(letters) == 2 &&
        is_apart_by(walk, code, letters, " "))
        last++;
    const struct token *place = token_at(walk, last);
    if (place != NULL && place->capital && is_apart_by(walk, token_at(walk, last - 1), place, " "))
        last++;
    return last;
}

static void add(struct walk *walk, size_t from, size_t end)
{
    if (!findings_add(walk->findings, walk->reading, FINDING_STREET_ADDRESS, walk->reading->tokens[from].from,
                      walk->reading->tokens[end - 1].to, NULL))
        walk->failed = true;
}

/* Does the number end the phrase, so that it counts nothing ("am Spielplatz 3 Bänke")? A following
 * preposition or a verb in lower case would do, an adjective would not; both are lower case, so only what is
 * certain is taken. */
static bool counts_nothing(const struct walk *walk, size_t end)
{
    static const char *const AFTER[] = {
        "in",      "im",        "bei",      "beim",     "statt",   "ab",       "am",  "von",  "und",
        "oder",    "bis",       "zur",      "zum",      "an",      "mit",      "ist", "sind", "wird",
        "te",      "en",        "of",       "op",       "om",      "is",       "tot", "van",  "bij",
        "abholen", "abzuholen", "abgeholt", "gebracht", "ophalen", "opgehaald"};
    const struct token *last = token_at(walk, end - 1);
    const struct token *next = token_at(walk, end);

    if (letters_of(last) == 1 && !last->number)
        return true; /* 12a counts nothing anyhow */
    return next == NULL || !is_apart_by(walk, last, next, " ") || IS_AMONG(next, AFTER) ||
           with_place(walk, end) > end;
}

/* Is the word before the ending one that makes no name of it (Hauptstraße, this street)? */
static bool is_no_street(const struct token *token, const char *ending)
{
    for (size_t i = 0; i < COUNT(NO_STREETS); i++) {
        size_t length = strlen(NO_STREETS[i]);
        for (size_t f = 0; f < token->fold_count; f++)
            if (token->folds[f].length == length + strlen(ending) &&
                memcmp(token->folds[f].s, NO_STREETS[i], length) == 0)
                return true;
    }
    return false;
}

/* Which of the endings a word has, NULL: none; *compound: something stands before it in the same word. */
static const char *street_ending(const struct token *token, const char *const *endings, size_t count,
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

/* Where the words of a street name begin that ends at `index`: hyphenated (Karl-Marx-Straße), a capital
 * before a bare ending (Mainzer Straße), Dutch ones with particles (Burgemeester de Wittstraat). */
static size_t street_start(const struct walk *walk, size_t index, bool compound)
{
    size_t from = index;

    while (from > 0 && index - from < STREET_WORDS_MAX &&
           reading_at(walk->reading, token_at(walk, from)->from - 1) == '-' &&
           token_at(walk, from - 1)->to + 1 == token_at(walk, from)->from)
        from--;
    if (from < index || compound)
        return from;
    const struct token *before = from > 0 ? token_at(walk, from - 1) : NULL;
    if (before != NULL && before->capital && !before->number &&
        is_apart_by(walk, before, token_at(walk, from), " ") && !(flags_of(walk, before) & WORD_FILLER))
        from--;
    return from;
}

/* Without a number: a compound written as a name, or a place's adjective and a bare ending (Mainzer Straße).
 */
static bool is_street_by_itself(const struct walk *walk, size_t from, size_t index, const char *ending,
                                bool compound)
{
    const struct token *first = token_at(walk, from);
    const struct fold *fold = &first->folds[0];

    if (!first->capital || is_no_street(token_at(walk, index), ending))
        return false;
    if (compound || index - from > 1 || reading_at(walk->reading, first->to) == '-')
        return true;
    bool adjective = fold->length >= 5 && memcmp(fold->s + fold->length - 2, "er", 2) == 0;
    return adjective ? !first->sentence_start : !(flags_of(walk, first) & WORD_COMMON);
}

/* Bahnhofstraße 12, Mainzer Straße, Kerkstraat 4-6, Domplatz 3 in … */
static void find_street(struct walk *walk, size_t index)
{
    const struct token *token = token_at(walk, index);
    bool compound = false;

    if (token->number)
        return;
    const char *sure = street_ending(token, STREETS, COUNT(STREETS), &compound);
    const char *maybe =
        sure == NULL ? street_ending(token, MAYBE_STREETS, COUNT(MAYBE_STREETS), &compound) : NULL;
    if (sure == NULL && maybe == NULL)
        return;
    size_t from = street_start(walk, index, compound);
    if (!compound && from == index)
        return;

    const struct token *number = token_at(walk, index + 1);
    bool abbreviated = maybe != NULL && strcmp(maybe, "str") == 0;
    if (is_house_number(number) && is_apart_by(walk, token, number, abbreviated ? " .," : " ,")) {
        size_t end = number_end(walk, index + 1);
        bool capital = token_at(walk, from)->capital;
        bool ends = abbreviated || counts_nothing(walk, end);
        bool comma = number->from > token->to && reading_at(walk->reading, token->to) == ',';
        if (capital ? sure != NULL || ends : sure != NULL && ends && !comma)
            add(walk, from, with_place(walk, end));
    } else if (sure != NULL && is_street_by_itself(walk, from, index, sure, compound)) {
        add(walk, from, index + 1);
    }
}

/* DE89, DE 89, A4: letters and digits of one number. */
static bool is_code(const struct token *letters, const struct token *digits)
{
    bool glued = letters->to == digits->from;

    return letters->upper ? glued || letters_of(letters) <= 2 : glued && letters_of(letters) == 1;
}

/* Am Staden 3, An der alten Mühle 5: the capital within a sentence shows a name, else the number must. */
static void find_opened(struct walk *walk, size_t index)
{
    const struct token *first = token_at(walk, index);
    size_t i = index + 1;
    const struct token *token = token_at(walk, i);

    if (!first->capital || !IS_AMONG(first, OPENINGS))
        return;
    if (token != NULL && IS_AMONG(token, NO_OPENINGS))
        return;
    while (token != NULL && i <= index + 3 && !token->number &&
           is_apart_by(walk, token_at(walk, i - 1), token, " -"))
        token = token_at(walk, ++i);
    const struct token *last = token_at(walk, i - 1);
    if (i == index + 1 || !last->capital || !is_house_number(token) || letters_of(token) > 3 ||
        is_code(last, token) || !is_apart_by(walk, last, token, " ") ||
        reading_at(walk->reading, token->to) == ':' ||
        (reading_at(walk->reading, token->to) == '.' && token_at(walk, i + 1) != NULL &&
         !token_at(walk, i + 1)->capital))
        return;
    static const char *const DAYS[] = {
        "montag",  "dienstag", "mittwoch", "donnerstag", "freitag", "samstag", "sonntag", "januar",
        "februar", "maerz",    "april",    "mai",        "juni",    "juli",    "august",  "september",
        "oktober", "november", "dezember", "jahr",       "jahre",   "alter",   "schnitt", "durchschnitt"};
    size_t end = number_end(walk, i);
    if (!IS_AMONG(last, DAYS) && (!first->sentence_start || counts_nothing(walk, end)))
        add(walk, index, with_place(walk, end));
}

/* Where a French address begins whose kind of street is at `index`: at the number before it, if any (12 bis,
 * rue). */
static size_t find_rue_start(const struct walk *walk, size_t index)
{
    if (index == 0 || !is_apart_by(walk, token_at(walk, index - 1), token_at(walk, index), " ,"))
        return index;
    size_t before = index - 1;
    const struct token *token = token_at(walk, before);
    bool suffix =
        is_word(token, "bis") || is_word(token, "ter") || (letters_of(token) == 1 && !token->number);
    if (before > 0 && suffix && is_apart_by(walk, token_at(walk, before - 1), token, " "))
        before--;
    return is_house_number(token_at(walk, before)) ? before : index;
}

static bool is_particle(const struct token *token)
{
    static const char *const PARTICLES[] = {"de",  "du", "des",   "la",    "le",     "les",     "l",      "d",
                                            "aux", "au", "point", "saint", "sainte", "general", "docteur"};

    return IS_AMONG(token, PARTICLES);
}

/* The end of its name: capitals and particles, and one word in lower case if there is no capital. */
static size_t find_rue_end(const struct walk *walk, size_t index, bool *capital)
{
    size_t end = index + 1;
    size_t last = index;

    *capital = false;
    for (const struct token *token = token_at(walk, end); token != NULL && end - index <= STREET_WORDS_MAX;
         token = token_at(walk, ++end)) {
        if (token->number || !is_apart_by(walk, token_at(walk, end - 1), token, " -'.") ||
            (!is_particle(token) && !token->capital))
            break;
        *capital = *capital || token->capital;
        if (token->capital)
            last = end;
    }
    const struct token *plain = token_at(walk, end);
    if (!*capital && plain != NULL && !plain->number &&
        is_apart_by(walk, token_at(walk, end - 1), plain, " -'"))
        last = end;
    return last + 1;
}

/* 12 bis, rue de la Gare; avenue Foch; place de la Liberté n° 4. A kind that is also another word needs a
 * number and a capital (3 cours de français, route de Metz), the others one of the two. */
static void find_rue(struct walk *walk, size_t index)
{
    const struct token *kind = token_at(walk, index);
    bool sure = IS_AMONG(kind, RUES);
    bool capital;

    if (!sure && !IS_AMONG(kind, MAYBE_RUES))
        return;
    size_t from = find_rue_start(walk, index);
    size_t end = find_rue_end(walk, index, &capital);
    if (end == index + 1)
        return;

    size_t number = end;
    const struct token *sign = token_at(walk, number);
    if (sign != NULL && (is_word(sign, "n") || is_word(sign, "no") || is_word(sign, "nr")))
        number++;
    bool after = from == index && is_house_number(token_at(walk, number)) &&
                 token_at(walk, number)->from - token_at(walk, number - 1)->to <= REACH &&
                 (number > end || is_apart_by(walk, token_at(walk, end - 1), token_at(walk, number), " ,"));
    bool numbered = after || from < index;
    if (sure ? !capital && from == index : !capital || !numbered)
        return;
    add(walk, from, with_place(walk, after ? number_end(walk, number) : end));
}

/* 12 High Street */
static void find_english(struct walk *walk, size_t index)
{
    const struct token *number = token_at(walk, index);
    size_t i = index + 1;

    if (!is_house_number(number))
        return;
    if (token_at(walk, i) != NULL && letters_of(token_at(walk, i)) == 1 &&
        token_at(walk, i)->from == number->to)
        i++;
    for (size_t words = 0; words <= REACH; words++, i++) {
        const struct token *token = token_at(walk, i);
        if (token == NULL || !token->capital || token->number ||
            !is_apart_by(walk, token_at(walk, i - 1), token, " '"))
            return;
        if (words > 0 && IS_AMONG(token, ENGLISH)) {
            add(walk, index, with_place(walk, i + 1));
            return;
        }
    }
}

/* Where an address may begin: at the start, after a comma, after "in". */
static bool is_led_to(const struct walk *walk, size_t index)
{
    static const char *const LEADS[] = {"in", "aus",     "nach",      "bei",   "te",
                                        "a",  "adresse", "anschrift", "adres", "address"};

    return index == 0 || IS_AMONG(token_at(walk, index - 1), LEADS) ||
           !is_apart_by(walk, token_at(walk, index - 1), token_at(walk, index), " ");
}

/* 66111 Saarbrücken, D-66111, 6811 AB Arnhem. A number before a word counts things more often than it is a
 * code, so the word must be a place, or the number no round one and written in one go. */
static void find_code(struct walk *walk, size_t index)
{
    const struct token *code = token_at(walk, index);
    const struct token *next = token_at(walk, index + 1);
    const struct token *before = index > 0 ? token_at(walk, index - 1) : NULL;
    bool close = next != NULL && is_apart_by(walk, code, next, " ");

    if (!code->number || letters_of(code) < 4 || letters_of(code) > 5)
        return;
    uint32_t prior = code->from > 0 ? reading_at(walk->reading, code->from - 1) : 0;
    bool announced = before != NULL &&
                     ((prior == '-' && letters_of(before) == 1 && before->capital) ||
                      ((is_word(before, "plz") || is_word(before, "postcode") || is_word(before, "cp")) &&
                       is_apart_by(walk, before, code, " :.")));
    if (announced) {
        size_t end = index + 1 + (close && next->capital ? 1 : 0);
        add(walk, prior == '-' ? index - 1 : index, end);
        return;
    }
    if (!close || !next->capital || prior == '.' || prior == ',')
        return;

    if (letters_of(code) == 5) {
        bool round =
            reading_at(walk->reading, code->to - 1) == '0' && reading_at(walk->reading, code->to - 2) == '0';
        bool place = names_has_place(walk->names, next);
        if (place || (!round && is_led_to(walk, index) && !(flags_of(walk, next) & WORD_COMMON) &&
                      !words_is_generic(names_words(walk->names), next->folds[0].s, next->folds[0].length)))
            add(walk, index, index + 2);
        return;
    }
    if (next->upper && letters_of(next) == 2 && reading_at(walk->reading, code->from) != '0') {
        const struct token *place = token_at(walk, index + 2);
        bool followed = place != NULL && place->capital && is_apart_by(walk, next, place, " ");
        bool year = reading_at(walk->reading, code->from) <= '2' && next->from > code->to;
        bool word = (flags_of(walk, next) & WORD_COMMON) != 0;
        if (followed || !(year || word))
            add(walk, index, index + 2 + (followed ? 1 : 0));
    }
}

static void find_box(struct walk *walk, size_t index)
{
    const struct token *token = token_at(walk, index);
    const struct token *number = token_at(walk, index + 1);

    if (number == NULL || !number->number || !is_apart_by(walk, token, number, " .:") ||
        !IS_AMONG(token, BOXES) || (letters_of(token) <= 2 && !token->upper))
        return;
    size_t end = index + 2;
    for (const struct token *next = token_at(walk, end);
         next != NULL && next->number && letters_of(next) <= 3 &&
         is_apart_by(walk, token_at(walk, end - 1), next, " ");
         next = token_at(walk, ++end))
        continue;
    add(walk, index, end);
}

bool addresses_find(const struct reading *reading, const struct names *names, struct findings *findings)
{
    static void (*const RULES[])(struct walk *, size_t) = {find_street,  find_opened, find_rue,
                                                           find_english, find_code,   find_box};
    struct walk walk = {.reading = reading, .names = names, .findings = findings};

    for (size_t i = 0; i < reading->token_count; i++)
        for (size_t r = 0; r < COUNT(RULES); r++)
            RULES[r](&walk, i);
    return !walk.failed;
}
