#include <string.h>

#include "node/federation/discovery.h"
#include "tests/fuzz/fuzz.h"

/* What another node says of itself: a card whose every text is there and bounded, or a problem and nothing to
 * free. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char authority[] = "saarbruecken.example";
    struct transport_answer answer = {.status = 200, .json = true};
    struct discovery discovery;
    struct problem problem = {0};

    buffer_append(&answer.body, data, size);
    if (discovery_take(authority, &answer, &discovery, &problem)) {
        const struct db_peer_card *card = &discovery.card;

        fuzz_demand(strcmp(card->authority, authority) == 0 && card->placed && card->key == discovery.key);
        fuzz_demand(card->name[0] && strlen(card->name) <= 4 * 80 && strlen(card->country) == 2);
        fuzz_demand(strcmp(card->role, "city") == 0 || strcmp(card->role, "office") == 0);
        fuzz_demand(strlen(card->mailbox) >= 3 && card->areas[0] == '[');
        fuzz_demand(card->latitude_e6 >= -90000000 && card->latitude_e6 <= 90000000);
        fuzz_demand(card->longitude_e6 >= -180000000 && card->longitude_e6 <= 180000000);
        discovery_finish(&discovery);
    } else {
        fuzz_demand(problem.code == PROBLEM_DISCOVERY_FAILED && !discovery.document && !discovery.key);
    }
    problem_finish(&problem);
    buffer_free(&answer.body);
    return 0;
}
