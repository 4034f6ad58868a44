/* The advisory locks of a town's database: numbers that only have to be ours and different. */
#ifndef NODE_DB_LOCKS_H
#define NODE_DB_LOCKS_H

enum db_lock {
    DB_LOCK_PULL = 0x68665f70, /* held by the one process that pulls */
    DB_LOCK_JOBS,              /* held by the one process that does what the clock asks */
    DB_LOCK_EPOCH,             /* held by the transaction that opens an epoch */
    DB_LOCK_NAMES = 0x68665f6e /* held by the transaction that changes a name: the database takes it (sql/) */
};

#endif
