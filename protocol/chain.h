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

/* "E.S" (section 10.2), of numbers from 0 to 2^53 - 1. */
void cursor_format(struct cursor cursor, char out[CURSOR_SIZE]);
/* The whole text, in the one spelling that cursor_format writes; else false, and out is as it was. */
bool cursor_parse(const char *text, struct cursor *out);
/* <0, 0, >0 by epoch, then seq. */
int cursor_compare(struct cursor a, struct cursor b);

/* digest_n: of the line's exact octets, without its LF. */
void chain_digest(const void *line, size_t size, uint8_t out[CHAIN_SIZE]);
/* chain_0 of a stream in an epoch (1 or more): origin an authority, stream a stream's name. */
void chain_start(const char *origin, const char *stream, int64_t epoch, uint8_t out[CHAIN_SIZE]);
/* chain_seq from chain_{seq-1}, in place; seq is 1 or more. */
void chain_link(uint8_t chain[CHAIN_SIZE], int64_t seq, const uint8_t digest[CHAIN_SIZE]);

#endif
