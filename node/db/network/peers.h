/* Peers as stored: what they say of themselves, who says that they are peers, and how they are doing. */
#ifndef NODE_DB_NETWORK_PEERS_H
#define NODE_DB_NETWORK_PEERS_H

#include "node/db/db.h"
#include "protocol/authority.h"
#include "protocol/head.h"

extern const struct db_statement db_peers_statements[];

/* What a node says of itself (discovery), or an office of it (registry, then without place and mailbox).
 * Borrowed. */
struct db_peer_card {
    const char *authority, *name, *country, *role;
    const char *areas; /* JSON array as text, NULL: unknown */
    const char *mailbox;
    bool placed;
    int64_t latitude_e6, longitude_e6;
    const struct key_public *key;
};

/* Who says that it is a peer. `state` is read only: the database derives it from the rest. */
struct db_peer {
    bool exists;
    char authority[AUTHORITY_SIZE];
    char state[16];
    char role[8];
    bool confirmed;
    char via[AUTHORITY_SIZE]; /* "": no registry names it */
    char registry_state[16];
    char decision[16]; /* "", suspended, removed */
    char reason[4001];
    bool frozen;
    bool member; /* we joined this office's registry */
    uint8_t key[KEY_SIZE];
    bool has_other;
    uint8_t other_key[KEY_SIZE];
    int64_t other_key_at; /* Unix seconds, 0: only after fingerprints were compared */
    char other_key_by[AUTHORITY_SIZE];
    bool failing;
    bool full; /* its share of room is used up (db_room_close); read only */
};

/* *peer with exists = false when there is none. LOCK: nobody else changes it until the end. */
bool db_peers_get(struct tx *tx, const char *authority, enum db_reading reading, struct db_peer *peer);
/* Locks it, but never waits: exists = false also while somebody else is changing it. */
bool db_peers_hold(struct tx *tx, const char *authority, struct db_peer *peer);
/* Whose current key this is; of one that was removed only if it is nobody else's. */
bool db_peers_by_key(struct tx *tx, const char *key_id, struct db_peer *peer);
/* CONFLICT when there is no room for DB_PEERS_MAX: lists of them are not paged. */
enum { DB_PEERS_MAX = 1000 };
bool db_peers_add(struct tx *tx, const struct db_peer_card *card);
/* Is there room for one more of at most so many? Who was removed frees its place, up to as many again: lists
 * show them too. Who is known only through an office that is no active peer takes none. */
bool db_peers_room(struct tx *tx, int64_t max, bool *room);
/* Takes over name, country, role and, where the card has them, areas, place and mailbox. */
bool db_peers_describe(struct tx *tx, const struct db_peer_card *card);
/* Stores all but authority, state, role and full; version + 1, unless nothing differs. */
bool db_peers_save(struct tx *tx, const struct db_peer *peer);
/* It is no longer active: remembers how far it has read. */
bool db_peers_cease(struct tx *tx, const char *authority);

/* What an office says of it; *via and *state: what the offices together say (one that says active is enough).
 */
bool db_peers_register(struct tx *tx, const char *authority, const char *office, const char *state,
                       char via[AUTHORITY_SIZE], char registry_state[16]);

/* The office is no active peer any more: nor are those whom nobody else here knows. */
bool db_peers_share_fate(struct tx *tx, const char *office);
/* Forgets it if it is removed by no person's word, and nothing was ever exchanged with it. */
bool db_peers_forget(struct tx *tx, const char *authority);

/* Whether this office, and whether others, have named it before. */
bool db_peers_named(struct tx *tx, const char *authority, const char *office, bool *here, bool *others);

/* Each peer whose other key counts by now: array of authorities. */
bool db_peers_due_keys(struct tx *tx, json_t **authorities);

/* As the API shows them: rows of db_peers_columns, and key, other_key, other_key_by and frozen beside them;
 * authority NULL: all. self: for our own streams and distances. */
bool db_peers_list(struct tx *tx, const char *self, int64_t latitude_e6, int64_t longitude_e6,
                   const char *authority, struct db_result **rows);
extern const struct db_json_column db_peers_columns[];
/* For the office: registry members with liveness and counts, never what entries say. */
bool db_peers_members(struct tx *tx, json_t **items);
/* Members of our registry of which we have said nothing in the present epoch: array of authorities, at most
 * 500. */
bool db_peers_untold(struct tx *tx, json_t **authorities);
/* At an office: the id of the `member` entries about it (UUID_SIZE), name and country as JSON. */
bool db_peers_member(struct tx *tx, const char *authority, char *member_id, json_t **card);

/* For the pulling thread, whom to follow (the active ones, and for their erasures the suspended and removed):
 * authority, key, version, is it heard in full (active, and there is room), does the last we know say that it
 * fails, is its place unknown, did people here confirm it. */
bool db_peers_followed(struct tx *tx, struct db_result **rows);
/* Active peers that have not acknowledged all of ours: authority, our newest head of `net` or `to/…` that it
 * lacks. */
bool db_peers_lagging(struct tx *tx, const char *self, struct db_result **rows);
/* Wakes the pulling thread, to pull from it soon: it hinted, or was only heard again. */
bool db_peers_wake(struct tx *tx, const char *authority, bool hinted);
/* Takes these wishes: authority, hinted. */
bool db_peers_take_wakes(struct tx *tx, struct db_result **rows);
/* All these were reached just now: array of authorities. */
bool db_peers_reached(struct tx *tx, const json_t *authorities);
/* It could not be reached, and why. */
bool db_peers_failed(struct tx *tx, const char *authority, const char *error);

#endif
