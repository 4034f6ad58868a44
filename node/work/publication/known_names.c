#include "node/work/publication/known_names.h"

#include <pthread.h>
#include <string.h>

#include "node/db/publication/known_names.h"

struct known_names {
    struct names *names; /* NULL: none compiled yet */
    struct db_names_moment moment;
};

/* Who reads holds `reading`; who changes holds `changing` while it finds out what to do, so that of many who
 * miss a name one makes the directory, and `reading` for writing only to put it in place. */
static pthread_mutex_t changing = PTHREAD_MUTEX_INITIALIZER;
static pthread_rwlock_t reading = PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP;
static struct known_names directory;

static enum name_kind kind_of(const char *kind)
{
    return strcmp(kind, "company") == 0   ? NAME_COMPANY
           : strcmp(kind, "contact") == 0 ? NAME_CONTACT
           : strcmp(kind, "place") == 0   ? NAME_PLACE
                                          : NAME_ORGANISATION;
}

static bool same_moment(const struct db_names_moment *a, const struct db_names_moment *b)
{
    return a->n == b->n && strcmp(a->stamp, b->stamp) == 0;
}

static bool add_all(struct names *names, const struct db_result *rows, const struct node *node)
{
    bool ok = names_add(names, NAME_PLACE, "", node->config->name) &&
              (node->region_name[0] == '\0' || names_add(names, NAME_PLACE, "", node->region_name));

    for (size_t row = 0; ok && row < db_rows(rows); row++) {
        const struct db_name name = db_known_names_name(rows, row);

        ok = names_add(names, kind_of(name.kind), name.id, name.name);
    }
    return ok && names_compile(names);
}

static bool failed(struct tx *tx)
{
    return problem_set(tx->problem, PROBLEM_INTERNAL,
                       "The names this node knows could not be read. Nothing was published.");
}

/* Of all there are. */
static bool make_anew(struct tx *tx, const struct node *node, const struct db_names_moment *now)
{
    struct db_result *rows;
    struct names *names, *old;

    if (!db_known_names_all(tx, &rows))
        return false;
    names = names_create();
    if (!names || !add_all(names, rows, node)) {
        db_result_destroy(rows);
        names_destroy(names);
        return failed(tx);
    }
    db_result_destroy(rows);
    pthread_rwlock_wrlock(&reading);
    old = directory.names;
    directory = (struct known_names){.names = names, .moment = *now};
    pthread_rwlock_unlock(&reading);
    names_destroy(old);
    return true;
}

static bool knows_places(const struct db_result *rows)
{
    for (size_t row = 0; row < db_rows(rows); row++) {
        const struct db_name name = db_known_names_name(rows, row);

        if (kind_of(name.kind) == NAME_PLACE && !names_knows_place(directory.names, name.name))
            return false;
    }
    return true;
}

static bool extend(const struct db_result *rows, const struct db_names_moment *now)
{
    bool ok = true;

    pthread_rwlock_wrlock(&reading);
    for (size_t row = 0; ok && row < db_rows(rows); row++) {
        const struct db_name name = db_known_names_name(rows, row);

        if (kind_of(name.kind) != NAME_PLACE)
            ok = names_extend(directory.names, kind_of(name.kind), name.id, name.name);
    }
    if (ok)
        directory.moment = *now;
    pthread_rwlock_unlock(&reading);
    return ok;
}

/* Under `changing`: nobody else writes. What cannot be added to is made anew. */
static bool bring_to(struct tx *tx, const struct node *node, const struct db_names_moment *now)
{
    struct db_result *added = NULL;
    bool extended;

    if (directory.names && same_moment(&directory.moment, now))
        return true;
    if (directory.names && !db_known_names_added(tx, &directory.moment, &added))
        return false;
    extended = added && knows_places(added) && extend(added, now);
    db_result_destroy(added);
    return extended || make_anew(tx, node, now);
}

struct known_names *known_names_acquire(struct tx *tx, const struct node *node)
{
    struct db_names_moment now;

    /* Read before the names: these may then be newer, and are added once more, which does no harm. */
    if (!db_known_names_moment(tx, &now))
        return NULL;
    pthread_rwlock_rdlock(&reading);
    while (!directory.names || !same_moment(&directory.moment, &now)) {
        bool ok;

        pthread_rwlock_unlock(&reading);
        pthread_mutex_lock(&changing);
        ok = bring_to(tx, node, &now);
        pthread_mutex_unlock(&changing);
        if (!ok)
            return NULL;
        pthread_rwlock_rdlock(&reading);
    }
    return &directory;
}

void known_names_release(struct known_names *acquired)
{
    (void)acquired;
    pthread_rwlock_unlock(&reading);
}

const struct names *known_names_compiled(const struct known_names *acquired)
{
    return acquired->names;
}
