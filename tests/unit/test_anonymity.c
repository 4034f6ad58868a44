/* The promises of node/core/anonymity.h and of the rules behind it. */
#include <stdlib.h>

#include "node/core/anonymity.h"
#include "tests/unit/anonymity_checks.h"

static const struct check_name DIRECTORY[] = {
    {NAME_PLACE, "Saarbrücken"},
    {NAME_PLACE, "Arnhem"},
    {NAME_PLACE, "Metz"},
    {NAME_ORGANISATION, "Wärmestube Saarbrücken e.V."},
    {NAME_ORGANISATION, "Sonnenhof gGmbH"},
    {NAME_ORGANISATION, "Deutsches Hilfswerk Nordwind (DHN)"},
    {NAME_ORGANISATION, "Haus der Kinder"},
    {NAME_ORGANISATION, "Kita Regenbogen"},
    {NAME_ORGANISATION, "Tierheim Saarbrücken"},
    {NAME_ORGANISATION, "Stadt Saarbrücken"},
    {NAME_ORGANISATION, "Familientreff Sonnenwinkel e. V."},
    {NAME_ORGANISATION, "Familientreff Mondscheinhaus e. V."},
    {NAME_ORGANISATION, "Nachbarschaftstreff Sternenhaus"},
    {NAME_ORGANISATION, "Seniorenkreis Leuchtturm"},
    {NAME_ORGANISATION, "Förderverein Lesewiese"},
    {NAME_ORGANISATION, "Bürgerhilfe Saarbrücken"},
    {NAME_ORGANISATION, "Lebenshilfe Saarbrücken"},
    {NAME_ORGANISATION, "Buurthuis Zonnekring"},
    {NAME_ORGANISATION, "Stichting Jeugdgroep Arnhem"},
    {NAME_ORGANISATION, "Foyer Arc-en-Ciel Verdelune"},
    {NAME_ORGANISATION, "Community Centre Larkmead"},
    {NAME_ORGANISATION, "Freies Musik Forum"},
    {NAME_ORGANISATION, "Stichting De Klimroos"},
    {NAME_ORGANISATION, "Association L'Île aux Hirondelles"},
    {NAME_COMPANY, "Bäckerei Klein & Söhne GmbH"},
    {NAME_COMPANY, "NORDBLECH GMBH"},
    {NAME_COMPANY, "Garage Wijngaerde"},
    {NAME_CONTACT, "Anna Müller"},
    {NAME_CONTACT, "Winter, Petra"},
    {NAME_CONTACT, "Jan de Jong"},
    {NAME_CONTACT, "Hélène Lefèvre"},
    {NAME_CONTACT, "Elke Straßburger"},
    {NAME_CONTACT, "Karin Schröder-Böhm"},
    {NAME_CONTACT, "Uwe Steiner"},
    {NAME_CONTACT, "Ines Kraehlert"},
    {NAME_CONTACT, "Bert Stoehrlin"},
    {NAME_CONTACT, "Olaf Duemmert"},
};

static int make_directory(void **state)
{
    *state = check_directory(DIRECTORY, sizeof DIRECTORY / sizeof *DIRECTORY);
    return 0;
}

static int make_directory_extended(void **state)
{
    *state = check_directory_extended(DIRECTORY, sizeof DIRECTORY / sizeof *DIRECTORY);
    return 0;
}

static int drop_directory(void **state)
{
    names_destroy(*state);
    return 0;
}

static void finds_email_in_every_writing(void **state)
{
    static const struct check CHECKS[] = {
        {"de", "Mail an anna@verein.example.", "email:anna@verein.example"},
        {"de", "info (at) verein punkt de", "email:info (at) verein punkt de"},
        {"de", "info[at]verein.example", "email:info[at]verein.example"},
        {"nl", "jan apenstaartje vereniging.nl", "email:jan apenstaartje vereniging.nl"},
        {"fr", "contact (arobase) asso point fr", "email:contact (arobase) asso point fr"},
        {"en", "tom at club.org today", "email:tom at club.org"},
        {"de", "an anna@firma.", "email:anna@firma"},
        {"en", "We meet at noon. Look at this.", ""},
        {"de", "3 @ 5", ""},
    };
    CHECK_ALL(state, CHECKS);
}

static void finds_phone_in_every_writing(void **state)
{
    static const struct check CHECKS[] = {
        {"de", "+49 681 123456", "phone:+49 681 123456"},
        {"de", "+49 (0)681 / 12 34-56", "phone:+49 (0)681 / 12 34-56"},
        {"de", "0049 170 1234567", "phone:0049 170 1234567"},
        {"de", "(0681) 12 34 56", "phone:(0681) 12 34 56"},
        {"de", "0681/12345", "phone:0681/12345"},
        {"de", "0681 - 12 34 56", "phone:0681 - 12 34 56"},
        {"de", "Tel. 12 34 56", "phone:12 34 56"},
        {"nl", "06-12345678", "phone:06-12345678"},
        {"fr", "06.12.34.56.78", "phone:06.12.34.56.78"},
        {"fr", "+33 (0)6 12 34 56 78", "phone:+33 (0)6 12 34 56 78"},
        {"de", "0681 1234 oder 0681 123", "phone:0681 1234"},
        {"de", "Tel. 12345", "phone:12345"},
        {"de", "Tel. 1234", ""},
        {"de", "Tel. 12 12 2000", "phone:12 12 2000"}, /* no date: that has full stops, hyphens or strokes */
    };
    CHECK_ALL(state, CHECKS);
}

static void takes_dates_hours_and_quantities_for_no_phone(void **state)
{
    static const struct check CHECKS[] = {
        {"de", "Am 03.07.2026 von 08.00 - 12.30 Uhr, 01.02.-03.04.2026.", ""},
        {"de", "08.00-12.00 14.00-18.00 Uhr", ""},
        {"de", "2026-11-24, 24/11/2026", ""},
        {"de", "Telefon ab 24. 11. 2026", ""},
        {"fr", "10 000 appareils, 26 183 produits", ""},
        {"de", "30.000 Euro, 1.249,00 Euro, 36 Paletten auf 500 m2", ""},
        {"de", "Art.-Nr. 0815 4711 223", ""},
        {"de", "Drucker HX-0681/4520", ""},
    };
    CHECK_ALL(state, CHECKS);
}

static void finds_iban_by_its_checksum(void **state)
{
    static const struct check CHECKS[] = {
        {"de", "DE89 3704 0044 0532 0130 00", "iban:DE89 3704 0044 0532 0130 00"},
        {"nl", "nl91abna0417164300", "iban:nl91abna0417164300"},
        {"fr", "FR14 2004 1010 0505 0001 3M02 606", "iban:FR14 2004 1010 0505 0001 3M02 606"},
        {"de", "Seriennummer DE88 3704 1044 1532 1130 10", ""},
        {"de", "Seriennummer DE16 3704 1044 1532 1130 11", "iban:DE16 3704 1044 1532 1130 11"},
        {"de", "Seriennummer DE14 3704 1044 1532 1130 11", ""},
        {"de", "Seriennummer DE15 3704 1044 1532 1130 11", ""},
        {"de", "Seriennummer DE17 3704 1044 1532 1130 11", ""},
        {"de", "IBAN: DE88 3704 0044 0532 0130 00", "iban:DE88 3704 0044 0532 0130 00"},
    };
    CHECK_ALL(state, CHECKS);
}

static void finds_web_addresses_and_handles(void **state)
{
    static const struct check CHECKS[] = {
        {"de", "Siehe https://verein.example/a?b=1.", "url:https://verein.example/a?b=1"},
        {"de", "www.verein.example, danke", "url:www.verein.example"},
        {"de", "auf mein-verein.de.", "url:mein-verein.de"},
        {"de", "auf mein-verein.de/kontakt.", "url:mein-verein.de/kontakt"},
        {"de", "auf mein-verein.de:8080/a, ja", "url:mein-verein.de:8080/a"},
        {"de", "auf mein-verein.de: kommt", "url:mein-verein.de"},
        {"de", "Folgt @verein_sb", "url:@verein_sb"},
        {"de", "Instagram: verein.sb", "url:Instagram: verein.sb"},
        {"de", "Insta: sb", "url:Insta: sb"},
        {"de", "z.B. u.a. d.h. fertig.Danach die liste.pdf", ""},
        {"fr", "à ce point de vente", ""},
    };
    CHECK_ALL(state, CHECKS);
}

static void finds_street_addresses_of_four_languages(void **state)
{
    static const struct check CHECKS[] = {
        {"de", "Abholung Bahnhofstraße 12.", "street_address:Bahnhofstraße 12"},
        {"de", "in der Mainzer Str. 4a im Hof", "street_address:Mainzer Str. 4a"},
        {"de", "Treffpunkt Am Staden 3", "street_address:Am Staden 3"},
        {"de", "Eschbergweg 17, 66121 Saarbrücken", "street_address:Eschbergweg 17, 66121 Saarbrücken"},
        {"de", "ein Fest in der Karl-Marx-Straße", "street_address:Karl-Marx-Straße"},
        {"de", "Postfach 10 12 34", "street_address:Postfach 10 12 34"},
        {"de", "in 66111 Saarbrücken", "street_address:66111 Saarbrücken"},
        {"nl", "Kerkstraat 4-6", "street_address:Kerkstraat 4-6"},
        {"nl", "Velperplein 3, 6811 AG Arnhem", "street_address:Velperplein 3, 6811 AG Arnhem"},
        {"fr", "12 bis, rue de la Gare", "street_address:12 bis, rue de la Gare"},
        {"fr", "au 3 rue du port", "street_address:3 rue du port"},
        {"fr", "place de la Liberté n° 4", "street_address:place de la Liberté n° 4"},
        {"en", "at 12 High Street", "street_address:12 High Street"},
    };
    CHECK_ALL(state, CHECKS);
}

static void takes_everyday_places_for_no_address(void **state)
{
    static const struct check CHECKS[] = {
        {"de", "Menschen auf der Straße; 10 Personen auf dem Parkplatz, Hauptstraße", ""},
        {"de", "Am Spielplatz 3 Bänke streichen", ""},
        {"de", "Am Samstag 14 Uhr", ""},
        {"de", "10000 Flyer und 12345 Karten", ""},
        {"nl", "niet in een drukke winkelstraat, 700 vierkante meter", ""},
        {"nl", "Tijdens 2025 TV kijken", ""},
        {"fr", "3 cours de français, une place, 2 places", ""},
        {"en", "12 New Chairs", ""},
        {"de", "Auf das Konto DE89 3704", ""},
        {"de", "Bitte Auf Blatt A4 drucken", ""},
        {"de", "An die Gruppe 3", ""},
    };
    CHECK_ALL(state, CHECKS);
}

static void finds_names_however_they_are_inflected(void **state)
{
    static const struct check CHECKS[] = {
        {"de", "Die Waermestuben, eine WARMESTUBE", "name:Waermestuben|name:WARMESTUBE"},
        {"de", "Sonnenhofs Kinder", "name:Sonnenhofs"},
        {"de", "Nordblech gibt Bleche", "name:Nordblech"},
        {"de", "Elke Strassburger", "name:Elke Strassburger"},
        {"fr", "Mme Lefevre", "name:Lefevre"},
        {"de", "Frau Krahlert, Herr Stohrlin, Herr Dummert",
         "name:Krahlert|name:Stohrlin|name:Dummert"}, /* recorded with ae, oe, ue */
        {"nl", "bij Wyngaerde's garage", "name:Wyngaerde"},
        {"nl", "De Klimroos zoekt verf", "name:Klimroos"},
        {"de", "Wärme\u00adstube", "name:Wärme\u00adstube"}, /* soft hyphen */
        {"de", "Wa\u0308rmestube", "name:Wa\u0308rmestube"}, /* decomposed */
        {"de", "Ｌｅfèvre", "name:Ｌｅfèvre"},               /* full width */
    };
    CHECK_ALL(state, CHECKS);
}

static void finds_parts_of_compound_names(void **state)
{
    static const struct check CHECKS[] = {
        {"de", "Das Sonnenhof-Team", "name:Sonnenhof"},
        {"de", "Zum Sonnenhoffest", "name:Sonnenhoffest"},
        {"de", "Sonnen-Hof", "name:Sonnen-Hof"},
        {"de", "Frau Böhm", "name:Böhm"},
        {"de", "Das Müllerhaus", "name:Müllerhaus"},
        {"de", "Der DHN-Bus, die D.H.N., drk und dhn", "name:DHN|name:D.H.N"},
        {"fr", "L'Ile aux hirondelles chante", "name:Ile aux hirondelles"},
        {"de", "Der Sonnenwinkel sucht Hilfe.", "name:Sonnenwinkel"},
        {"de", "Im Mondscheinhaus ist es kalt", "name:Mondscheinhaus"},
        {"de", "Das Sternenhaus zieht um", "name:Sternenhaus"},
        {"de", "Familientreff Sonnenwinkel", "name:Familientreff Sonnenwinkel"},
        {"de", "Die Lesewiese lädt ein", "name:Lesewiese"},
        {"de", "für die Lebenshilfe", "name:Lebenshilfe"},
        {"nl", "De Zonnekring zoekt stoelen", "name:Zonnekring"},
        {"fr", "Chez Verdelune on cherche des chaises", "name:Verdelune"},
        {"en", "We at Larkmead need chairs", "name:Larkmead"},
    };
    CHECK_ALL(state, CHECKS);
}

/* Which hyphens are the words' own, nobody can tell. */
static void finds_what_a_hyphen_parts_at_the_end_of_a_line(void **state)
{
    static const struct check CHECKS[] = {
        {"de", "die Wärme-\nstu-\nbe", "name:Wärme-\nstu-\nbe"},
        {"de", "Anna Mül-\nler", "name:Anna Mül-\nler"},
        {"de", "Bahnhof-\nstraße 12", "street_address:Bahnhof-\nstraße 12"},
        {"de", "Post-\nfach 10 12 34", "street_address:Post-\nfach 10 12 34"},
        {"de", "anna@ver-\nein.example", "email:anna@ver-\nein.example"},
    };
    CHECK_ALL(state, CHECKS);
}

static void lets_everyday_words_pass(void **state)
{
    static const struct check CHECKS[] = {
        {"de", "Für den Winter sucht das Haus Kinder. Kleine Söhne, klein und fein. Ein Stein.", ""},
        {"de", "Der Verein in der Stadt Saarbrücken", ""},
        {"de", "Das Kinderheim braucht Decken", ""},
        {"de", "ein Haus für Kinder", ""},
        {"nl", "een jonge hond in de winter", ""},
        {"fr", "Les enfants de la ville de Metz", ""},
        {"de", "Ein Familientreff und ein Nachbarschaftstreff, ein Seniorenkreis, ein Förderverein", ""},
        {"de", "Der Winkel am Haus, die Sonne, der Mond, die Wiese", ""},
        {"nl", "een Buurthuis voor de Jeugd", ""},
        {"fr", "Un foyer, une maison", ""},
        {"en", "Our community centre needs chairs", ""},
    };
    CHECK_ALL(state, CHECKS);
}

static void finds_everyday_words_where_they_are_names(void **state)
{
    static const struct check CHECKS[] = {
        {"de", "Das Haus der Kinder", "name:Haus der Kinder"},
        {"de", "Die Kita Regenbogen", "name:Kita Regenbogen"},
        {"de", "Der „Regenbogen“ hilft", "name:Regenbogen"},
        {"de", "im Regenbogen", "~name_part:Regenbogen"},
        {"de", "Das Tierheim in Saarbrücken", "name:Tierheim in Saarbrücken"},
        {"de", "Frau Winter", "name:Winter"},
        {"de", "bei Petra Winter", "name:Petra Winter"},
        {"de", "P. Winter", "name:Winter"},
        {"nl", "vraag De Jong", "name:Jong"},
        {"de", "Herr Steiner", "name:Steiner"},
    };
    CHECK_ALL(state, CHECKS);
}

static void only_warns_of_what_may_be_a_name(void **state)
{
    static const struct check CHECKS[] = {
        {"de", "Gruß von Anna", "~name_part:Anna"},
        {"de", "Frau Kowalewski", "~name_part:Kowalewski"},
        {"nl", "een klimroos planten in de tuin van Arnhem", "~name_part:klimroos"},
        {"de", "Das Tierheim braucht Decken", "~name_part:Tierheim"},
        {"de", "FMF", "~name_part:FMF"},
        {"de", "am Leuchtturm", "~name_part:Leuchtturm"},
        {"de", "eine Bürgerhilfe", "~name_part:Bürgerhilfe"},
    };
    CHECK_ALL(state, CHECKS);
}

static void counts_places_in_code_points_and_bytes(void **state)
{
    static const char TEXT[] = "Für Größe: Müller";
    struct findings findings;

    findings_init(&findings);
    assert_int_equal(anonymity_check(TEXT, strlen(TEXT), "de", *state, &findings), READING_OK);
    assert_int_equal(findings.count, 1);
    assert_int_equal(findings.rows[0].start, 11);
    assert_int_equal(findings.rows[0].end, 17);
    assert_int_equal(findings.rows[0].start_byte, 14);
    assert_int_equal(findings.rows[0].end_byte, 21);
    assert_string_equal(findings.rows[0].name, "Anna Müller");
    assert_true(findings_block(&findings));
    findings_finish(&findings);
}

static void keeps_only_the_outer_of_two_findings(void **state)
{
    static const struct check CHECKS[] = {
        {"de", "anna.mueller@sonnenhof.de", "email:anna.mueller@sonnenhof.de"},
        {"de", "www.sonnenhof.de", "url:www.sonnenhof.de"},
    };
    CHECK_ALL(state, CHECKS);
}

static void refuses_what_is_no_text(void **state)
{
    char *huge;
    struct names *names;

    static const struct {
        const char *bytes;
        size_t length;
    } BAD[] = {{"a\xff", 2},        {"\xc3", 1},     {"a\0b", 3},
               {"\xed\xa0\x80", 3}, {"\xc0\xaf", 2}, {"\xf4\x90\x80\x80", 4}};
    struct findings findings;

    findings_init(&findings);
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++)
        assert_int_equal(anonymity_check(BAD[i].bytes, BAD[i].length, "de", *state, &findings),
                         READING_INVALID_UTF8);
    assert_int_equal(anonymity_check("", 0, NULL, *state, &findings), READING_OK);
    assert_int_equal(findings.count, 0);

    huge = malloc(READING_BYTES_MAX + 1);
    assert_non_null(huge);
    memset(huge, 'a', READING_BYTES_MAX + 1);
    assert_int_equal(anonymity_check(huge, READING_BYTES_MAX + 1, "de", *state, &findings), READING_TOO_LONG);
    assert_int_equal(anonymity_check(huge, READING_BYTES_MAX, "de", *state, &findings), READING_OK);
    free(huge);
    findings_finish(&findings);

    names = names_create();
    assert_non_null(names);
    assert_false(names_add(names, NAME_CONTACT, "1", "Anna \xff"));
    names_destroy(names);
    names_destroy(NULL);
}

/* Pieces that make rules begin, in any order and cut anywhere: no rule may read past an end (the sanitizers
 * watch), and every finding lies within the text. */
static void stays_within_any_text(void **state)
{
    static const char *const PIECES[] = {
        "@",    "(at)",   " at ",     ".de",      "www.",       "http://",    "+49",       "0681",
        "/",    "-",      "(",        ")",        "DE89",       "3704 ",      "rue ",      "12 ",
        "Am ",  "Straße", " 4a",      "Müller",   "Winter",     ", ",         "Frau ",     "„",
        "“",    "\n",     "\xcc\x88", "\xc2\xad", "ä",          "e.V.",       "66111 ",    "6811 AG",
        "D.",   "H.",     "N.",       "n° ",      "-\n",        "\xc2\xad\n", "am Alten ", "aan de Dam ",
        "Nr. ", " & ",    " u. ",     "Fa. ",     " \xcc\x88 ", "r. ",        "Anna M"};
    uint32_t seed = 1;

    for (int round = 0; round < 3000; round++) {
        char text[256] = "";
        struct findings findings;
        size_t length;
        char *exact;

        for (int i = 0; i < 12; i++) {
            seed = seed * 1664525u + 1013904223u;
            strcat(text, PIECES[(seed >> 16) % (sizeof PIECES / sizeof *PIECES)]);
        }
        findings_init(&findings);
        length = strlen(text);
        exact = malloc(length); /* without a closing NUL, so that a byte read too far is seen */
        assert_non_null(exact);
        memcpy(exact, text, length);
        assert_int_equal(anonymity_check(exact, length, round % 2 ? "de" : "fr", *state, &findings),
                         READING_OK);
        for (size_t i = 0; i < findings.count; i++) {
            assert_true(findings.rows[i].start < findings.rows[i].end);
            assert_true(findings.rows[i].start_byte < findings.rows[i].end_byte);
            assert_true(findings.rows[i].end_byte <= length);
        }
        free(exact);
        findings_finish(&findings);
    }
}

static void warns_of_what_is_unique(void **state)
{
    static const struct {
        const char *text;
        struct uniqueness facts;
        const char *expected;
    } CHECKS[] = {
        {"Wir brauchen Stühle", {-1, -1}, ""},
        {"Wir brauchen Stühle", {3, 5}, ""},
        {"Wir brauchen Stühle", {2, 5}, "~few_known:"},
        {"Wir brauchen Stühle", {3, 4}, "~few_known:"},
        {"Das Tierheim zieht um", {-1, -1}, "~rare_kind:Tierheim"},
        {"Der älteste Verein", {-1, -1}, "~superlative:älteste"},
        {"Der größte Wunsch", {-1, -1}, ""},
        {"La banque alimentaire", {-1, -1}, "~rare_kind:banque alimentaire"},
        {"the only food bank", {-1, -1}, "~superlative:only|~rare_kind:food bank"},
        {"De enige school", {-1, -1}, "~superlative:enige"},
    };

    for (size_t i = 0; i < sizeof CHECKS / sizeof *CHECKS; i++) {
        struct findings findings;
        char found[512];
        findings_init(&findings);
        assert_int_equal(anonymity_check_uniqueness(CHECKS[i].text, strlen(CHECKS[i].text), *state,
                                                    &CHECKS[i].facts, &findings),
                         READING_OK);
        check_describe(&findings, CHECKS[i].text, found, sizeof found);
        assert_string_equal(found, CHECKS[i].expected);
        assert_false(findings_block(&findings));
        for (size_t f = 0; f < findings.count; f++)
            assert_true(findings.rows[f].coarsen);
        findings_finish(&findings);
    }
}

static void bands_hide_the_quantity(void **state)
{
    static const struct {
        int64_t quantity;
        const char *band;
    } BANDS[] = {{1, "1"},         {2, "2-5"},     {5, "2-5"},         {6, "6-20"},
                 {20, "6-20"},     {21, "21-100"}, {100, "21-100"},    {101, "101-500"},
                 {500, "101-500"}, {501, "501+"},  {INT64_MAX, "501+"}};

    (void)state;
    for (size_t i = 0; i < sizeof BANDS / sizeof *BANDS; i++)
        assert_string_equal(anonymity_quantity_band(BANDS[i].quantity), BANDS[i].band);
    assert_null(anonymity_quantity_band(0));
    assert_null(anonymity_quantity_band(INT64_MIN));
}

static void month_is_all_that_is_left_of_a_date(void **state)
{
    static const char *const BAD[] = {"",           "2026-11",     "2026-13-01", "2026-00-10",
                                      "24.11.2026", "2026-11-240", "2026-1a-24"};
    char month[ANONYMITY_MONTH_SIZE];

    (void)state;
    assert_true(anonymity_month("2026-11-24", month));
    assert_string_equal(month, "2026-11");
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++)
        assert_false(anonymity_month(BAD[i], month));
}

static void a_place_is_known_when_all_its_words_are(void **state)
{
    assert_true(names_knows_place(*state, "Saarbrücken"));
    assert_true(names_knows_place(*state, "Metz an der Saarbrücken"));
    assert_false(names_knows_place(*state, "Völklingen"));
    assert_false(names_knows_place(*state, "Metz-Plappeville"));
    assert_false(names_knows_place(*state, "Anna"));
}

int main(void)
{
    const struct CMUnitTest anonymity[] = {
        cmocka_unit_test(finds_email_in_every_writing),
        cmocka_unit_test(finds_phone_in_every_writing),
        cmocka_unit_test(takes_dates_hours_and_quantities_for_no_phone),
        cmocka_unit_test(finds_iban_by_its_checksum),
        cmocka_unit_test(finds_web_addresses_and_handles),
        cmocka_unit_test(finds_street_addresses_of_four_languages),
        cmocka_unit_test(takes_everyday_places_for_no_address),
        cmocka_unit_test(a_place_is_known_when_all_its_words_are),
        cmocka_unit_test(finds_names_however_they_are_inflected),
        cmocka_unit_test(finds_parts_of_compound_names),
        cmocka_unit_test(finds_what_a_hyphen_parts_at_the_end_of_a_line),
        cmocka_unit_test(lets_everyday_words_pass),
        cmocka_unit_test(finds_everyday_words_where_they_are_names),
        cmocka_unit_test(only_warns_of_what_may_be_a_name),
        cmocka_unit_test(counts_places_in_code_points_and_bytes),
        cmocka_unit_test(keeps_only_the_outer_of_two_findings),
        cmocka_unit_test(refuses_what_is_no_text),
        cmocka_unit_test(stays_within_any_text),
        cmocka_unit_test(warns_of_what_is_unique),
        cmocka_unit_test(bands_hide_the_quantity),
        cmocka_unit_test(month_is_all_that_is_left_of_a_date),
    };

    return cmocka_run_group_tests_name("anonymity", anonymity, make_directory, drop_directory) +
           cmocka_run_group_tests_name("anonymity, recorded afterwards", anonymity, make_directory_extended,
                                       drop_directory);
}
