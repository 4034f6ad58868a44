#include "node/work/desk/imports.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/db/desk/imports.h"
#include "node/db/desk/listings.h"
#include "node/db/desk/organisations.h"
#include "node/work/events.h"
#include "node/work/desk/listings.h"
#include "node/work/desk/organisations.h"
#include "node/work/expect.h"
#include "protocol/json_profile.h"

enum { TITLE_SHOWN = 200 };

static const char *const actions[] = {"create", "update", "unchanged", "error"};
enum action { CREATE, UPDATE, UNCHANGED, ERROR, ACTIONS };

/* A look at a whole file, which may also do what it finds. */
struct pass {
    struct tx *tx;
    const struct actor *actor;
    struct import_table table;
    bool apply;
    json_t *seen; /* what earlier rows were about: key to line */
    json_t *rows; /* of the report */
    json_int_t counts[ACTIONS];
};

/* -------- one row */

/* Two rows about the same thing would overwrite each other. */
static void check_repeated(struct pass *pass, struct import_row *row)
{
    const char *external_id = json_profile_text(row->fields, "external_id");
    struct buffer key = {0};
    char *text;
    const json_t *before;

    if (external_id) {
        buffer_printf(&key, "id %s", external_id);
    } else {
        buffer_printf(&key, "title %s\n%s", json_profile_text(row->organisation, "name"),
                      json_profile_text(row->fields, "title"));
    }
    text = buffer_steal(&key);
    before = !text ? NULL : json_object_get(pass->seen, text);
    if (before) {
        import_row_repeats(&pass->table, row, !external_id ? COLUMN_TITLE : COLUMN_EXTERNAL_ID,
                           (size_t)json_integer_value(before));
    } else if (text) {
        json_object_set_new(pass->seen, text, json_integer((json_int_t)row->line));
    }
    free(text);
}

/* Does the listing say all that the row says? */
static bool says_the_same(const json_t *listing, const json_t *fields)
{
    const char *name;
    const json_t *value;

    json_object_foreach ((json_t *)(uintptr_t)fields, name, value)
        if (strncmp(name, "external_", 9) != 0 && !json_equal(json_object_get(listing, name), value))
            return false;
    return true;
}

/* What there is to do; *listing is what the row is about, NULL if new, the caller's to free. The state is not
 * compared: a listing that is here moves by the workflow. */
static bool decide(struct pass *pass, struct import_row *row, char organisation_id[37], json_t **listing,
                   enum action *action)
{
    const char *external_id = json_profile_text(row->fields, "external_id");
    bool may_be_here;
    const char *before;
    const char *owner;
    bool same;

    *listing = NULL;
    *action = ERROR;
    if (json_array_size(row->errors) > 0)
        return true;
    if (!db_organisations_find(pass->tx, json_profile_text(row->organisation, "name"),
                               json_profile_text(row->organisation, "sector"), organisation_id))
        return false;
    may_be_here = external_id || organisation_id[0] != '\0';
    if (may_be_here &&
        !db_listings_find(pass->tx, pass->table.kind, external_id, !external_id ? organisation_id : NULL,
                          json_profile_text(row->fields, "title"), listing))
        return false;
    if (!*listing) {
        *action = CREATE;
        return true;
    }
    before = json_profile_text(*listing, "import_digest");
    owner = json_profile_text(json_object_get(*listing, "organisation"), "id");
    same = (before && strcmp(before, row->digest) == 0) ||
           (strcmp(owner, organisation_id) == 0 && says_the_same(*listing, row->fields));
    *action = same ? UNCHANGED : UPDATE;
    return true;
}

static bool make_organisation(struct pass *pass, struct import_row *row, char id[37])
{
    json_t *organisation = NULL;
    bool ok;

    if (id[0] != '\0')
        return true;
    ok = organisations_create(pass->tx, pass->actor, row->organisation, &organisation);
    if (ok)
        snprintf(id, 37, "%s", json_profile_text(organisation, "id"));
    json_decref(organisation);
    return ok;
}

static bool perform(struct pass *pass, struct import_row *row, char organisation_id[37],
                    const json_t *listing, enum action action)
{
    enum listing_kind kind = pass->table.kind;
    json_t *changed = NULL;
    char id[37];
    bool ok;

    if (action != CREATE && action != UPDATE)
        return true;
    if (!make_organisation(pass, row, organisation_id))
        return false;
    json_object_set_new(row->fields, "organisation_id", json_string(organisation_id));
    json_object_set_new(row->fields, "import_digest", json_string(row->digest));
    if (action == CREATE)
        return listings_add(pass->tx, pass->actor, kind, row->fields, row->state, "imported", id);
    ok = listings_update(pass->tx, pass->actor, kind, json_profile_text(listing, "id"),
                         (long)json_profile_integer(listing, "version", 0), row->fields, &changed);
    json_decref(changed);
    return ok;
}

static bool take_row(struct pass *pass, size_t n)
{
    struct import_row row;
    char organisation_id[37] = "";
    json_t *listing = NULL;
    enum action action;
    bool ok;

    import_row_read(&pass->table, n, &row);
    check_repeated(pass, &row);
    ok = decide(pass, &row, organisation_id, &listing, &action) &&
         (!pass->apply || perform(pass, &row, organisation_id, listing, action));
    if (ok) {
        pass->counts[action]++;
        json_array_append_new(
            pass->rows,
            json_pack("{s:I,s:s,s:o,s:o,s:O}", "line", (json_int_t)row.line, "action", actions[action],
                      "title", import_shown(json_profile_text(row.fields, "title"), TITLE_SHOWN),
                      "organisation", import_shown(json_profile_text(row.organisation, "name"), TITLE_SHOWN),
                      "errors", row.errors));
    }
    json_decref(listing);
    import_row_finish(&row);
    return ok;
}

/* -------- the whole file */

static json_t *counts_of(const struct pass *pass)
{
    json_t *counts = json_object();

    for (int i = 0; i < ACTIONS; i++)
        json_object_set_new(counts, actions[i], json_integer(pass->counts[i]));
    return counts;
}

enum look_purpose { LOOK_ONLY, LOOK_AND_APPLY };

/* *report: encoding, delimiter, ignored, rows, counts, applied. */
static bool look(struct tx *tx, const struct node *node, const struct actor *actor, enum listing_kind kind,
                 struct bytes content, enum look_purpose purpose, json_t **report)
{
    struct pass pass = {.tx = tx, .actor = actor, .apply = purpose == LOOK_AND_APPLY};
    bool ok;

    pass.table.language = node->config->language;
    pass.table.municipality = node->config->name;
    pass.seen = json_object();
    pass.rows = json_array();
    ok = import_table_open(&pass.table, kind, (const char *)content.data, content.size, tx->problem);
    for (size_t n = 1; ok && n < pass.table.csv->count; n++)
        ok = take_row(&pass, n);
    if (ok) {
        const char delimiter[2] = {pass.table.csv->delimiter, '\0'};
        json_t *counts = counts_of(&pass);

        *report = json_pack("{s:s,s:s,s:o,s:O,s:o,s:O?}", "encoding", pass.table.csv->encoding, "delimiter",
                            delimiter, "ignored", import_table_ignored(&pass.table), "rows", pass.rows,
                            "counts", counts, "applied", pass.apply ? counts : NULL);
    }
    import_table_finish(&pass.table);
    json_decref(pass.rows);
    json_decref(pass.seen);
    return ok;
}

/* The API's kinds are collections. */
static void present(json_t *import)
{
    const char *kind = json_profile_text(import, "kind");

    json_object_set_new(import, "kind", json_string(strcmp(kind, "offer") == 0 ? "offers" : "proposals"));
}

bool imports_read(struct tx *tx, const char *id, json_t **import)
{
    if (!db_imports_read(tx, id, DB_LOOK, import) || !expect_found(tx, *import, "import"))
        return false;
    present(*import);
    return true;
}

bool imports_create(struct tx *tx, const struct node *node, const struct actor *actor, enum listing_kind kind,
                    struct bytes content, json_t **import)
{
    json_t *report = NULL;
    char id[37];
    bool ok =
        look(tx, node, actor, kind, content, LOOK_ONLY, &report) &&
        db_imports_insert(tx, workflow_kind_name(kind), !actor ? "" : actor->user_id, content, report, id) &&
        events_tell(tx, actor, "import", id, "created", NULL) && imports_read(tx, id, import);

    json_decref(report);
    return ok;
}

static bool apply_all(struct tx *tx, const struct node *node, const struct actor *actor, const char *id,
                      enum listing_kind kind, bool skip_bad)
{
    struct buffer content = {0};
    json_t *report = NULL;
    bool ok =
        db_imports_content(tx, id, &content) &&
        look(tx, node, actor, kind, (struct bytes){content.data, content.size}, LOOK_AND_APPLY, &report);
    json_int_t errors = json_integer_value(json_object_get(json_object_get(report, "counts"), "error"));

    if (ok && errors > 0 && !skip_bad) {
        ok = problem_set(
            tx->problem, PROBLEM_IMPORT_HAS_ERRORS,
            "%lld rows have errors. Nothing was imported. Mend the file, or go on with the good rows only.",
            (long long)errors);
    }
    ok = ok && db_imports_applied(tx, id, report) && events_tell(tx, actor, "import", id, "applied", NULL);
    json_decref(report);
    buffer_free(&content);
    return ok;
}

bool imports_apply(struct tx *tx, const struct node *node, const struct actor *actor, const char *id,
                   bool skip_bad, json_t **import)
{
    json_t *before;
    bool offers;
    bool done;

    if (!db_imports_read(tx, id, DB_LOCK, &before) || !expect_found(tx, before, "import"))
        return false;
    offers = strcmp(json_profile_text(before, "kind"), "offer") == 0;
    done = !json_is_null(json_object_get(before, "applied_at"));
    json_decref(before);
    if (done) {
        return problem_set(tx->problem, PROBLEM_CONFLICT,
                           "This file was imported already. Nothing was changed.");
    }
    return apply_all(tx, node, actor, id, offers ? LISTING_OFFER : LISTING_PROPOSAL, skip_bad) &&
           imports_read(tx, id, import);
}

static void report_line(struct buffer *out, char delimiter, const json_t *row, const json_t *error)
{
    char line[24];

    snprintf(line, sizeof line, "%lld", json_profile_integer(row, "line", 0));
    csv_write_cell(out, delimiter, CSV_FIRST, line);
    csv_write_cell(out, delimiter, CSV_NEXT, json_profile_text(row, "action"));
    csv_write_cell(out, delimiter, CSV_NEXT, json_profile_text(row, "organisation"));
    csv_write_cell(out, delimiter, CSV_NEXT, json_profile_text(row, "title"));
    csv_write_cell(out, delimiter, CSV_NEXT, !error ? "" : json_profile_text(error, "column"));
    csv_write_cell(out, delimiter, CSV_NEXT, !error ? "" : json_profile_text(error, "code"));
    csv_write_cell(out, delimiter, CSV_NEXT, !error ? "" : json_profile_text(error, "detail"));
    csv_write_end(out);
}

void imports_report(const json_t *import, struct buffer *out)
{
    static const char *const header[] = {"line",   "action", "organisation", "title",
                                         "column", "code",   "detail"};
    char delimiter = json_profile_text(import, "delimiter")[0];
    const json_t *row, *error;
    size_t n, i;

    buffer_puts(out, "\xEF\xBB\xBF"); /* or a spreadsheet would take it for Windows-1252 */
    for (i = 0; i < sizeof header / sizeof *header; i++)
        csv_write_cell(out, delimiter, i == 0 ? CSV_FIRST : CSV_NEXT, header[i]);
    csv_write_end(out);
    json_array_foreach (json_object_get(import, "rows"), n, row) {
        const json_t *errors = json_object_get(row, "errors");

        if (json_array_size(errors) == 0)
            report_line(out, delimiter, row, NULL);
        json_array_foreach (errors, i, error)
            report_line(out, delimiter, row, error);
    }
}
