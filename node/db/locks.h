/* clang-format off */
/* What a transaction locks, and in which order.
 *
 * Who needs several of these takes them from above to below, and several of one kind in the order given. Two
 * transactions then never wait for each other; where they do all the same, PostgreSQL ends one after a second
 * (40P01) and db_transaction() does it again, so that nobody sees more than a pause.
 *
 *   idempotency key   first of all, by who creates
 *   import            the one that is applied; never waited for (NOWAIT)
 *   invitation        at an office, by who joins
 *   account           with all administrators, by id; FOR NO KEY UPDATE: events may be added meanwhile
 *   tries             to sign in: of the account, with the address, of the address; then the browsers it is known by
 *   organisation      one, by who changes or deletes it
 *   contact           one, likewise; with an organisation go its contacts
 *   followed stream   the newest epoch, then older ones: by who goes through its lines (taken.c)
 *   lines of it       by who erases some
 *   item of others    network_items
 *   peer              FOR NO KEY UPDATE: rows that refer to it may be added meanwhile
 *   listing           by id; who publishes has it, so what is published is what was looked at
 *   epoch             DB_LOCK_EPOCH, then node_state FOR UPDATE: by who opens one or changes the key
 *   node_state        FOR SHARE: by everybody else who appends; never before the one above
 *   stream of ours    the newest epoch, by name in octets: `net`, `to/…` (appending comes last, SPEC.md 6.4)
 *   lines of it       by who erases some
 *   publication       by who has its listing, or by the clock when its line has gone
 *   case, forward     what the line was about
 *   alarm, event      and all that is one row at the end
 *   names             DB_LOCK_NAMES, when who added, changed or deleted an organisation or a contact commits
 *
 * Against the order, and why nobody is stuck:
 *   - A page has its stream and then needs its peer; who resumes the peer has that, and then needs its streams.
 *     So the page does not wait (SKIP LOCKED): it gives way and is taken later (still_true() in taken.c).
 *   - A case about an item of others is changed by the page that has the item; who answers has the item too.
 *   - A listing that is given another contact or organisation waits for who changes that one (FOR SHARE, and
 *     FOR KEY SHARE by the foreign key); who deletes a contact waits for the listings that have it, and this one has not, yet.
 *   - A page of a registry settles the peers that it names one after the other: left to the repetition.
 *   - Whoever changes lines that others wrote counts in their stream what room they take (sql/0005); an office that
 *     forgets texts has the lines first, of many streams: left to the repetition.
 *   - Who suspends an office changes all those that only it names, in no order: left to the repetition.
 *   - An organisation that gets another name tells its listings, in no order: left to the repetition.
 *   - A file that is imported changes listings in the order of its rows: left to the repetition.
 *
 * The session locks below are only ever tried, and a migration is alone with its own. */
/* clang-format on */
#ifndef NODE_DB_LOCKS_H
#define NODE_DB_LOCKS_H

/* Advisory locks of a town's database: numbers that only have to be ours and different. */
enum db_lock {
    DB_LOCK_PULL = 0x68665f70, /* held by the one process that pulls */
    DB_LOCK_JOBS,              /* held by the one process that does what the clock asks */
    DB_LOCK_EPOCH,             /* held by the transaction that opens an epoch */
    DB_LOCK_MIGRATIONS,        /* held by the transaction that applies one */
    DB_LOCK_NAMES = 0x68665f6e /* held by the transaction that changes a name: the database takes it (sql/) */
};

#endif
