#include <string.h>

#include "node/core/anonymity.h"
#include "tests/fuzz/fuzz.h"

/* "name\nname\n\ntext". A name or a text may be refused; what is found lies in the text, in order; and
 * whatever stands before an e-mail address does not hide it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { LONG_ENOUGH = 512 };
    static const char mail[] = " . kontakt@beispiel.example";
    static const char *const languages[] = {"de", "nl", "fr", "en", NULL};
    struct names *names = names_create();
    char *input = fuzz_text(data, size < LONG_ENOUGH ? size : LONG_ENOUGH), *rest = input, *name;
    struct buffer text = {0};
    struct findings findings;

    fuzz_demand(names != NULL);
    for (int kind = 0; (name = strsep(&rest, "\n")) != NULL && *name != '\0'; kind++)
        names_add(names, (enum name_kind)(kind % 4), name, name);
    fuzz_demand(names_compile(names));
    buffer_puts(&text, rest == NULL ? "" : rest);
    for (int i = 0; i < 2; i++) {
        enum reading_status status;
        size_t last = 0;
        findings_init(&findings);
        status = anonymity_check((const char *)text.data, text.size, languages[size % 5], names, &findings);
        for (size_t f = 0; f < findings.count; f++) {
            const struct finding *found = &findings.rows[f];
            fuzz_demand(found->start_byte >= last && found->start_byte < found->end_byte &&
                        found->end_byte <= text.size && found->start < found->end);
            last = found->start_byte;
        }
        fuzz_demand(i == 0 || status != READING_OK || findings_block(&findings));
        findings_finish(&findings);
        buffer_puts(&text, mail);
    }
    buffer_free(&text);
    free(input);
    names_destroy(names);
    return 0;
}
