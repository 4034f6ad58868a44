#include "node/db/publication/publications.h"

#include <stdlib.h>

/* clang-format off */
#define ERASED_AT(epoch, seq)                                                                                \
    "UPDATE publications SET body = '{}', wording = '{}', accepted = '[]', held_at = NULL, erased_at = now(), " \
    "erase_epoch = " epoch ", erase_seq = " seq " "

/* No more of a listing than a publication may tell, and whose it is. */
#define SOURCE                                                                                               \
    "SELECT id, kind, organisation_id, title, text, language, help, municipality, day, state FROM listings " \
    "WHERE kind = $1 AND id = $2"

/* Where a line of an older epoch has gone, its place does not tell: who went on from another history has not got
 * it. What stands is said again in every epoch (SPEC.md 6.5). */
#define REACHED(member, reached, which)                                                                      \
    "SELECT r.authority, r.name, r.role, "                                                                         \
    "CASE WHEN " reached " THEN " DB_TIME("c.at") " END AS " member " "                     \
    "FROM peers r LEFT JOIN peer_cursors c ON c.authority = r.authority AND c.stream = 'net' "               \
    "WHERE " which " ORDER BY fold(r.name), r.authority LIMIT 1000"

/* What others read of a listing, and what it takes to say it again. */
#define STANDING                                                                                             \
    "SELECT l.id, l.kind, l.state, l.organisation_id, p.body, p.coarsened, p.accepted, "                     \
    "extract(epoch FROM e.keep_until)::bigint AS keep_until FROM listings l "                                \
    "JOIN publications p ON p.listing_id = l.id JOIN streams s ON s.name = 'net' AND s.epoch = p.epoch "     \
    "JOIN node_state n ON n.authority = s.origin JOIN entries e ON e.stream_id = s.id AND e.seq = p.seq "
#define UNEXPIRED "p.erased_at IS NULL AND e.keep_until > now() + interval '1 minute' "

static const struct db_json_column columns[] = {
    {"rev", DB_JSON_INTEGER},       {"epoch", DB_JSON_INTEGER},    {"seq", DB_JSON_INTEGER},
    {"body", DB_JSON_DOCUMENT},     {"wording", DB_JSON_DOCUMENT}, {"coarsened", DB_JSON_BOOLEAN},
    {"accepted", DB_JSON_DOCUMENT}, {"current", DB_JSON_BOOLEAN},  {"erase_epoch", DB_JSON_INTEGER},
    {"erase_seq", DB_JSON_INTEGER}, {"keep_until", DB_JSON_INTEGER}, {NULL, DB_JSON_STRING},
};

static const struct db_json_column source_columns[] = {{"help", DB_JSON_DOCUMENT}, {NULL, DB_JSON_STRING}};

enum { READ, SOURCE_READ, SOURCE_LOCK, SAVE, RESTATE, HOLD, ERASE, EXPIRE, WITHHELD, OUTDATED, OUTDATED_ONE, RECIPIENTS, DELIVERED, ERASED };

const struct db_statement db_publications_statements[] = {
    [READ] = {"publications_read",
        "SELECT p.rev, p.epoch, p.seq, p.body, p.wording, p.coarsened, p.accepted, l.organisation_id, "
        "p.source = l.public_source AND p.held_at IS NULL AS current, "
        DB_TIME("p.published_at") " AS at, " DB_TIME("p.held_at") " AS held_at, "
        DB_TIME("p.erased_at") " AS erased_at, p.erase_epoch, p.erase_seq "
        "FROM publications p JOIN listings l ON l.id = p.listing_id WHERE l.id = $1"},
    [SOURCE_READ] = {"publications_source", SOURCE},
    [SOURCE_LOCK] = {"publications_source_lock", SOURCE " FOR UPDATE"},
    [SAVE] = {"publications_save",
        "INSERT INTO publications "
        "(listing_id, rev, epoch, seq, body, wording, coarsened, accepted, source, published_at) "
        "SELECT id, $2, $3, $4, $5, $6, $7, $8, public_source, now() FROM listings WHERE id = $1 "
        "ON CONFLICT (listing_id) DO UPDATE SET rev = excluded.rev, epoch = excluded.epoch, "
        "seq = excluded.seq, body = excluded.body, wording = excluded.wording, coarsened = excluded.coarsened, "
        "accepted = excluded.accepted, source = excluded.source, published_at = excluded.published_at, "
        "held_at = NULL, erased_at = NULL, erase_epoch = NULL, erase_seq = NULL"},
        /* What is said again in a new epoch has been published since it was. */
    [RESTATE] = {"publications_restate",
        "UPDATE publications SET rev = $2, epoch = $3, seq = $4, body = $5, "
        "published_at = CASE WHEN epoch < $3 THEN published_at ELSE now() END, held_at = NULL WHERE listing_id = $1"},
    [HOLD] = {"publications_hold",
        "UPDATE publications SET held_at = coalesce(held_at, now()) WHERE listing_id = $1"},
    [ERASE] = {"publications_erase",
        ERASED_AT("$2", "$3") "WHERE listing_id = $1"},
    [EXPIRE] = {"publications_expire",
        ERASED_AT("$4", "$5") "WHERE listing_id = $1 AND (epoch, seq) = ($2, $3)"},
    /* The listings only: a publication is changed by who has its listing, and after the stream. From who never asked
     * nothing was withheld: else an office that names and suspends one who is not there would make us publish all anew
     * each time. */
    [WITHHELD] = {"publications_withheld",
        STANDING "JOIN peers r ON r.authority = $1 WHERE " UNEXPIRED "AND (p.epoch, p.seq) > (r.read_epoch, r.read_seq) "
        "AND EXISTS (SELECT FROM peer_cursors c WHERE c.authority = $1 AND c.stream = 'net') ORDER BY l.id FOR UPDATE OF l"},
    [OUTDATED] = {"publications_outdated", "SELECT p.listing_id AS id FROM node_state n JOIN publications p ON p.epoch < n.epoch "
        "AND p.erased_at IS NULL AND p.held_at IS NULL JOIN streams s ON s.origin = n.authority AND s.name = 'net' AND s.epoch = p.epoch "
        "JOIN entries e ON e.stream_id = s.id AND e.seq = p.seq WHERE " UNEXPIRED "ORDER BY p.listing_id LIMIT 500"},
    [OUTDATED_ONE] = {"publications_outdated_one",
        STANDING "WHERE l.id = $1::uuid AND " UNEXPIRED "AND p.epoch < n.epoch AND p.held_at IS NULL FOR UPDATE OF l"},
    [RECIPIENTS] = {"publications_recipients",
        "SELECT authority, name, role FROM peers WHERE state = 'active' ORDER BY fold(name), authority LIMIT 1000"},
    [DELIVERED] = {"publications_delivered", REACHED("delivered_at", "c.epoch = $1 AND c.seq >= $2 AND " DB_FOLLOWS, "r.state = 'active'")},
    [ERASED] = {"publications_erased", REACHED("applied_at", "(c.epoch, c.seq) >= ($1, $2) AND " DB_HAS_BEGUN, "r.state <> 'invited'")},
    {NULL, NULL},
};
/* clang-format on */

bool db_publications_read(struct tx *tx, const char *listing_id, json_t **publication)
{
    struct db_result *rows;

    *publication = NULL;
    if (!DB_QUERY(tx, &db_publications_statements[READ], &rows, db_text(listing_id)))
        return false;
    if (db_rows(rows) > 0)
        *publication = db_row_json(rows, 0, columns);
    db_result_destroy(rows);
    return true;
}

bool db_publications_source(struct tx *tx, const char *kind, const char *listing_id, enum db_reading reading,
                            json_t **source)
{
    struct db_result *rows;

    *source = NULL;
    if (!DB_QUERY(tx, &db_publications_statements[reading == DB_LOCK ? SOURCE_LOCK : SOURCE_READ], &rows,
                  db_text(kind), db_text(listing_id)))
        return false;
    if (db_rows(rows) > 0)
        *source = db_row_json(rows, 0, source_columns);
    db_result_destroy(rows);
    return true;
}

bool db_publications_save(struct tx *tx, const struct db_publication *publication)
{
    char *body = json_dumps(publication->body, JSON_COMPACT);
    char *wording = json_dumps(publication->wording, JSON_COMPACT);
    char *accepted = json_dumps(publication->accepted, JSON_COMPACT);
    bool ok = DB_QUERY(tx, &db_publications_statements[SAVE], NULL, db_text(publication->listing_id),
                       db_integer(publication->rev), db_integer(publication->at.epoch),
                       db_integer(publication->at.seq), db_text(body), db_text(wording),
                       db_boolean(publication->coarsened), db_text(accepted));

    free(accepted);
    free(wording);
    free(body);
    return ok;
}

bool db_publications_restate(struct tx *tx, const struct db_publication *publication)
{
    char *body = json_dumps(publication->body, JSON_COMPACT);
    bool ok = DB_QUERY(tx, &db_publications_statements[RESTATE], NULL, db_text(publication->listing_id),
                       db_integer(publication->rev), db_integer(publication->at.epoch),
                       db_integer(publication->at.seq), db_text(body));

    free(body);
    return ok;
}

bool db_publications_hold(struct tx *tx, const char *listing_id)
{
    return DB_QUERY(tx, &db_publications_statements[HOLD], NULL, db_text(listing_id));
}

bool db_publications_erase(struct tx *tx, const char *listing_id, struct cursor at)
{
    return DB_QUERY(tx, &db_publications_statements[ERASE], NULL, db_text(listing_id), db_integer(at.epoch),
                    db_integer(at.seq));
}

bool db_publications_expire(struct tx *tx, const char *listing_id, struct cursor line, struct cursor at)
{
    return DB_QUERY(tx, &db_publications_statements[EXPIRE], NULL, db_text(listing_id),
                    db_integer(line.epoch), db_integer(line.seq), db_integer(at.epoch), db_integer(at.seq));
}

static bool list(struct tx *tx, const struct db_statement *statement, const struct db_value *values,
                 size_t count, json_t **items)
{
    struct db_result *rows;

    if (!db_query(tx, statement, values, count, &rows))
        return false;
    *items = db_rows_json(rows, columns);
    db_result_destroy(rows);
    return true;
}

bool db_publications_withheld(struct tx *tx, const char *peer, json_t **publications)
{
    const struct db_value values[] = {db_text(peer)};

    return list(tx, &db_publications_statements[WITHHELD], values, 1, publications);
}

bool db_publications_outdated(struct tx *tx, json_t **publications)
{
    return list(tx, &db_publications_statements[OUTDATED], NULL, 0, publications);
}

bool db_publications_outdated_one(struct tx *tx, const char *listing_id, json_t **publications)
{
    const struct db_value values[] = {db_text(listing_id)};

    return list(tx, &db_publications_statements[OUTDATED_ONE], values, 1, publications);
}

bool db_publications_recipients(struct tx *tx, json_t **recipients)
{
    return list(tx, &db_publications_statements[RECIPIENTS], NULL, 0, recipients);
}

bool db_publications_delivered(struct tx *tx, struct cursor at, json_t **recipients)
{
    const struct db_value values[] = {db_integer(at.epoch), db_integer(at.seq)};

    return list(tx, &db_publications_statements[DELIVERED], values, 2, recipients);
}

bool db_publications_erased(struct tx *tx, struct cursor at, json_t **recipients)
{
    const struct db_value values[] = {db_integer(at.epoch), db_integer(at.seq)};

    return list(tx, &db_publications_statements[ERASED], values, 2, recipients);
}
