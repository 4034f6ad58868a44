#include <string.h>

#include "node/core/anonymity.h"
#include "tests/fuzz/fuzz.h"

static struct names *directory_of(char *lines)
{
    struct names *names = names_create();
    char *name;

    fuzz_demand(names != NULL);
    for (int kind = 0; (name = strsep(&lines, "\n")); kind++)
        names_add(names, (enum name_kind)(kind % 4), name, name);
    fuzz_demand(names_compile(names));
    return names;
}

/* What is found lies in the text, in order; and whatever stands before an e-mail address does not hide it. */
static void check(const struct names *names, const char *text, const char *language)
{
    static const char mail[] = " . kontakt@beispiel.example";
    struct buffer whole = {0};

    buffer_puts(&whole, text);
    for (int with_mail = 0; with_mail < 2; with_mail++) {
        struct findings findings;
        enum reading_status status;
        size_t last = 0;
        findings_init(&findings);
        status = anonymity_check((const char *)whole.data, whole.size, language, names, &findings);
        for (size_t i = 0; i < findings.count; i++) {
            const struct finding *found = &findings.rows[i];
            fuzz_demand(found->start_byte >= last && found->start_byte < found->end_byte &&
                        found->end_byte <= whole.size && found->start < found->end);
            last = found->start_byte;
        }
        fuzz_demand(!with_mail || status != READING_OK || findings_block(&findings));
        findings_finish(&findings);
        buffer_puts(&whole, mail);
    }
    buffer_free(&whole);
}

/* The input is a text, and once in a while (a directory takes long to make) the directory, too. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const languages[] = {"de", "nl", "fr", "en", NULL};
    static struct names *fixed;
    struct names *own = NULL;
    char *text = fuzz_text(data, size);

    if (!fixed) {
        char lines[] = "Förderverein Lesebrücke Burbach e. V.\nAutohaus Lange & Söhne\nMarc Trautmann\n"
                       "Talbach\nStichting Klimroos\nBakkerij de Groot BV\nWill May\nRivière et Fils";
        fixed = directory_of(lines);
    }
    check(fixed, text, languages[size % 5]);
    if (size % 64 == 7) {
        char *lines = fuzz_text(data, size);
        own = directory_of(lines);
        check(own, text, languages[size % 5]);
        names_destroy(own);
        free(lines);
    }
    free(text);
    return 0;
}
