/* What waits for somebody: read off everything else, by one row a kind. */
#ifndef NODE_DB_DESK_TODAY_H
#define NODE_DB_DESK_TODAY_H

#include "node/db/db.h"

extern const struct db_statement db_today_statements[];

struct db_today_asker {
    const char *open_states; /* of proposals and offers: JSON array of texts */
    bool administers;        /* also what only the administration decides */
    const char *authority;   /* ours */
    int64_t certificate_end; /* Unix seconds; 0: not to be told */
};

/* Appends TodayItems in the API's form, with commas between, the longest waiting first. Of each kind 1000 are
 * counted at most. */
bool db_today_read(struct tx *tx, const struct db_today_asker *asker, struct buffer *out);
/* The sum of the counts, without reading what waits. */
bool db_today_count(struct tx *tx, const struct db_today_asker *asker, int64_t *count);
/* Somebody looked at what other towns answered to it. */
bool db_today_seen(struct tx *tx, const char *listing_id);

#endif
