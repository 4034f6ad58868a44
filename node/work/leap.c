#include "node/work/leap.h"

#include "node/db/witness.h"

enum { RETRY_SECONDS = 60 };

bool leap_look(struct tx *tx, bool *leapt)
{
    struct leap_witness witness;

    if (!db_witness_read(tx, tx->now, &witness))
        return false;
    *leapt = leap_suspected(&witness, tx->now);
    return true;
}

bool leap_believe(struct tx *tx)
{
    return db_witness_believe(tx, tx->now);
}

bool leap_refuse(struct tx *tx)
{
    bool leapt;

    if (!leap_look(tx, &leapt))
        return false;
    if (!leapt)
        return true;
    tx->problem->retry_after = RETRY_SECONDS;
    return problem_set(
        tx->problem, PROBLEM_BUSY,
        "The clock leapt by more than a day, or this node was off for longer and nobody has told "
        "it the time since. Nothing was changed. Set it right, or, if it is, acknowledge the alarm "
        "of the clock in the administration.");
}
