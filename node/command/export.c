/* hf-node export: what is recorded here as CSV, in the columns that hf-node import takes. */
#include <stdio.h>
#include <string.h>

#include "node/command/command.h"
#include "node/core/csv.h"
#include "node/db/desk/export.h"

struct export_run {
    const struct db_export *table;
    struct buffer text;
};

static bool write_rows(struct tx *tx, void *arg)
{
    struct export_run *run = arg;
    struct db_result *rows;

    if (!db_export_rows(tx, run->table, &rows))
        return false;
    buffer_puts(&run->text, "\xEF\xBB\xBF"); /* or a spreadsheet would take it for Windows-1252 */
    for (int column = 0; run->table->columns[column]; column++)
        csv_write_cell(&run->text, ',', column == 0 ? CSV_FIRST : CSV_NEXT, run->table->columns[column]);
    csv_write_end(&run->text);
    for (size_t row = 0; row < db_rows(rows); row++) {
        for (int column = 0; run->table->columns[column]; column++) {
            const char *cell = db_cell(rows, row, run->table->columns[column]);

            csv_write_cell(&run->text, ',', column == 0 ? CSV_FIRST : CSV_NEXT, !cell ? "" : cell);
        }
        csv_write_end(&run->text);
    }
    db_result_destroy(rows);
    return true;
}

int command_export(const struct config *config, int argc, char **argv)
{
    struct export_run run = {.table = db_exports};
    struct command command;
    int code;

    while (argc == 2 && run.table->name && strcmp(run.table->name, argv[1]) != 0)
        run.table++;
    if (argc != 2 || !run.table->name) {
        fputs("hf-node export: say proposals, offers or organisations; see `hf-node export --help`\n",
              stderr);
        return COMMAND_USAGE;
    }
    if (!command_open(&command, config))
        return COMMAND_FAILED;
    code = COMMAND_OK;
    if (!db_snapshot(command.db, &command.problem, write_rows, &run)) {
        code = command_failed(&command);
    } else if (run.text.failed || fwrite(run.text.data, 1, run.text.size, stdout) != run.text.size ||
               fflush(stdout) != 0) {
        fprintf(stderr, "hf-node: The table could not be written.\n");
        code = COMMAND_FAILED;
    }
    buffer_free(&run.text);
    command_close(&command);
    return code;
}
