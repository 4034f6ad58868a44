/* Positions in streams: cursors, digests and the chain (SPEC.md sections 6.1, 6.3, 8.3). Any thread. */
#ifndef PROTOCOL_CHAIN_H
#define PROTOCOL_CHAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CHAIN_SIZE = 32, CURSOR_SIZE = 36 };

/* Everything up to seq in epoch; {0, 0} is the beginning of everything. */
struct cursor {
    int64_t epoch;
    int64_t seq;
};

/* A cursor and the chain there. */
struct position {
    struct cursor at;
    uint8_t chain[CHAIN_SIZE];
};

/* "E.S" */
void cursor_format(struct cursor cursor, char out[CURSOR_SIZE]);
bool cursor_parse(const char *text, struct cursor *out);
/* <0, 0, >0 by epoch, then seq. */
int cursor_compare(struct cursor a, struct cursor b);

void chain_digest(const void *line, size_t size, uint8_t out[CHAIN_SIZE]);
/* chain_0 of a stream in an epoch. */
void chain_start(const char *origin, const char *stream, int64_t epoch, uint8_t out[CHAIN_SIZE]);
/* chain_n from chain_{n-1}, in place. */
void chain_link(uint8_t chain[CHAIN_SIZE], int64_t seq, const uint8_t digest[CHAIN_SIZE]);

#endif
