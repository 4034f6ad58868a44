#include "tests/sim/sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/check.h"
#include "protocol/json_profile.h"

struct letter *disk_letter(struct letters *letters, int object)
{
    for (int i = letters->count - 1; i >= 0; i--)
        if (letters->all[i].object == object)
            return &letters->all[i];
    return NULL;
}

void disk_add_letter(struct letters *letters, const struct letter *letter)
{
    CHECK(letters->count < LETTERS);
    letters->all[letters->count++] = *letter;
}

struct epoch *disk_newest(struct stream *stream)
{
    return stream->epochs_count ? &stream->epochs[stream->epochs_count - 1] : NULL;
}

struct epoch *disk_epoch(struct stream *stream, int64_t epoch)
{
    for (int i = 0; i < stream->epochs_count; i++)
        if (stream->epochs[i].epoch == epoch)
            return &stream->epochs[i];
    return NULL;
}

struct line *disk_line(struct stream *stream, struct cursor at)
{
    for (int i = 0; i < stream->lines_count; i++)
        if (cursor_compare(stream->lines[i].at, at) == 0)
            return &stream->lines[i];
    return NULL;
}

struct line *disk_add(struct stream *stream, struct cursor at, const struct text *text)
{
    struct line *line = &stream->lines[stream->lines_count++];

    CHECK(stream->lines_count <= LINES);
    *line = (struct line){.at = at, .text = text};
    return line;
}

struct epoch *disk_open(struct stream *stream, int64_t epoch, const uint8_t chain[CHAIN_SIZE])
{
    int i = stream->epochs_count++;

    CHECK(stream->epochs_count <= EPOCHS);
    for (; i > 0 && stream->epochs[i - 1].epoch > epoch; i--)
        stream->epochs[i] = stream->epochs[i - 1];
    stream->epochs[i] = (struct epoch){.epoch = epoch};
    memcpy(stream->epochs[i].chain, chain, CHAIN_SIZE);
    return &stream->epochs[i];
}

static void read_erases(struct text *text, const json_t *body)
{
    const json_t *entries = json_object_get(body, "entries"), *one;
    struct cursor *erases = keep(json_array_size(entries) * sizeof *erases);
    size_t index;

    json_array_foreach (entries, index, one)
        CHECK(cursor_parse(json_string_value(one), &erases[index]));
    text->erases = erases;
    text->erases_count = json_array_size(entries);
}

/* The number of an object is the end of its UUID, its version stands in its title, or reason. */
const struct text *disk_text(const struct entry *entry, struct bytes line, const uint8_t digest[CHAIN_SIZE],
                             const uint8_t chain[CHAIN_SIZE])
{
    struct text *text = keep(sizeof *text);

    memcpy(text->digest, digest, CHAIN_SIZE);
    memcpy(text->chain, chain, CHAIN_SIZE);
    if (line.size == 0)
        return text;
    text->line = (struct bytes){keep_copy(line.data, line.size), line.size};
    text->keep_until = entry->keep_until;
    memcpy(text->type, entry->type, sizeof text->type);
    text->object = (int)strtol(entry->id + UUID_SIZE - 1 - 4, NULL, 16);
    if (strcmp(entry->type, "proposal") == 0)
        text->version = (int)strtol(json_profile_text(entry->body, "title"), NULL, 10);
    if (strcmp(entry->type, "response") == 0)
        text->version = (int)strtol(json_profile_text(entry->body, "reason"), NULL, 10);
    if (strcmp(entry->type, "erase") == 0)
        read_erases(text, entry->body);
    return text;
}
