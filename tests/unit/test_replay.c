/* The node's own code and SQL against the disk that the simulator keeps by hand (tests/sim/follow.c):
 * whatever its followers do in some dozens of stories (forks, machines put back, erasures, lines whose time
 * is over) is done to a real PostgreSQL as well, by node/work/network/taken.c and node/db/, and after each
 * step both must tell the same, line for line. In every other story some pages count as vouched for by nobody
 * yet, in every third the node is slow.
 *
 * Not among it, since no story has it: peers that are suspended or have no room (REWIND), offices (WITHHOLD),
 * keys that really change, epochs by the dozen within ten minutes. Where a clock has leapt, only the
 * simulator's own judgement of it counts here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "node/base/clock.h"
#include "node/db/migrations.h"
#include "node/db/say/entries.h"
#include "node/work/network/taken.h"
#include "tests/sim/sim.h"

enum { DOUBT = 20, PATH = 256, TEXT = 1024 };
static uint64_t seeds = 24, from = 1; /* test_replay [SEEDS [FROM]] */
/* And these, in which what is rare happens: a town is put back behind two of its epochs, or both histories of
 * a fork go on; lines that nobody vouched for are thrown away, or gone on from, or shown in part; a new epoch
 * erases at once what it does not go on from. */
static const uint64_t rare[] = {128, 143, 195, 271, 361, 1213, 2142};
enum { RARE = sizeof rare / sizeof *rare };

/* ---- the time, of whichever town is at work */

static const struct town *at_work = &world.towns[0];

int64_t clock_seconds(void)
{
    return town_seconds(at_work);
}

/* Mostly it stands still while a town works. In some stories the node is slow: each transaction has time for
 * one line alone, and the rest is left to taken_catch_up. */
static bool slow;

int64_t clock_ns(void)
{
    static int64_t taken;

    taken += slow ? 100 * INT64_C(1000000) : 0;
    return world.ms * 1000000 + taken;
}

/* ---- one database for each town */

static const char directory_form[] = "/tmp/hf-replay-XXXXXX";
static char directory[sizeof directory_form], conninfo[PATH];
static FILE *server; /* ends with us, whatever ends us */
static struct db *databases[TOWNS];

/* What is derived from streams, and the streams. */
#define TABLES "'streams', 'entries', 'network_items', 'cases', 'case_steps', 'forwards'"

/* clang-format off */
static const char prepare_sql[] =
    "CREATE SCHEMA virtual; CREATE SCHEMA kept;"
    "CREATE FUNCTION virtual.now() RETURNS timestamptz LANGUAGE sql STABLE AS "
    "$$ SELECT to_timestamp(current_setting('virtual.now')::bigint) $$;"
    /* The simulator's disk knows no limit on how many epochs begin in ten minutes (SPEC.md 9.4). */
    "ALTER TABLE streams ALTER opened_at SET DEFAULT '-infinity';"
    "CREATE TABLE virtual.tables AS SELECT table_name::text AS name, string_agg(quote_ident(column_name), ', ') AS columns "
    "FROM information_schema.columns WHERE table_schema = 'public' AND is_generated = 'NEVER' AND table_name IN (" TABLES ") GROUP BY 1;"
    "DO $$ DECLARE t record; BEGIN FOR t IN SELECT * FROM virtual.tables LOOP "
    "EXECUTE format('CREATE TABLE kept.%I AS SELECT %s FROM public.%I', t.name, t.columns, t.name); END LOOP; END $$;"
    /* A copy of no schema: nothing. */
    "CREATE FUNCTION virtual.copy(source text, target text) RETURNS void LANGUAGE plpgsql AS $$ DECLARE t record; BEGIN "
    "FOR t IN SELECT * FROM virtual.tables LOOP EXECUTE format('DELETE FROM %I.%I', target, t.name); "
    "IF source <> '' THEN EXECUTE format('INSERT INTO %I.%I (%s) OVERRIDING SYSTEM VALUE SELECT %s FROM %I.%I', "
    "target, t.name, t.columns, t.columns, source, t.name); END IF; END LOOP; END $$;"
    /* Searching is not at stake, and would take most of the time. */
    "ALTER TABLE network_items DISABLE TRIGGER learn_new; ALTER TABLE network_items DISABLE TRIGGER learn;"
    /* What others answer to. */
    "INSERT INTO organisations (name, sector) VALUES ('Verein', 'civil_society');"
    "INSERT INTO listings (id, organisation_id, organisation_name, number, kind, state, title, text, language, help, municipality) "
    "SELECT ('00000000-0000-4000-8000-00000000030' || n)::uuid, id, name, n, 'proposal', 'submitted', 'Hilfe', 'Es wird gebraucht.', "
    "'de', '[{\"category\": \"hands\"}]', 'Trier' FROM organisations, generate_series(0, 9) AS n";
/* clang-format on */

static const struct db_statement settle = {
    "replay_settle",
    "INSERT INTO node_state (authority, epoch, system_identifier, timeline, database_oid, key) "
    "VALUES ($1, 1, '1', 1, 1, $2)"};
static const struct db_statement befriend = {
    "replay_befriend", "INSERT INTO peers (authority, name, country, role, confirmed, key, key_id) "
                       "VALUES ($1, $1, 'DE', 'city', true, $2, $3)"};
static const struct db_statement copy = {"replay_copy", "SELECT virtual.copy($1, $2)"};

static bool run_script(struct tx *tx, void *sql)
{
    return db_script(tx, *(const char **)sql);
}

static bool introduce(struct tx *tx, void *town)
{
    bool ok = true;

    for (int i = 0; ok && i < TOWNS; i++) {
        const char authority[] = {(char)('a' + i), '.', 'e', 'x', 'a', 'm', 'p', 'l', 'e', '\0'};
        struct key_private *key = key_private_from_seed((uint8_t[KEY_SIZE]){(uint8_t)(i + 1)}, NULL);
        const struct key_public *public = key_private_public(key);

        ok =
            i == *(int *)town
                ? DB_QUERY(tx, &settle, NULL, db_text(authority), db_octets(key_public_raw(public), KEY_SIZE))
                : DB_QUERY(tx, &befriend, NULL, db_text(authority),
                           db_octets(key_public_raw(public), KEY_SIZE), db_text(key_public_id(public)));
        key_private_destroy(key);
    }
    return ok;
}

static struct db *open_database(const char *name)
{
    char text[TEXT];

    snprintf(text, sizeof text, "%s dbname=%s", conninfo, name);
    return db_create(text);
}

static void must(bool ok, const struct problem *problem)
{
    if (!ok)
        fail_msg("%s", problem->detail);
}

static void create_databases(void)
{
    struct problem problem = {0};
    struct db *postgres = open_database("postgres"), *first;
    char sql[PATH];

    must(db_read(postgres, &problem, run_script, &(const char *){"CREATE DATABASE town"}), &problem);
    first = open_database("town");
    must(db_migrations_apply(first, &problem), &problem);
    must(db_transaction(first, &problem, run_script, &(const char *){prepare_sql}), &problem);
    db_destroy(first);
    for (int i = 0; i < TOWNS; i++) {
        snprintf(sql, sizeof sql, "CREATE DATABASE town%d TEMPLATE town", i);
        must(db_read(postgres, &problem, run_script, &(const char *){sql}), &problem);
        snprintf(sql, sizeof sql, "ALTER DATABASE town%d SET search_path = virtual, pg_catalog, public", i);
        must(db_read(postgres, &problem, run_script, &(const char *){sql}), &problem);
        snprintf(sql, sizeof sql, "town%d", i);
        databases[i] = open_database(sql);
        must(db_transaction(databases[i], &problem, introduce, &i), &problem);
    }
    db_destroy(postgres);
}

static int start_server(void **state)
{
    char command[PATH];
    FILE *said;

    (void)state;
    memcpy(directory, directory_form, sizeof directory);
    if (!mkdtemp(directory) || chmod(directory, 0755) != 0)
        return -1;
    snprintf(command, sizeof command,
             "exec setsid sh -c 'cat; ops/postgres stop $0; rm -rf $0' %s >/dev/null", directory);
    server = popen(command, "we");
    snprintf(command, sizeof command, "HF_POSTGRES_THROWAWAY=1 ops/postgres start %s", directory);
    if (!server || system(command) != 0)
        return -1;
    snprintf(command, sizeof command, "ops/postgres conninfo %s", directory);
    said = popen(command, "re");
    if (!said || !fgets(conninfo, sizeof conninfo, said))
        return -1;
    pclose(said);
    conninfo[strcspn(conninfo, "\n")] = '\0';
    create_databases();
    return 0;
}

static int stop_server(void **state)
{
    (void)state;
    for (int i = 0; i < TOWNS; i++)
        db_destroy(databases[i]);
    return server && pclose(server) == 0 ? 0 : -1;
}

/* ---- the same, told in the same words by both disks */

static struct {
    uint64_t stories, pages, lines[LINE_ERASED + 1], frozen;
} compared;

/* clang-format off */
static const struct db_statement tell = {"replay_tell",
    "SELECT coalesce(string_agg(told || E'\\n', '' ORDER BY part, epoch, seq, object), '') AS told FROM ("
    "SELECT name AS part, epoch, 0 AS seq, '' AS object, concat(name, ' ', epoch, ' to ', seq, ', vouched for to ', vouched_seq, "
    "', gone through to ', applied_seq, CASE WHEN settled THEN ', settled' END, CASE WHEN frozen THEN ', frozen' END, "
    "', chain ', left(encode(chain, 'hex'), 16), ', head ', right(head, 8)) AS told FROM streams WHERE origin = $1 UNION ALL "
    "SELECT s.name, s.epoch, e.seq, '', concat(s.name, ' ', s.epoch, '.', e.seq, ' ', e.status, CASE WHEN NOT e.covered THEN ' uncovered' END, "
    "CASE WHEN e.line IS NOT NULL THEN ' ' || e.type || ' ' || right(e.object_id::text, 4) END, "
    "CASE WHEN sha256(e.line) <> e.digest THEN ' altered' END, ', digest ', left(encode(e.digest, 'hex'), 16), "
    "', chain ', left(encode(e.chain, 'hex'), 16)) FROM streams s JOIN entries e ON e.stream_id = s.id WHERE s.origin = $1 UNION ALL "
    "SELECT 'v', epoch, seq, object, concat('version ', version, ' of ', object, ' shown from ', epoch, '.', seq) FROM ("
    "SELECT epoch, seq, right(id::text, 4) AS object, title AS version FROM network_items WHERE origin = $1 UNION ALL "
    "SELECT epoch, seq, right(id::text, 4), '0' FROM forwards WHERE peer = $1 AND direction = 'in' UNION ALL "
    "SELECT s.epoch, s.seq, right(c.id::text, 4), s.reason FROM case_steps s JOIN cases c ON c.id = s.case_id "
    "WHERE c.helper = $1 AND s.direction = 'in') AS shown) AS parts"};
/* clang-format on */

static void tell_octets(struct buffer *out, const char *before, const uint8_t *data)
{
    buffer_puts(out, before);
    for (int i = 0; i < 8; i++)
        buffer_printf(out, "%02x", data[i]);
}

static void tell_line(struct buffer *out, const struct stream *held, const struct line *line)
{
    static const char *const statuses[] = {
        [LINE_HELD] = "held", [LINE_LOST] = "quarantined", [LINE_ERASED] = "erased"};

    buffer_printf(out, "%s %lld.%lld %s%s", held->name, (long long)line->at.epoch, (long long)line->at.seq,
                  statuses[line->status], line->uncovered ? " uncovered" : "");
    if (line->status != LINE_ERASED)
        buffer_printf(out, " %s %04x", line->text->type, (unsigned)line->text->object);
    tell_octets(out, ", digest ", line->text->digest);
    tell_octets(out, ", chain ", line->text->chain);
    buffer_puts(out, "\n");
    compared.lines[line->status]++;
}

static void tell_held(struct buffer *out, const struct stream *held)
{
    for (int i = 0; i < held->epochs_count; i++) {
        const struct epoch *epoch = &held->epochs[i];

        buffer_printf(out, "%s %lld to %lld, vouched for to %lld, gone through to %lld%s%s", held->name,
                      (long long)epoch->epoch, (long long)epoch->seq, (long long)epoch->vouched,
                      (long long)epoch->applied, epoch->settled ? ", settled" : "",
                      epoch->frozen ? ", frozen" : "");
        compared.frozen += epoch->frozen;
        tell_octets(out, ", chain ", epoch->chain);
        buffer_printf(out, ", head %s\n", epoch->head ? epoch->head + strlen(epoch->head) - 8 : "");
        for (int k = 0; k < held->lines_count; k++)
            if (held->lines[k].at.epoch == epoch->epoch)
                tell_line(out, held, &held->lines[k]);
    }
}

static int by_place(const void *a, const void *b)
{
    const struct letter *left = a, *right = b;
    int order = cursor_compare(left->at, right->at);

    return order ? order : left->object - right->object;
}

static void tell_shown(struct buffer *out, const struct disk *disk, int peer)
{
    struct letters shown = disk->received[peer];

    for (int i = 0; i < OBJECTS; i++)
        if (disk->items[peer][i].version)
            disk_add_letter(&shown,
                            &(struct letter){disk->items[peer][i].at, i, disk->items[peer][i].version});
    qsort(shown.all, (size_t)shown.count, sizeof *shown.all, by_place);
    for (int i = 0; i < shown.count; i++)
        buffer_printf(out, "version %d of %04x shown from %lld.%lld\n", shown.all[i].version,
                      (unsigned)shown.all[i].object, (long long)shown.all[i].at.epoch,
                      (long long)shown.all[i].at.seq);
}

/* The first line in which they differ is what is wrong with this story. */
static void expect_same(const struct town *town, const char *origin, const char *disk, const char *database)
{
    size_t same = 0, i = 0;

    for (; disk[i] && disk[i] == database[i]; i++)
        same = disk[i] == '\n' ? i + 1 : same;
    if (disk[i] != database[i])
        sim_wrong("%s holds of %s in the simulator \"%.*s\", in the database \"%.*s\"", town->authority,
                  origin, (int)strcspn(disk + same, "\n"), disk + same, (int)strcspn(database + same, "\n"),
                  database + same);
}

/* ---- what the followers do */

struct doing {
    struct town *town;
    int peer;
    const struct reader_action *action;
    const struct reader_result *result;
    const char *origin, *stream;
    const char *source, *target; /* of a copy */
};

static bool in_time(struct tx *tx)
{
    char sql[PATH];

    snprintf(sql, sizeof sql, "SET LOCAL virtual.now = '%lld'", (long long)tx->now);
    return db_script(tx, sql);
}

static bool compare(struct tx *tx, const struct doing *d)
{
    struct buffer disk = {0};
    struct db_result *rows;

    if (!DB_QUERY(tx, &tell, &rows, db_text(d->origin)))
        return false;
    tell_held(&disk, &d->town->disk.followed[d->peer][FOLLOWER_NET]);
    tell_held(&disk, &d->town->disk.followed[d->peer][FOLLOWER_TO]);
    tell_shown(&disk, &d->town->disk, d->peer);
    expect_same(d->town, d->origin, disk.size ? (const char *)disk.data : "", db_cell(rows, 0, "told"));
    buffer_free(&disk);
    db_result_destroy(rows);
    return true;
}

static void expect_result(const struct doing *d, const struct taken_page *page, const char *what)
{
    if (page->stale || page->behind != d->result->behind || page->placeholders != d->result->placeholders)
        sim_wrong("%s of %s at %s: %s%s%s", d->stream, d->origin, d->town->authority, what,
                  page->stale                         ? " is stale in the database"
                  : page->behind != d->result->behind ? " leaves something to do for one of the two only"
                                                      : "",
                  page->placeholders != d->result->placeholders ? " has placeholders for one of the two only"
                                                                : "");
}

static bool store(struct tx *tx, const struct doing *d, struct taken_page *page)
{
    struct taken_page rest = *page;

    page->page = d->action->page;
    page->step = d->action->step;
    if (!taken_apply(tx, page))
        return false;
    while (slow && page->behind && !d->result->behind) {
        if (!taken_catch_up(tx, &rest, d->stream))
            return false;
        page->behind = rest.behind;
    }
    expect_result(d, page, "a page");
    compared.pages++;
    return true;
}

/* The simulator goes through all of an epoch at once. */
static bool catch_up(struct tx *tx, const struct doing *d, struct taken_page *page)
{
    struct db_span first, next;

    if (!db_entries_unapplied(tx, d->origin, d->stream, &first))
        return false;
    do
        if (!taken_catch_up(tx, page, d->stream) || !db_entries_unapplied(tx, d->origin, d->stream, &next))
            return false;
    while (slow && next.stream_id && next.stream_id == first.stream_id);
    expect_result(d, page, "catching up");
    return true;
}

static bool discard(struct tx *tx, const struct doing *d, struct taken_page *page)
{
    bool ok = true;

    (void)page;
    for (int i = 0; ok && i < FOLLOWER_STREAMS; i++)
        ok = db_entries_discard(tx, d->origin, d->town->disk.followed[d->peer][i].name, (struct cursor){0},
                                INT64_MAX);
    return ok;
}

static bool look_up(struct tx *tx, const struct doing *d, struct taken_page *page)
{
    uint8_t chain[CHAIN_SIZE];
    bool found;

    (void)page;
    if (!db_entries_chain(tx, d->origin, d->stream, d->action->at, chain, &found))
        return false;
    if (found != (d->result->chain != NULL) || (found && memcmp(chain, d->result->chain, CHAIN_SIZE) != 0))
        sim_wrong("%s of %s at %s: another chain is found", d->stream, d->origin, d->town->authority);
    return true;
}

static bool freeze(struct tx *tx, const struct doing *d, struct taken_page *page)
{
    const struct reader_alarm *alarm = &d->action->alarm;

    (void)page;
    return !alarm->freeze || (alarm->by_clock && town_leapt(d->town)) ||
           db_entries_freeze(tx, d->origin, alarm->page->stream, alarm->freeze);
}

static bool (*const doings[READER_KINDS])(struct tx *tx, const struct doing *d,
                                          struct taken_page *page) = {[READER_STORE] = store,
                                                                      [READER_CATCH_UP] = catch_up,
                                                                      [READER_DISCARD] = discard,
                                                                      [READER_LOOK_UP] = look_up,
                                                                      [READER_ALARM] = freeze};

/* Whoever is slow is elsewhere in what waits to be gone through. */
static bool is_half_done(const struct doing *d)
{
    bool waits = false;

    for (int s = 0; s < FOLLOWER_STREAMS; s++)
        for (int i = 0; i < d->town->disk.followed[d->peer][s].epochs_count; i++) {
            const struct epoch *epoch = &d->town->disk.followed[d->peer][s].epochs[i];

            waits |= epoch->applied < epoch->vouched;
        }
    return slow && waits;
}

static bool carry_out(struct tx *tx, void *arg)
{
    const struct doing *d = arg;
    const struct config config = {.peer_megabytes = 100};
    const struct node node = {.config = &config, .authority = d->town->authority};
    struct taken_page page = {.node = &node, .origin = d->origin};

    return in_time(tx) && doings[d->action->kind](tx, d, &page) && (is_half_done(d) || compare(tx, d));
}

/* As node/work/clock/retention.c, which is called for one line after the other. */
static bool expire(struct tx *tx, void *arg)
{
    const struct doing *d = arg;
    json_t *lines = NULL, *line;
    size_t index;
    bool ok = in_time(tx) && db_entries_expired(tx, d->town->authority, DB_ENTRIES_OTHERS, &lines);

    json_array_foreach (lines, index, line)
        if (strcmp(json_string_value(json_object_get(line, "origin")), d->origin) == 0)
            ok = ok && taken_forget(tx, d->origin, json_string_value(json_object_get(line, "stream")),
                                    (struct cursor){json_integer_value(json_object_get(line, "epoch")),
                                                    json_integer_value(json_object_get(line, "seq"))});
    json_decref(lines);
    return ok && compare(tx, d);
}

static bool copy_all(struct tx *tx, void *arg)
{
    const struct doing *d = arg;

    /* A copy is what it is: nothing is derived from it. */
    return db_script(tx, "SET LOCAL session_replication_role = replica") &&
           DB_QUERY(tx, &copy, NULL, db_text(d->source), db_text(d->target));
}

static void transact(struct doing *d, bool (*body)(struct tx *tx, void *arg))
{
    struct problem problem = {0};

    at_work = d->town;
    d->origin = world.towns[d->peer].authority;
    if (!db_transaction(databases[d->town->index], &problem, body, d))
        sim_wrong("the database of %s: %s", d->town->authority, problem.detail);
    problem_finish(&problem);
}

/* Whoever begins looks whether there is anything to catch up with; mostly there is not. */
static bool is_idle(const struct reader_action *action, const struct reader_result *result)
{
    return action->kind == READER_CATCH_UP && !result->behind;
}

static void mirror_action(struct town *town, int peer, const struct reader_action *action,
                          const struct reader_result *result)
{
    struct doing d = {.town = town, .peer = peer, .action = action, .result = result};

    d.stream = town->disk.followed[peer][action->stream].name;
    if (doings[action->kind] && result->outcome == READER_CARRIED_OUT && !is_idle(action, result))
        transact(&d, carry_out);
}

static void mirror_expired(struct town *town, int peer)
{
    transact(&(struct doing){.town = town, .peer = peer}, expire);
}

static void mirror_kept(struct town *town)
{
    transact(&(struct doing){.town = town, .source = "public", .target = "kept"}, copy_all);
}

static void mirror_put_back(struct town *town)
{
    transact(&(struct doing){.town = town, .source = "kept", .target = "public"}, copy_all);
}

static void mirror_emptied(struct town *town)
{
    transact(&(struct doing){.town = town, .source = "", .target = "public"}, copy_all);
}

static void mirror_ended(void)
{
    for (int i = 0; i < TOWNS; i++)
        mirror_emptied(&world.towns[i]);
}

/* True: both tell the same to its end. */
static bool tell_story(uint64_t seed)
{
    compared.stories++;
    sim_doubt = seed % 2 ? DOUBT : 0;
    slow = seed % 3 == 0;
    return world_run(seed, false);
}

static void the_database_holds_and_shows_after_each_step_what_the_simulated_disk_does(void **state)
{
    static const struct mirror mirror = {mirror_action,   mirror_expired, mirror_kept,
                                         mirror_put_back, mirror_emptied, mirror_ended};
    int wrong = 0;

    (void)state;
    sim_mirror = &mirror;
    for (uint64_t i = 0; i < seeds; i++)
        wrong += !tell_story(from + i);
    for (int i = 0; i < RARE; i++)
        wrong += !tell_story(rare[i]);
    sim_mirror = NULL;
    sim_doubt = 0;
    printf("%llu seeds, %llu pages, lines compared: %llu held, %llu lost, %llu erased\n",
           (unsigned long long)compared.stories, (unsigned long long)compared.pages,
           (unsigned long long)compared.lines[LINE_HELD], (unsigned long long)compared.lines[LINE_LOST],
           (unsigned long long)compared.lines[LINE_ERASED]);
    assert_int_equal(wrong, 0);
    assert_in_range(compared.pages, 20 * compared.stories, UINT64_MAX);
    assert_in_range(compared.lines[LINE_HELD], 100 * compared.stories, UINT64_MAX);
    assert_in_range(compared.lines[LINE_LOST], compared.stories, UINT64_MAX);
    assert_in_range(compared.lines[LINE_ERASED], compared.stories, UINT64_MAX);
    assert_in_range(compared.frozen, 1, UINT64_MAX);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_database_holds_and_shows_after_each_step_what_the_simulated_disk_does),
    };

    if (argc > 1)
        seeds = strtoull(argv[1], NULL, 10);
    if (argc > 2)
        from = strtoull(argv[2], NULL, 10);
    return cmocka_run_group_tests(tests, start_server, stop_server);
}
