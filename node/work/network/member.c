#include "node/work/network/member.h"

#include "node/db/network/peers.h"
#include "node/work/say/writer.h"
#include "protocol/uuid.h"

bool member_tell(struct tx *tx, const struct node *node, const char *authority)
{
    char id[UUID_SIZE];
    struct writer_item item = {.stream = "net", .type = "member", .id = id};
    struct key_public *key = NULL;
    struct db_peer peer;
    bool ok;

    if (!db_peers_get(tx, authority, DB_LOOK, &peer) || !db_peers_member(tx, authority, id, &item.body))
        return false;
    ok = (key = key_public_from_raw(peer.key, NULL)) &&
         json_object_set_new(item.body, "authority", json_string(authority)) == 0 &&
         json_object_set_new(item.body, "jwk", key_public_to_jwk(key)) == 0 &&
         writer_append(tx, node, &item, 1);
    key_public_destroy(key);
    json_decref(item.body);
    return ok;
}
