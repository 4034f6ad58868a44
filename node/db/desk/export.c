#include "node/db/desk/export.h"

/* clang-format off */

/* Several kinds of help in one cell: goods + transport. */
#define HELP(member)                                                                                         \
    "(SELECT CASE WHEN count(h->>'" member "') > 0 "                                                         \
    "THEN string_agg(coalesce(h->>'" member "', ''), ' + ' ORDER BY n) END "                                 \
    "FROM jsonb_array_elements(l.help) WITH ORDINALITY AS e (h, n))"

#define LISTINGS(dates, kind)                                                                                \
    "SELECT l.external_id, o.name AS organisation, o.sector, o.kind, l.municipality, l.title, l.text, l.language, "          \
    HELP("category") " AS category, " HELP("quantity") " AS quantity, " HELP("unit") " AS unit, " dates ", l.note, l.state, "                \
    "l.external_source AS source FROM listings l JOIN organisations o ON o.id = l.organisation_id "                    \
    "WHERE l.kind = '" kind "' ORDER BY l.number"

enum { PROPOSALS, OFFERS, ORGANISATIONS };

const struct db_statement db_export_statements[] = {
    [PROPOSALS] = {"export_proposals", LISTINGS("l.day AS needed_by, l.return_favour", "proposal")},
    [OFFERS] = {"export_offers", LISTINGS("l.day AS available_until", "offer")},
    [ORGANISATIONS] = {"export_organisations",
        "SELECT name, sector, kind, municipality, website, note FROM organisations ORDER BY fold(name), id"},
    {NULL, NULL},
};
/* clang-format on */

static const char *const proposal_columns[] = {
    "external_id",   "organisation", "sector",   "kind",     "municipality", "title",
    "text",          "language",     "category", "quantity", "unit",         "needed_by",
    "return_favour", "note",         "state",    "source",   NULL,
};
static const char *const offer_columns[] = {
    "external_id", "organisation", "sector",   "kind",     "municipality", "title",
    "text",        "language",     "category", "quantity", "unit",         "available_until",
    "note",        "state",        "source",   NULL,
};
static const char *const organisation_columns[] = {"name",    "sector", "kind", "municipality",
                                                   "website", "note",   NULL};

const struct db_export db_exports[] = {
    {"proposals", proposal_columns, PROPOSALS},
    {"offers", offer_columns, OFFERS},
    {"organisations", organisation_columns, ORGANISATIONS},
    {NULL, NULL, 0},
};

bool db_export_rows(struct tx *tx, const struct db_export *table, struct db_result **rows)
{
    return db_query(tx, &db_export_statements[table->statement], NULL, 0, rows);
}
