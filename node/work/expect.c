#include "node/work/expect.h"

bool expect_found(struct tx *tx, const json_t *record, const char *noun)
{
    return record || problem_set(tx->problem, PROBLEM_NOT_FOUND, "There is no such %s.", noun);
}

bool expect_version(struct tx *tx, json_t *current, long version)
{
    if (json_integer_value(json_object_get(current, "version")) == version)
        return true;
    problem_set(
        tx->problem, PROBLEM_STALE_VERSION,
        "Somebody else has changed this since you read it. Your change was not made: look at what it is now, "
        "then make it again.");
    problem_extend(tx->problem, "current", json_incref(current));
    return false;
}
