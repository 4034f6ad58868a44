#include "node/core/vocabulary.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unicase.h>
#include <unictype.h>
#include <uninorm.h>
#include <unistr.h>

#include "protocol/moment.h"

enum { WORD_SIZE = 64 };

/* A code and the words for it, folded, with spaces between. */
struct word {
    const char *code;
    const char *words;
};

/* Among them are the words that the screens' own forms use. */
static const char *const columns[COLUMN_COUNT] = {
    [COLUMN_ORGANISATION] =
        "organisation organization einrichtung verein unternehmen firma trager anbieter organisatie "
        "bedrijf association entreprise structure company namederorganisation naamvandeorganisatie "
        "nomdelorganisation nameoftheorganisation",
    [COLUMN_SECTOR] = "sector bereich sektor secteur",
    [COLUMN_KIND] = "kind art typ type soort genre organisationkind companykind artdereinrichtung",
    [COLUMN_MUNICIPALITY] = "municipality ort stadt gemeinde plaats gemeente commune ville lieu city town",
    [COLUMN_TITLE] = "title titel titre betreff onderwerp objet",
    [COLUMN_TEXT] = "text texte beschreibung beschrijving omschrijving description need offer bedarf tekst "
                    "worumgehtes waargaathetom dequoisagitil whatisitabout",
    [COLUMN_LANGUAGE] = "language sprache taal langue sprachedestextes taalvandetekst languedutexte "
                        "languageofthetext",
    [COLUMN_CATEGORY] = "category kategorie categorie hilfe hulp aide help artderhilfe soorthulp typedaide "
                        "kindofhelp welcheartvonhilfe welksoorthulp queltypedaide whatkindofhelp",
    [COLUMN_QUANTITY] = "quantity menge anzahl aantal hoeveelheid quantite nombre",
    [COLUMN_UNIT] = "unit einheit eenheid unite",
    [COLUMN_DAY] =
        "neededby availableuntil benotigtbis gebrauchtbis verfugbarbis bis nodigvoor uiterlijknodig "
        "beschikbaartot pourle avantle necessaireavant disponiblejusquau disponiblejusqua echeance",
    [COLUMN_RETURN_FAVOUR] = "returnfavour gegenleistung tegenprestatie contrepartie",
    [COLUMN_NOTE] = "note notiz anmerkung notitie opmerking remarque internenotiz internenotitie "
                    "noteinterne internalnote",
    [COLUMN_STATE] = "state status stand zustand staat statut etat",
    [COLUMN_EXTERNAL_ID] = "externalid id kennung nummer kenmerk identifiant reference referenz referentie",
    [COLUMN_SOURCE] = "source quelle bron",
};

static const struct word categories[] = {
    {"goods",
     "goods sachspende sachspenden material materialen materiaal spullen donsennature donennature materiel"},
    {"transport", "transport transporte fahrdienst vervoer"},
    {"space", "space raum raume ruimte local locaux salle"},
    {"expertise",
     "expertise probonoleistung probono wissen kennisenkunde kennis mecenatdecompetences competences"},
    {"hands", "hands anpackprojekt anpackprojekte anpacken helfer menskracht handjes coupdemain benevoles"},
    {"training", "training qualifizierung ausbildung praktikum scholing opleiding formation stage"},
    {"network", "network kontakte netzwerk offentlichkeit netwerk contacten reseau contacts"},
};

static const struct word sectors[] = {
    {"civil_society", "civilsociety gemeinnutzig gemeinnutzigeorganisation verein nonprofit maatschappelijk "
                      "maatschappelijkeorganisatie association associatif societecivile"},
    {"company", "company unternehmen firma wirtschaft bedrijf entreprise"},
    {"public_administration",
     "publicadministration offentlicheverwaltung verwaltung kommune overheid gemeente "
     "administrationpublique administration collectivite"},
};

static const struct word proposal_states[] = {
    {"draft", "draft entwurf concept brouillon"},
    {"submitted", "submitted eingereicht neu offen ingediend nieuw open deposee nouvelle ouverte"},
    {"needs_information", "needsinformation ruckfrage aanvullingnodig acompleter"},
    {"prechecked", "prechecked vorgepruft voorgetoetst verifiee"},
    {"scheduled", "scheduled aufdertagesordnung geagendeerd alordredujour"},
    {"accepted", "accepted angenommen aangenomen acceptee"},
    {"declined", "declined abgelehnt afgewezen refusee"},
    {"seeking", "seeking invermittlung gesucht inbemiddeling gezocht enrecherche"},
    {"matched", "matched vermittelt gematcht miseenrelation"},
    {"in_progress", "inprogress inumsetzung lopend encours"},
    {"completed", "completed umgesetzt erfullt erledigt fulfilled gerealiseerd vervuld realisee"},
    {"withdrawn", "withdrawn zuruckgezogen ingetrokken retiree"},
    {"expired", "expired abgelaufen verlopen expiree"},
    {"not_feasible", "notfeasible nichtrealisierbar nietrealiseerbaar irrealisable"},
};

static const struct word offer_states[] = {
    {"draft", "draft entwurf concept brouillon"},
    {"available", "available verfugbar frei neu offen beschikbaar nieuw open disponible nouvelle"},
    {"taken", "taken vergeben vermittelt vergeven gegeven attribuee prise"},
    {"withdrawn", "withdrawn zuruckgezogen ingetrokken retiree"},
    {"expired", "expired abgelaufen verlopen expiree"},
};

static const struct word languages[] = {
    {"de", "de deutsch duits allemand german"},
    {"nl", "nl niederlandisch nederlands neerlandais dutch"},
    {"fr", "fr franzosisch frans francais french"},
    {"en", "en englisch engels anglais english"},
};

/* An e that only transcribes an umlaut: ae, oe, ue are as ä, ö, ü without their points. */
static bool transcribes(char c, char before)
{
    return c == 'e' && (before == 'a' || before == 'o' || before == 'u');
}

/* Letters and digits only, lower case, without accents, so that all spellings of a word are one. Empty when
 * it is longer than any word here. */
static void fold(const char *text, char out[WORD_SIZE])
{
    size_t size = 0;
    uint8_t *folded = u8_casefold((const uint8_t *)text, strlen(text), "", UNINORM_NFD, NULL, &size);
    size_t used = 0;

    for (size_t i = 0; folded && i < size && used < WORD_SIZE; i++) {
        char c = (char)folded[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');

        if (plain && !(used > 0 && transcribes(c, out[used - 1])))
            out[used++] = c;
    }
    out[used < WORD_SIZE ? used : 0] = '\0';
    free(folded);
}

/* Is the folded word the one that stands here, which is plain but for transcribed umlauts? */
static bool same(const char *word, const char *here, size_t length)
{
    char before = '\0';

    for (size_t i = 0; i < length; i++) {
        if (transcribes(here[i], before))
            continue;
        if (*word++ != here[i])
            return false;
        before = here[i];
    }
    return *word == '\0';
}

static bool among(const char *word, const char *words)
{
    while (*words != '\0') {
        size_t length = strcspn(words, " ");

        if (same(word, words, length))
            return true;
        words += length + strspn(words + length, " ");
    }
    return false;
}

static const char *find(const struct word *table, size_t count, const char *text)
{
    char word[WORD_SIZE];

    fold(text, word);
    for (size_t i = 0; i < count && word[0] != '\0'; i++)
        if (among(word, table[i].words))
            return table[i].code;
    return NULL;
}

#define FIND(table, text) find(table, sizeof(table) / sizeof(table)[0], text)

enum vocabulary_column vocabulary_column(const char *header)
{
    char word[WORD_SIZE];

    fold(header, word);
    for (int i = 0; i < COLUMN_COUNT && word[0] != '\0'; i++)
        if (among(word, columns[i]))
            return (enum vocabulary_column)i;
    return COLUMN_COUNT;
}

const char *vocabulary_category(const char *word)
{
    return FIND(categories, word);
}

const char *vocabulary_sector(const char *word)
{
    return FIND(sectors, word);
}

const char *vocabulary_proposal_state(const char *word)
{
    return FIND(proposal_states, word);
}

const char *vocabulary_offer_state(const char *word)
{
    return FIND(offer_states, word);
}

const char *vocabulary_language(const char *word)
{
    return FIND(languages, word);
}

/* Reads up to four digits; how many there were. */
static size_t read_number(const char **at, unsigned *number)
{
    size_t digits = 0;

    for (*number = 0; digits < 4 && isdigit((unsigned char)**at); (*at)++) {
        *number = *number * 10 + (unsigned)(**at - '0');
        digits++;
    }
    return digits;
}

bool vocabulary_date(const char *text, char date[VOCABULARY_DATE_SIZE])
{
    unsigned part[3];
    size_t digits[3];
    char moment[MOMENT_SIZE];
    int64_t seconds;
    bool year_first;
    unsigned year;

    for (int i = 0; i < 3; i++) {
        digits[i] = read_number(&text, &part[i]);
        if (digits[i] == 0 || (i < 2 && (*text == '\0' || !strchr(".-/", *text++))))
            return false;
    }
    year_first = digits[0] == 4 && digits[2] <= 2;
    if (*text != '\0' || (!year_first && (digits[2] != 4 || digits[0] > 2)) || digits[1] > 2)
        return false;
    year = year_first ? part[0] : part[2];
    snprintf(moment, sizeof moment, "%04u-%02u-%02uT00:00:00Z", year % 10000, part[1] % 100,
             (year_first ? part[2] : part[0]) % 100);
    snprintf(date, VOCABULARY_DATE_SIZE, "%.10s", moment);
    return moment_parse(moment, &seconds);
}

bool vocabulary_quantity(const char *text, int64_t *quantity, const char **rest)
{
    size_t digits = 0;
    bool whole;
    bool glued;

    for (*quantity = 0; isdigit((unsigned char)*text) && digits < 12; digits++) {
        *quantity = *quantity * 10 + (*text++ - '0');
        /* A separator of thousands has three digits behind it. */
        if (*text != '\0' && strchr(". '", *text) && strspn(text + 1, "0123456789") == 3)
            text++;
    }
    whole = digits > 0 && !isdigit((unsigned char)*text) &&
            !(*text != '\0' && strchr(".,", *text) && isdigit((unsigned char)text[1]));
    *rest = text + strspn(text, " ");
    /* "30kg" is thirty kilograms; "1e9" and "2027-02-30" are not a number and its unit. */
    glued = *text != '\0' && *text != ' ';
    return whole && !(glued && (ispunct((unsigned char)*text) || strpbrk(text, "0123456789")));
}
