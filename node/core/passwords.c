#include "node/core/passwords.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unicase.h>
#include <uninorm.h>

#include "protocol/bytes.h"

enum { FOLDED_MAX = 512, WORD_MIN = 3, RUN_MIN = 3 };

/* A blank ends each. */
static const char common[] =
    /* what people take for a password */
    "password passwort kennwort wachtwoord motdepasse passwd pass geheim geheimnis geheimwort secret zugang "
    "toegang acces access login anmelden anmeldung inloggen einloggen connexion code codewort schluessel "
    "sleutel "
    "admin administrator administration beheerder verwaltung verwalter koordination coordinator coordinateur "
    "coordinatie benutzer gebruiker utilisateur user guest gast invite demo test tester testing testtest "
    "probe "
    "default standard changeme aendern wijzigen changer neu nieuw nouveau start begin root master system "
    "server "
    "computer rechner internet website wlan office windows microsoft google apple android samsung iphone "
    "nokia "
    "letmein openup lassmichrein welcome willkommen welkom bienvenue hallo hello hoi salut bonjour guten "
    "morgen "
    "danke dankjewel merci bitte please tschuess ciao moin servus "
    "iloveyou ichliebedich ikhouvanjou jetaime loveyou love liebe liefde amour lieben herz schatz schatzi "
    "schatje "
    "liefje cheri cherie doudou loulou chouchou maus mausi engel angel baby princess prinzessin prinses "
    "princesse "
    "sonnenschein zonneschijn soleil sunshine stern ster etoile star sonne mond blume bloem fleur flower "
    "familie famille family mama papa mutter vater moeder vader maman oma opa kinder hund hond chien katze "
    "poes "
    "chat hamster pferd paard cheval dragon drache monkey affe tiger loewe lion leeuw wolf baer beer panda "
    "fussball voetbal football soccer baseball basketball hockey tennis bundesliga bayern borussia dortmund "
    "schalke werder hamburg koeln stuttgart eintracht ajax feyenoord psv marseille lyon paris saintgermain "
    "juventus "
    "barcelona realmadrid arsenal chelsea liverpool manchester ferrari porsche mercedes bmw volkswagen audi "
    "superman batman spiderman pokemon pikachu starwars naruto minecraft fortnite matrix harrypotter "
    "hogwarts "
    "killer shadow freedom freiheit vrijheid liberte whatever nothing nichts niets rien money geld argent "
    "schokolade chocolade chocolat kaffee koffie coffee pizza bier kaese banane "
    "sommer zomer summer winter hiver herbst herfst automne autumn fruehling lente printemps spring ferien "
    "vakantie vacances urlaub weihnachten kerstmis noel christmas ostern pasen paques easter "
    "1qaz 2wsx 3edc 4rfv 1q2w 3e4r 5t6y 5t6z 1a2b 3c4d a1b2 c3d4 zaq1 xsw2 "
    "147258369 963852741 "
    /* the project and where it is at home */
    "herausforderung uitdaging challenge defi stadt stad gemeinde gemeente commune ville city town rathaus "
    "stadhuis mairie townhall buergermeister burgemeester maire verein stichting association proposal "
    "vorschlag "
    "voorstel proposition angebot aanbod offre offer ehrenamt vrijwilliger benevole "
    "deutschland duitsland allemagne germany nederland niederlande holland netherlands paysbas frankreich "
    "frankrijk france belgien belgie belgique belgium luxemburg luxembourg saarland lothringen lorraine "
    "europa "
    "europe berlin muenchen frankfurt amsterdam rotterdam utrecht arnhem metz strasbourg bruxelles brussel "
    /* the calendar */
    "januar februar maerz april mai juni juli august september oktober november dezember jaenner "
    "januari februari maart mei augustus december janvier fevrier mars avril juin juillet aout septembre "
    "octobre "
    "novembre decembre january february march may june july october "
    "montag dienstag mittwoch donnerstag freitag samstag sonntag maandag dinsdag woensdag donderdag vrijdag "
    "zaterdag zondag lundi mardi mercredi jeudi vendredi samedi dimanche monday tuesday wednesday thursday "
    "friday "
    "saturday sunday "
    /* what people are called */
    "alexander andrea andreas anna anne antoine barbara bernd brigitte camille caroline charlotte chloe "
    "christian christine claudia daan daniel david dennis elisabeth emma felix florian frank gabriele "
    "guillaume "
    "hans heike heinz helga hendrik hugo jan jean jeroen jessica johan johanna johannes jonas joshua julia "
    "julie "
    "juergen karin katharina kevin klaus laura lea leon lisa louis lucas lukas manfred manon marco maria "
    "marie "
    "markus martin martina mathieu matthias max michael michel michelle mike monika nathalie nicolas nicole "
    "nina "
    "noah olivier paul peter petra philipp philippe pierre pieter ralf renate robert sabine sander sandra "
    "sara "
    "sarah sebastian silvia simon sophie stefan stefanie stephan susanne sven thierry thomas tim tobias tom "
    "ursula "
    "uwe valerie werner willem wolfgang ";

/* Along which fingers and children go; the way back is found when the password is read backwards. */
static const char *const rows[] = {"1234567890",
                                   "01234567890",
                                   "qwertzuiop",
                                   "qwertyuiop",
                                   "asdfghjkl",
                                   "yxcvbnm",
                                   "zxcvbnm",
                                   "azertyuiop",
                                   "qsdfghjklm",
                                   "wxcvbn",
                                   "abcdefghijklmnopqrstuvwxyz"};

struct folded {
    char text[FOLDED_MAX + 1];
    size_t length;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Letters, digits, and signs that stand for letters. Umlauts and their transcriptions become one: ü, ue, u.
 */
static void fold_put(struct folded *folded, unsigned char c)
{
    const char before = folded->length ? folded->text[folded->length - 1] : '\0';
    bool letter = c >= 'a' && c <= 'z';

    if (folded->length == FOLDED_MAX || (!letter && !is_digit((char)c) && c < 0x80 && !strchr("@$!", c)))
        return;
    if (c == 'e' && before && strchr("aou", before))
        return;
    folded->text[folded->length++] = (char)c;
    folded->text[folded->length] = '\0';
}

static bool fold(const char *text, struct folded *folded)
{
    size_t size;
    uint8_t *plain = u8_casefold((const uint8_t *)text, strlen(text), "", UNINORM_NFKD, NULL, &size);

    *folded = (struct folded){0};
    for (size_t i = 0; plain && i < size; i++) {
        /* U+0300 … U+036F, the marks that NFKD takes off letters. */
        if (i + 1 < size && (plain[i] == 0xcc || (plain[i] == 0xcd && plain[i + 1] < 0xb0)))
            i++;
        else
            fold_put(folded, plain[i]);
    }
    free(plain);
    return plain != NULL;
}

/* A sign or digit for a letter. */
static bool stands_for(char c, char letter)
{
    static const char *const pairs = "4a@a3e1i!i1l0o5s$s7t8b9g6g2z";

    if (c == letter)
        return true;
    for (const char *pair = pairs; *pair; pair += 2)
        if (pair[0] == c && pair[1] == letter)
            return true;
    return false;
}

static size_t length_of_word(const char *text, const char *word)
{
    size_t i = 0;

    while (word[i] && text[i] && stands_for(text[i], word[i]))
        i++;
    return !word[i] && i >= WORD_MIN ? i : 0;
}

static size_t length_of_run(const char *text)
{
    size_t longest = strspn(text, (char[]){text[0], '\0'});

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *at = strchr(rows[i], text[0]);
        size_t length = 0;

        while (at && at[length] && text[length] == at[length])
            length++;
        if (length > longest)
            longest = length;
    }
    return longest >= RUN_MIN ? longest : 0;
}

static bool is_number(const char *text, char most_tens)
{
    return is_digit(text[0]) && is_digit(text[1]) && text[0] <= most_tens;
}

/* 1985, 24121985 */
static size_t length_of_date(const char *text)
{
    size_t day = is_number(text, '3') && is_number(text + 2, '1') ? 4 : 0;

    for (;; day = 0) {
        const char *year = text + day;

        if ((strncmp(year, "19", 2) == 0 || strncmp(year, "20", 2) == 0) && is_number(year + 2, '9'))
            return day + 4;
        if (day == 0)
            return 0;
    }
}

#define SIGNS " \t.,;:-_@/+'\"()"

/* The words of a text, folded, each with its NUL. */
static bool add_words(struct buffer *words, const char *text, const char *ends)
{
    struct folded folded;

    for (; *text; text += strspn(text, ends)) {
        size_t length = strcspn(text, ends);
        char *word = strndup(text, length);
        bool ok = word && fold(word, &folded);

        free(word);
        if (!ok)
            return false;
        buffer_append(words, folded.text, folded.length + 1);
        text += length;
    }
    return !words->failed;
}

/* How little is left of what begins at each place when the best of the listed things that begin there is
 * taken out. */
struct remains {
    const struct folded *password;
    size_t left[FOLDED_MAX + 1];
};

static void take_out(struct remains *remains, size_t at, size_t length)
{
    if (length > 0 && remains->left[at + length] < remains->left[at])
        remains->left[at] = remains->left[at + length];
}

static void take_place(struct remains *remains, const struct buffer *words, size_t at)
{
    const char *text = remains->password->text + at;
    size_t run = length_of_run(text);
    size_t size;

    /* A character of several octets counts by its first. */
    remains->left[at] =
        remains->left[at + 1] + (isalnum((unsigned char)*text) || (unsigned char)*text >= 0xc0);
    for (const char *word = (const char *)words->data; word < (const char *)words->data + words->size;
         word += size) {
        size = strlen(word) + 1;
        take_out(remains, at, length_of_word(text, word));
    }
    for (size_t length = RUN_MIN; length <= run; length++)
        take_out(remains, at, length);
    take_out(remains, at, length_of_date(text));
    for (size_t length = 2; length <= at; length++)
        if (strncmp(text, text - length, length) == 0)
            take_out(remains, at, length);
}

static bool comes_to_little(const struct folded *password, const struct buffer *words)
{
    struct remains remains = {.password = password};

    for (size_t at = password->length; at-- > 0;)
        take_place(&remains, words, at);
    return remains.left[0] < PASSWORDS_REST;
}

static void reverse(struct folded *folded)
{
    for (size_t i = 0, j = folded->length; i + 1 < j; i++) {
        char c = folded->text[i];

        folded->text[i] = folded->text[--j];
        folded->text[j] = c;
    }
}

bool passwords_is_common(const char *password, const char *const *known)
{
    struct buffer words = {0};
    struct folded folded;
    bool ok = add_words(&words, common, SIGNS) && fold(password, &folded), is_common;

    /* Whole, too: what is short in all its parts is still one's own address. */
    for (; ok && *known; known++)
        ok = add_words(&words, *known, SIGNS) && add_words(&words, *known, SIGNS "0123456789") &&
             add_words(&words, *known, "");
    is_common = !ok || comes_to_little(&folded, &words);
    if (!is_common) {
        reverse(&folded);
        is_common = comes_to_little(&folded, &words);
    }
    explicit_bzero(&folded, sizeof folded);
    buffer_free(&words);
    return is_common;
}
