/* Runs a fuzz target without libFuzzer.
 *
 *   fuzz_X [-runs=N]          the seeds from the vectors, then N mutations of them (default 2000), always the
 * same fuzz_X -seeds=DIRECTORY   writes the seeds there, as a corpus to begin with for libFuzzer fuzz_X FILE…
 * these inputs, to see a finding again
 *
 * To be run from the project's root. */
#include <stdio.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"

enum { SEEDS_MAX = 1024, EDITS_MAX = 8 };

static struct buffer seeds[SEEDS_MAX];
static size_t seed_count;

/* xorshift64: reproducible everywhere. */
static uint64_t next_random(void)
{
    static uint64_t state = 0x9e3779b97f4a7c15;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static size_t below(size_t limit)
{
    return limit == 0 ? 0 : (size_t)(next_random() % limit);
}

static bool load_seeds(void)
{
    char path[128];
    json_error_t error;
    size_t i;
    const json_t *vector;
    snprintf(path, sizeof path, "protocol/vectors/%s.json", fuzz_vectors);
    json_t *document = json_load_file(path, 0, &error);
    if (document == NULL) {
        fprintf(stderr, "%s: %s\n", path, error.text);
        return false;
    }
    json_array_foreach(json_object_get(document, "cases"), i, vector)
    {
        if (seed_count < SEEDS_MAX) {
            fuzz_seed(vector, &seeds[seed_count]);
            seed_count += seeds[seed_count].size > 0;
        }
    }
    json_decref(document);
    return seed_count > 0;
}

/* Changes a few octets, cuts, doubles or joins with another seed. */
static void mutate(struct buffer *input)
{
    static const char tokens[] = "{}[]\":,.;()=-_ \n\0\xff\\09aZ";
    for (size_t edits = 1 + below(EDITS_MAX); edits > 0 && input->size > 0; edits--) {
        size_t at = below(input->size);
        switch (below(6)) {
        case 0:
            input->data[at] = (uint8_t)next_random();
            break;
        case 1:
            input->data[at] = (uint8_t)tokens[below(sizeof tokens)];
            break;
        case 2:
            input->data[at] ^= (uint8_t)(1u << below(8));
            break;
        case 3:
            input->size = at;
            break;
        case 4: {
            size_t length = below(input->size - at < 64 ? input->size - at : 64);
            memmove(input->data + at, input->data + at + length, input->size - at - length);
            input->size -= length;
            break;
        }
        default: {
            const struct buffer *other = &seeds[below(seed_count)];
            size_t from = below(other->size);
            buffer_append(input, other->data + from, below(other->size - from));
            break;
        }
        }
    }
}

/* In a block of exactly its size, so that AddressSanitizer sees the first octet read too many. */
static void run(const void *data, size_t size)
{
    uint8_t *exact = malloc(size == 0 ? 1 : size);
    fuzz_demand(exact != NULL);
    memcpy(exact, data, size);
    LLVMFuzzerTestOneInput(exact, size);
    free(exact);
}

static void run_seeds(unsigned long mutations)
{
    for (size_t i = 0; i < seed_count; i++) {
        run(seeds[i].data, seeds[i].size);
    }
    for (unsigned long i = 0; i < mutations; i++) {
        const struct buffer *seed = &seeds[below(seed_count)];
        struct buffer input = {0};
        buffer_append(&input, seed->data, seed->size);
        mutate(&input);
        run(input.data, input.size);
        buffer_free(&input);
    }
    printf("%s: %zu seeds, %lu mutations\n", fuzz_vectors, seed_count, mutations);
}

static bool write_seeds(const char *directory)
{
    for (size_t i = 0; i < seed_count; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s-%zu", directory, fuzz_vectors, i);
        FILE *file = fopen(path, "wb");
        bool written = file != NULL && fwrite(seeds[i].data, 1, seeds[i].size, file) == seeds[i].size;
        if (file != NULL && fclose(file) != 0) {
            written = false;
        }
        if (!written) {
            perror(path);
            return false;
        }
    }
    return true;
}

static bool run_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    struct buffer input = {0};
    uint8_t block[4096];
    size_t got;
    if (file == NULL) {
        perror(path);
        return false;
    }
    while ((got = fread(block, 1, sizeof block, file)) > 0) {
        buffer_append(&input, block, got);
    }
    fclose(file);
    buffer_append(&input, "", 0);
    run(input.data, input.size);
    buffer_free(&input);
    return true;
}

static void free_seeds(void)
{
    for (size_t i = 0; i < seed_count; i++) {
        buffer_free(&seeds[i]);
    }
}

int main(int argc, char **argv)
{
    unsigned long mutations = 2000;
    bool good = true;
    if (argc > 1 && argv[1][0] != '-') {
        for (int i = 1; i < argc; i++) {
            good = run_file(argv[i]) && good;
        }
        return good ? 0 : 1;
    }
    if (!load_seeds()) {
        return 1;
    }
    if (argc > 1 && strncmp(argv[1], "-seeds=", 7) == 0) {
        good = write_seeds(argv[1] + 7);
    } else {
        if (argc > 1 && strncmp(argv[1], "-runs=", 6) == 0) {
            mutations = strtoul(argv[1] + 6, NULL, 10);
        }
        run_seeds(mutations);
    }
    free_seeds();
    return good ? 0 : 1;
}
