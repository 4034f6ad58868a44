/* Pages: opening, lines, closing head (SPEC.md section 8). Written by an origin, read by a follower. Any
 * thread.
 *
 * A page has one signing key. So its writer ends it after a `key` entry, with the head of the old key that
 * was signed with that entry; the lines after it begin the next page, under the new key. A head signed later
 * for freshness closes only pages without lines. */
#ifndef PROTOCOL_PAGE_H
#define PROTOCOL_PAGE_H

#include <stdint.h>

#include "protocol/bytes.h"
#include "protocol/entry.h"
#include "protocol/head.h"

/* SPEC.md section 13; a proof is ours to bound. Octets, or what the name says. */
enum {
    PAGE_ANSWER_MAX = 1048576,
    PAGE_LINES_MAX = 10000,
    PAGE_APPEND_ENTRIES = 200,
    PAGE_APPEND_OCTETS = 524288, /* each line with its LF */
    PAGE_PROOF_OCTETS = ENTRY_MAX
};

/* An entry, or what stands for one (SPEC.md section 8.1). */
enum page_line_kind { PAGE_ENTRY, PAGE_ERASED, PAGE_WITHHELD };

struct page_line {
    enum page_line_kind kind;
    int64_t seq;
    struct bytes line; /* borrowed from the text read; empty for placeholders */
    /* Owned by the page: the line's envelope and its unchecked body; zero for placeholders. An envelope that
     * is nonsense leaves seq alone, with no body and an empty type, or `key` or `erase` if it says so:
     * entry_check refuses it. */
    struct entry entry;
    uint8_t digest[CHAIN_SIZE];
    uint8_t chain[CHAIN_SIZE]; /* after this line */
};

/* A page read: borrows the text. */
struct page {
    char origin[AUTHORITY_SIZE];
    char stream[STREAM_NAME_SIZE];
    struct position from;
    struct page_line *lines; /* owned */
    size_t count;
    struct head head;
    struct bytes head_jws; /* borrowed */
};

/* Writing, into out (whose `failed` tells of memory): call open, entry or placeholder, and close in order.
 * What is written is the caller's word: names and numbers that no page can have break the program off. */
/* from: where the lines begin; everything up to it is what the asker holds. */
void page_write_open(struct buffer *out, const char *origin, const char *stream, const struct position *from);
/* line: an entry's exact octets, without LF. */
void page_write_entry(struct buffer *out, struct bytes line);
/* ERASED or WITHHELD, from number 2 on; digest: the line's. */
void page_write_placeholder(struct buffer *out, enum page_line_kind kind, int64_t seq,
                            const uint8_t digest[CHAIN_SIZE]);
/* The head that was signed over the last line (or, of a page without lines, over `from`). */
void page_write_close(struct buffer *out, const char *head_jws);
/* A page read, as a proof of what its head says: of lines that hold texts only their digests, likewise of all
 * beyond the first PAGE_PROOF_OCTETS of others. It can be read as a page again. */
void page_write_proof(struct buffer *out, const struct page *page);

/* Reads the first page of text, which out borrows; *used is how many of the `length` octets it took. Checks
 * form (not the envelopes of entries, see struct page_line), numbers, that an epoch begins with its `epoch`
 * entry and a `key` entry ends the page, and the chain against the head's (ERR_MALFORMED, ERR_CHAIN_BROKEN,
 * ERR_TOO_LARGE, ERR_NO_MEMORY), not the signature: only the follower knows the key. On error out is empty
 * and need not be finished, and *used is as it was. */
enum err_code page_read(const char *text, size_t length, struct page *out, size_t *used, struct err *err);
void page_finish(struct page *page);

#endif
