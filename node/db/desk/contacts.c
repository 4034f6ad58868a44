#include "node/db/desk/contacts.h"

#include "node/db/record.h"

/* clang-format off */
#define COLUMNS                                                                                              \
    "c.id, c.organisation_id, c.name, c.email, c.phone, c.role, c.source, c.purpose, c.version, "            \
    DB_TIME("c.created_at") " AS created_at, " DB_TIME("c.updated_at") " AS updated_at"

static const struct db_json_column columns[] = {
    {"version", DB_JSON_INTEGER},
    {NULL, DB_JSON_STRING},
};

enum { LIST, READ, LOCK, INSERT, UPDATE, DELETE };

const struct db_statement db_contacts_statements[] = {
    [LIST] = {"contacts_list",
        "SELECT " COLUMNS " FROM contacts c WHERE c.organisation_id = $1 ORDER BY fold(c.name), c.id LIMIT 200"},
    [READ] = {"contacts_read", "SELECT " COLUMNS " FROM contacts c WHERE c.id = $1"},
    [LOCK] = {"contacts_lock", "SELECT " COLUMNS " FROM contacts c WHERE c.id = $1 FOR UPDATE"},
    [INSERT] = {"contacts_insert",
        "INSERT INTO contacts (organisation_id, name, email, phone, role, source, purpose) "
        "SELECT organisation_id, name, email, phone, role, source, purpose "
        "FROM jsonb_populate_record(NULL::contacts, $1) RETURNING id"},
    [UPDATE] = {"contacts_update",
        "UPDATE contacts c SET version = version + 1, updated_at = now(), "
        "(name, email, phone, role, source, purpose) = "
        "(SELECT n.name, n.email, n.phone, n.role, n.source, n.purpose FROM jsonb_populate_record(c, $2) n) "
        "WHERE id = $1"},
    [DELETE] = {"contacts_delete", "DELETE FROM contacts WHERE id = $1"},
    {NULL, NULL},
};
/* clang-format on */

bool db_contacts_list(struct tx *tx, const char *organisation_id, json_t **contacts)
{
    struct db_result *rows;

    if (!DB_QUERY(tx, &db_contacts_statements[LIST], &rows, db_text(organisation_id)))
        return false;
    *contacts = db_rows_json(rows, columns);
    db_result_destroy(rows);
    return true;
}

bool db_contacts_read(struct tx *tx, const char *id, enum db_reading reading, json_t **contact)
{
    return db_record_read(tx, &db_contacts_statements[reading == DB_LOCK ? LOCK : READ], id, columns,
                          contact);
}

bool db_contacts_insert(struct tx *tx, json_t *fields, char id[37])
{
    return db_record_insert(tx, &db_contacts_statements[INSERT], fields, id);
}

bool db_contacts_update(struct tx *tx, const char *id, json_t *changes)
{
    return db_record_update(tx, &db_contacts_statements[UPDATE], id, changes);
}

bool db_contacts_delete(struct tx *tx, const char *id)
{
    return DB_QUERY(tx, &db_contacts_statements[DELETE], NULL, db_text(id));
}
