#include <string.h>

#include "node/core/csv.h"
#include "node/core/vocabulary.h"
#include "tests/fuzz/fuzz.h"

/* Whatever was read can be written, and reads back the same. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct csv_error error;
    struct csv *csv = csv_read((const char *)data, size, &error);
    struct buffer text = {0};
    char date[VOCABULARY_DATE_SIZE];
    const char *rest;
    int64_t quantity;
    struct csv *again;

    if (!csv)
        return 0;
    buffer_puts(&text, "a,b\n"); /* so that the first line is ours, with its delimiter */
    for (size_t row = 0; row < csv->count; row++) {
        for (size_t i = 0; i < csv->rows[row].count; i++) {
            const char *cell = csv->rows[row].cells[i];
            vocabulary_column(cell);
            vocabulary_date(cell, date);
            vocabulary_quantity(cell, &quantity, &rest);
            csv_write_cell(&text, ',', i == 0 ? CSV_FIRST : CSV_NEXT, cell);
        }
        csv_write_end(&text);
    }
    again = csv_read((const char *)text.data, text.size, &error);
    fuzz_demand(again && again->count == csv->count + 1);
    for (size_t row = 0; row < csv->count; row++) {
        for (size_t i = 0; i < csv->rows[row].count; i++) {
            fuzz_demand(strcmp(csv_plain(again->rows[row + 1].cells[i]), csv->rows[row].cells[i]) == 0 ||
                        csv->rows[row].cells[i][0] == '\'');
        }
    }
    csv_destroy(again);
    buffer_free(&text);
    csv_destroy(csv);
    return 0;
}
