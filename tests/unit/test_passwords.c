/* Which new passwords are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "node/core/passwords.h"

static const char *const known[] = {"m.krueger77@herausforderung.saarbruecken.example",
                                    "Mélanie Krüger-Wójcik", "Saarbrücken", NULL};

static void assert_all(const char *const *passwords, bool common)
{
    for (; *passwords; passwords++)
        if (passwords_is_common(*passwords, known) != common)
            fail_msg("«%s» is %s", *passwords, common ? "taken" : "refused");
}

static void what_is_guessed_first_is_refused(void **state)
{
    static const char *const passwords[] = {
        "password1234",     "Passwort12345", "P4ssw0rt!2026",  "wachtwoord01!",   "motdepasse123",
        "Mot de passe 1",   "geheim geheim", "Welkom2026!!",   "willkommen123",   "bienvenue2026",
        "123456789012",     "111111111111",  "qwertzuiop12",   "azertyuiop123",   "asdfghjkl;'1",
        "1q2w3e4r5t6z",     "abcdefghijkl",  "zyxwvutsrqpo",   "aaaaaaaaaaaa",    "abcabcabcabc",
        "xqzvxqzvxqzvxqzv", "iloveyou2024",  "ichliebedich",   "ikhouvanjou1",    "jetaimejetaime",
        "administrator",    "Admin-Admin-1", "letmein12345",   "changeme!!!!!",   "trowssap2026",
        "Schalke04 2026",   "Fußball-1990",  "bayernmuenchen", "doudou123456",    "superman-batman",
        "schatzi-schatz",   "987654321000",  "qwerty qwerty",  "hallohallohallo", NULL};

    (void)state;
    assert_all(passwords, true);
}

static void the_calendar_is_refused_with_any_year_or_day(void **state)
{
    static const char *const passwords[] = {"November2026",     "november2026!!",
                                            "Dezember-2025!",   "März 2026 März",
                                            "maerz2026maerz",   "septembre 26",
                                            "Février2027!",     "augustus1999",
                                            "Sommer2026Sommer", "été été été 26",
                                            "Montag24122026",   "24.12.1985 24",
                                            "10101010 2020",    NULL};

    (void)state;
    assert_all(passwords, true);
}

static void the_project_the_town_and_oneself_are_refused(void **state)
{
    static const char *const passwords[] = {"Herausforderung",
                                            "herausforderung2026",
                                            "uitdaging 2026!",
                                            "saarbruecken1",
                                            "Saarbrücken!!!",
                                            "SAARBRUCKEN123",
                                            "Melanie1234!",
                                            "Mélanie Krüger",
                                            "kruegermelanie",
                                            "krugerkruger1",
                                            "m.krueger77@herausforderung.saarbruecken.example",
                                            "krueger-krueger 5",
                                            "Wojcik-2026-wojcik",
                                            "regürk einalem",
                                            NULL};

    (void)state;
    assert_all(passwords, true);
}

static void ones_own_address_is_refused_however_short_its_parts_are(void **state)
{
    static const char *const short_parts[] = {"m.k@ab-xy.de", "Li Wu Po Ka", NULL};
    static const char *const passwords[] = {"m.k@ab-xy.de", "M.K@AB-XY.DE 12", "ed.yx-ba@k.m",
                                            "liwupoka 2026", NULL};

    (void)state;
    for (size_t i = 0; passwords[i]; i++)
        if (!passwords_is_common(passwords[i], short_parts))
            fail_msg("«%s» is taken", passwords[i]);
}

static void words_that_have_nothing_to_do_with_each_other_and_random_ones_are_taken(void **state)
{
    static const char *const passwords[] = {"ein langes Kennwort",
                                            "noch ein Kennwort",
                                            "vier lange Wörter hier",
                                            "Tasse Ziegel Nebel Kran",
                                            "dof-raam-kikker-zeil",
                                            "cuillère nuage vélo",
                                            "correct horse battery",
                                            "bada-gifu-tepo-zulo",
                                            "839201748362",
                                            "kX9#vT2$mQ7!",
                                            "ҐӘѪԖ ѮѱѲѴ ѶѸ",
                                            "Passwort kX9vT2mQ",
                                            "melanie kX9vT2mQ",
                                            "November Kastanie Rohr",
                                            NULL};

    (void)state;
    assert_all(passwords, false);
}

static void any_text_is_looked_at_in_bounded_time(void **state)
{
    char text[4001];

    (void)state;
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    assert_true(passwords_is_common(text, known));
    for (size_t i = 0; i + 3 < sizeof text; i += 3)
        memcpy(text + i, "\xef\xb7\xba", 3); /* U+FDFA becomes eighteen letters */
    text[3999] = '\0';
    passwords_is_common(text, known);
    assert_true(passwords_is_common("", known));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_guessed_first_is_refused),
        cmocka_unit_test(the_calendar_is_refused_with_any_year_or_day),
        cmocka_unit_test(the_project_the_town_and_oneself_are_refused),
        cmocka_unit_test(ones_own_address_is_refused_however_short_its_parts_are),
        cmocka_unit_test(words_that_have_nothing_to_do_with_each_other_and_random_ones_are_taken),
        cmocka_unit_test(any_text_is_looked_at_in_bounded_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
