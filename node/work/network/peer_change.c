#include "node/work/network/peer_change.h"

#include <stdio.h>
#include <string.h>

#include "node/db/say/entries.h"
#include "node/db/say/streams.h"
#include "node/work/network/member.h"
#include "node/work/publication/publications.h"
#include "node/work/say/writer.h"

bool peer_change_settle(struct tx *tx, const struct node *node, const struct db_peer *before,
                        const char *authority)
{
    struct db_peer after;
    char stream[STREAM_NAME_SIZE];
    bool was_active = strcmp(before->state, "active") == 0, is_active, begins;

    if (!db_peers_get(tx, authority, DB_LOOK, &after))
        return false;
    is_active = strcmp(after.state, "active") == 0;
    /* What a peer said while it was none is shown from now on (SPEC.md 8.4), and it hears anew what stands
     * published: what was withheld from it never comes otherwise. */
    begins = is_active && !was_active;
    snprintf(stream, sizeof stream, "to/%s", authority);
    if (was_active && !is_active && (!db_peers_cease(tx, authority) || !db_peers_share_fate(tx, authority)))
        return false;
    /* In the order of node/db/locks.h: its streams, listings, then ours by their names. */
    if (begins && (!db_entries_show_anew(tx, authority, NULL) || !db_entries_rewind(tx, authority) ||
                   !publications_republish(tx, node, authority)))
        return false;
    if (node->office && strcmp(before->state, after.state) != 0 && strcmp(after.via, node->authority) == 0 &&
        !member_tell(tx, node, authority))
        return false;
    return (!begins || writer_open_stream(tx, node, stream)) && db_streams_wake(tx);
}

bool peer_change_store(struct tx *tx, const struct node *node, const struct db_peer *before,
                       struct db_peer *after)
{
    return db_peers_save(tx, after) && peer_change_settle(tx, node, before, after->authority);
}

bool peer_change_key_holder(struct tx *tx, const struct node *node, const struct key_public *key,
                            const char *authority, char holder[AUTHORITY_SIZE])
{
    struct db_peer owner;

    holder[0] = '\0';
    if (!db_peers_by_key(tx, key_public_id(key), &owner))
        return false;
    if (key_public_equal(key, key_private_public(node->key)))
        snprintf(holder, AUTHORITY_SIZE, "%s", node->authority);
    else if (owner.exists && strcmp(owner.state, "removed") != 0)
        snprintf(holder, AUTHORITY_SIZE, "%s", owner.authority);
    if (strcmp(holder, authority) == 0)
        holder[0] = '\0';
    return true;
}
