/* Has the clock leapt? Before anything is signed, taken in, erased or expired by it, it is compared with
 * others: what was done by a clock that is days off cannot be taken back, here or at any peer (SPEC.md 6.5,
 * 7). */
#ifndef NODE_WORK_LEAP_H
#define NODE_WORK_LEAP_H

#include "node/db/db.h"

/* *leapt: this machine's clock and the database's are more than a day apart; or nothing vouches for the time
 * within a day: neither our own newest head, nor a person, nor an active peer's answer, nor the last note of
 * leap_believe. A node that never signed anything has nothing to compare with, and has not leapt. */
bool leap_look(struct tx *tx, bool *leapt);
/* Notes that it has not, when the last note is older than an hour: who runs, says nothing for days and
 * reaches nobody must not come to doubt a clock that was right all the time. */
bool leap_believe(struct tx *tx);
/* Refuses (BUSY, saying why) when it has. */
bool leap_refuse(struct tx *tx);

#endif
