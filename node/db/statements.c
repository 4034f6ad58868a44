#include "node/db/statements.h"

#include "node/db/network/alarms.h"
#include "node/db/people/brakes.h"
#include "node/db/network/cases.h"
#include "node/db/desk/contacts.h"
#include "node/db/publication/known_names.h"
#include "node/db/clock/due.h"
#include "node/db/clock/jobs.h"
#include "node/db/say/entries.h"
#include "node/db/events.h"
#include "node/db/desk/export.h"
#include "node/db/desk/history.h"
#include "node/db/idempotency.h"
#include "node/db/desk/imports.h"
#include "node/db/installation.h"
#include "node/db/network/invitations.h"
#include "node/db/desk/listings.h"
#include "node/db/network/items.h"
#include "node/db/network/names.h"
#include "node/db/desk/organisations.h"
#include "node/db/network/peers.h"
#include "node/db/publication/publications.h"
#include "node/db/network/requests.h"
#include "node/db/network/room.h"
#include "node/db/search.h"
#include "node/db/say/streams.h"
#include "node/db/desk/today.h"
#include "node/db/people/users.h"
#include "node/db/witness.h"

/* Each ends in a row of NULLs. */
static const struct db_statement *const tables[] = {
    db_alarms_statements,        db_brakes_statements,  db_cases_statements,        db_contacts_statements,
    db_known_names_statements,   db_due_statements,     db_entries_statements,      db_events_statements,
    db_export_statements,        db_history_statements, db_idempotency_statements,  db_imports_statements,
    db_invitations_statements,   db_jobs_statements,    db_listings_statements,     db_items_statements,
    db_organisations_statements, db_peers_statements,   db_publications_statements, db_requests_statements,
    db_streams_statements,       db_search_statements,  db_today_statements,        db_users_statements,
    db_installation_statements,  db_room_statements,    db_witness_statements,      db_names_statements,
};

bool db_statements_prepare(struct tx *tx, size_t *count)
{
    *count = 0;
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        for (const struct db_statement *statement = tables[i]; statement->name; statement++, ++*count)
            if (!db_prepare(tx, statement))
                return problem_set(tx->problem, PROBLEM_INTERNAL, "The statement %s does not fit.",
                                   statement->name);
    return true;
}
