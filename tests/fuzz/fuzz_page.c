#include <string.h>

#include "protocol/follower.h"
#include "protocol/page.h"
#include "tests/fuzz/fuzz.h"

/* A page that was read is whole: dense numbers, and a chain that ends in the head's. Nothing unsigned moves a
 * follower. */
static void check(const struct page *page)
{
    struct position last = page->from;
    for (size_t i = 0; i < page->count; i++) {
        const struct page_line *line = &page->lines[i];
        fuzz_demand(line->seq == ++last.at.seq);
        fuzz_demand((line->kind == PAGE_ENTRY) == (line->line.size > 0));
        fuzz_demand(line->kind == PAGE_ENTRY || (!line->entry.body && line->entry.type[0] == '\0'));
        fuzz_demand(line->entry.body || entry_check(&line->entry, NULL) != ERR_OK);
        chain_link(last.chain, line->seq, line->digest);
    }
    fuzz_demand(memcmp(&last, &page->head.position, sizeof last) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t seed[KEY_SIZE] = {1};
    static struct key_private *key;
    size_t used = 0;
    struct follower *follower;

    if (!key)
        key = key_private_from_seed(seed, NULL);
    follower = follower_create("localhost:8441", "saarbruecken.example", key_private_public(key));
    for (size_t at = 0; at < size; at += used) {
        struct page page;
        struct follower_step step;
        struct follower_state after;
        struct cursor wanted;
        struct err err;
        if (page_read((const char *)data + at, size - at, &page, &used, &err) != ERR_OK) {
            fuzz_demand(!page.lines);
            break;
        }
        check(&page);
        if (follower_wants(follower, &page, &wanted))
            fuzz_demand(wanted.epoch >= 1 && wanted.seq >= 1);
        if (follower_page(follower, &page, NULL, &step, &err) == ERR_OK && step.verdict == FOLLOWER_APPLY) {
            fuzz_demand(!step.settled);
            follower_applied(follower, &step);
            follower_state(follower, step.stream, &after);
            fuzz_demand(memcmp(&after.position, &page.head.position, sizeof after.position) == 0);
        }
        page_finish(&page);
    }
    follower_destroy(follower);
    return 0;
}
