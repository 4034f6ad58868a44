/* Has the clock leapt? Before anything is signed, taken in, erased or expired by it, it is compared with
 * others: what was done by a clock that is days off cannot be taken back, here or at any peer (SPEC.md 6.5,
 * 7). */
#ifndef NODE_WORK_LEAP_H
#define NODE_WORK_LEAP_H

#include "node/db/db.h"

/* *leapt: this machine's clock and the database's are more than a day apart; or nothing vouches for the time
 * within a day: neither our own newest head, nor a person, nor an active peer's answer. A node that never
 * signed anything has nothing to compare with, and has not leapt. */
bool leap_look(struct tx *tx, bool *leapt);
/* Refuses (BUSY, saying why) when it has. */
bool leap_refuse(struct tx *tx);

#endif
