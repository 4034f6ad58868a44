#include "node/work/publication/known_names.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "node/db/publication/known_names.h"

struct known_names {
    struct names *names;
    char stamp[KNOWN_NAMES_STAMP_SIZE];
    unsigned users; /* under the lock; the cache is one of them */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct known_names *cached;

static void known_names_destroy(struct known_names *directory)
{
    if (!directory)
        return;
    names_destroy(directory->names);
    free(directory);
}

/* Under the lock. */
static void drop(struct known_names *directory)
{
    if (directory && --directory->users == 0)
        known_names_destroy(directory);
}

static enum name_kind kind_of(const char *kind)
{
    return strcmp(kind, "company") == 0   ? NAME_COMPANY
           : strcmp(kind, "contact") == 0 ? NAME_CONTACT
           : strcmp(kind, "place") == 0   ? NAME_PLACE
                                          : NAME_ORGANISATION;
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

static struct known_names *known_names_create(struct tx *tx, const struct node *node, const char *stamp)
{
    struct db_result *rows;
    struct known_names *directory;
    bool ok;

    if (!db_known_names_names(tx, &rows))
        return NULL;
    directory = calloc(1, sizeof *directory);
    if (directory) {
        memcpy(directory->stamp, stamp, sizeof directory->stamp);
        directory->names = names_create();
    }
    ok = directory && directory->names && add_all(directory->names, rows, node);
    db_result_destroy(rows);
    if (ok)
        return directory;
    known_names_destroy(directory);
    problem_set(tx->problem, PROBLEM_INTERNAL,
                "The names this node knows could not be read. Nothing was published.");
    return NULL;
}

struct known_names *known_names_acquire(struct tx *tx, const struct node *node)
{
    char stamp[KNOWN_NAMES_STAMP_SIZE] = "";
    struct known_names *directory;

    if (!db_known_names_stamp(tx, stamp))
        return NULL;
    pthread_mutex_lock(&lock);
    directory = cached && strcmp(cached->stamp, stamp) == 0 ? cached : NULL;
    if (directory)
        directory->users++;
    pthread_mutex_unlock(&lock);
    if (directory)
        return directory;
    directory = known_names_create(tx, node, stamp);
    if (directory) {
        pthread_mutex_lock(&lock);
        drop(cached);
        cached = directory;
        directory->users = 2;
        pthread_mutex_unlock(&lock);
    }
    return directory;
}

void known_names_release(struct known_names *directory)
{
    pthread_mutex_lock(&lock);
    drop(directory);
    pthread_mutex_unlock(&lock);
}

const struct names *known_names_compiled(const struct known_names *directory)
{
    return directory->names;
}
