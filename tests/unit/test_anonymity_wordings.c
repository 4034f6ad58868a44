/* Names, streets and numbers as people word them: over line breaks, with other connectors, shortened; and
 * what only looks like one. */
#include "node/core/anonymity.h"
#include "tests/unit/anonymity_checks.h"

static const struct check_name DIRECTORY[] = {
    {NAME_PLACE, "Saarbrücken"},
    {NAME_PLACE, "Arnhem"},
    {NAME_ORGANISATION, "Förderverein der Grundschule Eulengrund e. V."},
    {NAME_ORGANISATION, "Foyer Arc-en-Ciel"},
    {NAME_ORGANISATION, "Haus der Kinder"},
    {NAME_ORGANISATION, "Glückspilz Auenthal e. V."},
    {NAME_ORGANISATION, "Insel e. V."},
    {NAME_ORGANISATION, "Stichting Samen"},
    {NAME_ORGANISATION, "Maison des Enfants"},
    {NAME_ORGANISATION, "Zentrum für Kinder und Jugendliche"},
    {NAME_COMPANY, "Autohaus Lange & Söhne GmbH & Co. KG"},
    {NAME_COMPANY, "Imprimerie Rivière & Fils"},
    {NAME_COMPANY, "Miller and Sons Ltd"},
    {NAME_COMPANY, "Bakkerij De Groot B.V."},
    {NAME_COMPANY, "Garten + Blume GmbH"},
    {NAME_COMPANY, "Sommer GmbH"},
    {NAME_COMPANY, "Winter Gartenbau"},
    {NAME_CONTACT, "Marc Thillmanny"},
    {NAME_CONTACT, "Sabine Vogelsänger-Roth"},
    {NAME_CONTACT, "Jürgen von der Heidenau"},
    {NAME_CONTACT, "Anneke van der Veldhuijsen"},
    {NAME_CONTACT, "Grace May"},
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

static void finds_a_legal_form_to_its_end(void **state)
{
    static const struct check CHECKS[] = {
        {"de", "Der Glückspilz Auenthal e. V. sucht", "name:Glückspilz Auenthal e. V"},
        {"de", "Der Glückspilz Auenthal e.V. sucht", "name:Glückspilz Auenthal e.V"},
        {"de", "Glückspilz Auenthal e V", "name:Glückspilz Auenthal e V"},
    };

    check_all(*state, CHECKS, sizeof CHECKS / sizeof *CHECKS);
}

static void finds_names_over_line_breaks(void **state)
{
    static const struct check CHECKS[] = {
        {"de", "beim Autohaus\nLange & Söhne.", "name:Autohaus\nLange & Söhne"},
        {"de", "beim Autohaus\r\n   Lange\t&\n\nSöhne.", "name:Autohaus\r\n   Lange\t&\n\nSöhne"},
        {"de", "im Haus\u2028der Kinder", "name:Haus\u2028der Kinder"},
        {"de", "Frau\nMay", "name:May"},
        {"de", "an der Eulen-\ngrund", "name:Eulen-\ngrund"},
        {"de", "an der Eulen-\r\n  grund", "name:Eulen-\r\n  grund"},
        {"de", "AM EULEN-\nGRUND", "name:EULEN-\nGRUND"},
        {"de", "an der Eulen\u00ad\ngrund", "name:Eulen\u00ad\ngrund"},
        {"de", "an der Eulen\u2010\ngrund", "name:Eulen\u2010\ngrund"},
        {"de", "das Haus der Kin-\nder", "name:Haus der Kin-\nder"},
        {"fr", "au foyer Arc-\nen-Ciel", "name:foyer Arc-\nen-Ciel"},
        {"de", "Abholung Bahnhof-\nstraße 12.", "street_address:Bahnhof-\nstraße 12"},
        {"de", "in der Mainzer\nStraße 4", "street_address:Mainzer\nStraße 4"},
        {"de", "Schreibt an info@vereins-\nhaus.de", "email:info@vereins-\nhaus.de"},
        {"de", "Kinder-\nund Jugendhilfe, Spiel-\nplatz", ""},
    };
    CHECK_ALL(state, CHECKS);
}

static void takes_connectors_for_one(void **state)
{
    static const struct check CHECKS[] = {
        {"de", "Autohaus Lange und Söhne", "name:Autohaus Lange und Söhne"},
        {"de", "Autohaus Lange u. Söhne", "name:Autohaus Lange u. Söhne"},
        {"de", "Bei Lange + Söhne", "name:Lange + Söhne"},
        {"fr", "L'imprimerie Riviere et Fils", "name:imprimerie Riviere et Fils"},
        {"fr", "chez Rivière & Fils", "name:Rivière & Fils"},
        {"nl", "bij Miller en Sons", "name:Miller en Sons"},
        {"en", "Miller & Sons have pallets", "name:Miller & Sons"},
        {"de", "Bei Garten und Blume", "name:Garten und Blume"},
    };
    CHECK_ALL(state, CHECKS);
}

static void finds_all_words_of_a_name_however_common(void **state)
{
    static const struct check CHECKS[] = {
        {"nl", "Bakkerij de Groot BV levert brood", "name:Bakkerij de Groot"},
        {"nl", "brood van bakkerij de Groot", "name:bakkerij de Groot"},
        {"fr", "pour la maison des enfants", "name:maison des enfants"},
        {"nl", "wij van stichting Samen", "name:stichting Samen"},
        {"nl", "Een stichting samen met ons", "~name_part:stichting samen"},
        {"nl", "wij zijn stichting samen", "name:stichting samen"}, /* no capital in all of the text */
        {"de", "Zentrum für Kinder u. Jugendliche", "name:Zentrum für Kinder u. Jugendliche"},
    };
    CHECK_ALL(state, CHECKS);
}

static void lets_everyday_pairs_pass(void **state)
{
    static const struct check CHECKS[] = {
        {"de", "Lange Söhne, lange und lange. Ein Zentrum für Kinder, für Kinder und Jugendliche", ""},
        {"de", "Der Garten und sein Gartenbau, lang und groß", ""},
        {"nl", "Een groot feest voor de bakkerij", ""},
        {"fr", "La rivière et son fils", ""},
    };
    CHECK_ALL(state, CHECKS);
}

static void finds_what_a_kind_word_announces(void **state)
{
    static const struct check CHECKS[] = {
        {"de", "Die Fa. Sommer hilft", "name:Sommer"},
        {"de", "von der Firma Sommer", "name:Sommer"},
        {"de", "Die Firma Lange baut um", "name:Lange"},
        {"de", "Fa. Winter pflanzt", "name:Winter"},
        {"de", "Der Verein Insel kocht", "name:Insel"},
        {"fr", "Les Ets Rivière et la Sté Sommer", "name:Rivière|name:Sommer"},
        {"nl", "van bedrijf Sommer", "name:Sommer"},
        {"nl", "bij de firma De Groot", "name:Groot"},
        {"en", "Messrs Miller deliver", "name:Miller"},
        {"de", "Die Firma sucht im Sommer Hilfe. Unsere Firma. Sommer ist schön",
         "~name_part:Sommer|~name_part:Sommer"},
    };
    CHECK_ALL(state, CHECKS);
}

static void finds_first_names_with_an_initial(void **state)
{
    static const struct check CHECKS[] = {
        {"fr", "Appelez Marc T. au bureau", "name:Marc T"},
        {"de", "Fragt Marc T", "name:Marc T"},
        {"de", "Sabine V. oder Sabine R.", "name:Sabine V|name:Sabine R"},
        {"de", "bei Jürgen v. d. H. melden", "name:Jürgen v. d. H"},
        {"nl", "Anneke v. V. belt", "name:Anneke v. V"},
        {"de", "Marc K. kommt", "~name_part:Marc"},
    };
    CHECK_ALL(state, CHECKS);
}

static void finds_streets_after_small_openings(void **state)
{
    static const struct check CHECKS[] = {
        {"de", "Die Halle am Alten Güterbahnhof 3 steht leer", "street_address:Alten Güterbahnhof 3"},
        {"de", "Treffpunkt am Staden 3.", "street_address:Staden 3"},
        {"de", "Lager am Markt 5, Hof", "street_address:Markt 5"},
        {"de", "wohnt an der Alten Mühle 12a und", "street_address:Alten Mühle 12a"},
        {"de", "Wir sind auf dem Krummen Steg 7 in", "street_address:Krummen Steg 7"},
        {"de", "zum Ludwigskreisel 4, bitte", "street_address:Ludwigskreisel 4"},
        {"nl", "aan de Lange Voorhout 12-A", "street_address:Lange Voorhout 12-A"},
        {"nl", "Ophalen aan het Spui 70.", "street_address:Spui 70"},
        {"nl", "bij de Oude Rijn 41-II afgeven", "street_address:Oude Rijn 41-II"},
        {"nl", "op de Nieuwe Gracht 5b", "street_address:Nieuwe Gracht 5b"},
        {"nl", "naar de Nieuwe Rijn 12 voor vrijdag", "street_address:Nieuwe Rijn 12"},
        {"nl", "Adres: Singel 12, tuin", "street_address:Singel 12"},
        {"nl", "Lange Voorhout 8, tel later", "street_address:Lange Voorhout 8"},
    };
    CHECK_ALL(state, CHECKS);
}

static void finds_short_french_streets(void **state)
{
    static const struct check CHECKS[] = {
        {"fr", "Siège : 25, rte du Vieux-Moulin.", "street_address:25, rte du Vieux-Moulin"},
        {"fr", "au 4 av. Foch", "street_address:4 av. Foch"},
        {"fr", "12 bis, pl. de l'Étoile", "street_address:12 bis, pl. de l'Étoile"},
        {"fr", "3 chem. des Vignes", "street_address:3 chem. des Vignes"},
        {"fr", "8, imp. des Roses", "street_address:8, imp. des Roses"},
        {"fr", "6 all. du Parc", "street_address:6 all. du Parc"},
        {"fr", "9, sq. Camoufle", "street_address:9, sq. Camoufle"},
        {"fr", "14 fbg Saint-Jean", "street_address:14 fbg Saint-Jean"},
        {"fr", "2 r. de la Gare", "street_address:2 r. de la Gare"},
        {"fr", "7 bld de la filature", "street_address:7 bld de la filature"},
        {"en", "We are 12 all Day", ""},
        {"fr", "sur la rte de Metz. 3 pl libres", ""},
    };
    CHECK_ALL(state, CHECKS);
}

static void takes_times_rooms_and_counts_for_no_address(void **state)
{
    static const struct check CHECKS[] = {
        {"de", "am Montag 3, am Samstag 14, am Nikolaustag 6, im Mai 5", ""},
        {"de", "im Raum 12, im Seminarraum 3, in der Gruppe 4, am Tisch 5, im Haus 2.", ""},
        {"de", "im Alten Rathaus 3 Stühle und 3 neue Tische, im Großen Saal 2", ""},
        {"de", "am Alten Markt 3 m tief, im Kalten Keller 5 °C, zum Alten Preis 3 €", ""},
        {"de", "beim Turnier 3 Pokale, im Team 12.", ""},
        {"nl", "op zaterdag 14 juni, aan de Groep 8, in de Zaal 3", ""},
        {"nl", "aan de Voedselbank 12 stoelen, op de Donderdag 3, In de Week 12", ""},
        {"de", "Modell C-0207/946, Bauteil B-12345", ""},
    };
    CHECK_ALL(state, CHECKS);
}

static void takes_article_numbers_for_no_phone(void **state)
{
    static const struct check CHECKS[] = {
        {"de", "Toner Nr. 0815-4711-23", ""},
        {"nl", "artikelnummer 06.1234.567", ""},
        {"de", "Modell 0815 4711 223, Seriennummer: 0123-456789", ""},
        {"fr", "cartouche réf. 01-2345-6789, modèle n° 0123 456 789", ""},
        {"en", "part no. 0113-496-0273, serial 0113 496 0273", ""},
        {"de", "Artikel Nummer 0815 4711 22", ""},
        {"de", "Telefon 12 34 56", "phone:12 34 56"},
        {"de", "Tel.-Nr. 0681 123456", "phone:0681 123456"},
        {"de", "unter der Nr. 0681 1234567", "phone:0681 1234567"},
        {"de", "Anna Nr. 0171 1234567", "phone:0171 1234567"},
        {"fr", "au n° 03 87 12 34 56", "phone:03 87 12 34 56"},
        {"nl", "Modellen, bel 026-1234567", "phone:026-1234567"},
        {"de", "Modell A, Anruf: 0681 123456", "phone:0681 123456"},
    };
    CHECK_ALL(state, CHECKS);
}

static void only_warns_of_months_and_of_things_of_a_kind(void **state)
{
    static const struct check CHECKS[] = {
        {"en", "We hope to open in May.", "~name_part:May"},
        {"en", "May we ask? You may.", ""},
        {"en", "Ask Ms May; Grace May knows", "name:May|name:Grace May"},
        {"de", "Das wäre ein Glückspilz.", "~name_part:Glückspilz"},
        {"de", "Der Glückspilz zieht um", "name:Glückspilz"},
        {"de", "ein Glückspilz-Team, eine Glückspilz Feier", "name:Glückspilz|name:Glückspilz"},
    };
    CHECK_ALL(state, CHECKS);
}

int main(void)
{
    const struct CMUnitTest wordings[] = {
        cmocka_unit_test(finds_a_legal_form_to_its_end),
        cmocka_unit_test(finds_names_over_line_breaks),
        cmocka_unit_test(takes_connectors_for_one),
        cmocka_unit_test(finds_all_words_of_a_name_however_common),
        cmocka_unit_test(lets_everyday_pairs_pass),
        cmocka_unit_test(finds_what_a_kind_word_announces),
        cmocka_unit_test(finds_first_names_with_an_initial),
        cmocka_unit_test(finds_streets_after_small_openings),
        cmocka_unit_test(finds_short_french_streets),
        cmocka_unit_test(takes_times_rooms_and_counts_for_no_address),
        cmocka_unit_test(takes_article_numbers_for_no_phone),
        cmocka_unit_test(only_warns_of_months_and_of_things_of_a_kind),
    };

    return cmocka_run_group_tests_name("anonymity_wordings", wordings, make_directory, drop_directory) +
           cmocka_run_group_tests_name("anonymity_wordings, recorded afterwards", wordings,
                                       make_directory_extended, drop_directory);
}
