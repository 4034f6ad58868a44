/*
 * How much the anonymity gate misses and how often it cries wolf.
 *
 *   anonymity [-v] DIRECTORY
 *
 * DIRECTORY holds CSV files with a heading: places.csv and names.csv (kind,name), texts.csv
 * (language,text,planted: real texts; planted lists what they carry by nature as kind:excerpt|kind:excerpt),
 * mentions.csv (the same columns: sentences that are planted into the texts of their language), and
 * blind_names.csv and blind_texts.csv, written without sight of the matcher, which nobody has tuned it by;
 * what has been read in the meantime (its misses listed with -v, and mended) moves to read_*.csv. -v lists
 * each miss and each false alarm.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "node/core/anonymity.h"

enum { PLANTINGS = 3, MANY_NAMES = 20000, LONG_TEXT = 4000, ROUNDS = 20 };

struct table {
    char *content;
    char **cells; /* rows × columns, borrowed from content */
    size_t rows, columns;
};

struct score {
    size_t planted, found, warned;
    size_t false_alarms;
};

struct bench {
    bool verbose;
    struct score kinds[FINDING_KIND_COUNT];
    size_t texts, texts_alarmed;
    double seconds;
};

static void die(const char *what, const char *detail)
{
    fprintf(stderr, "anonymity: %s: %s\n", what, detail);
    exit(1);
}

static void *need(void *memory)
{
    if (memory == NULL)
        die("out of memory", "nothing was measured");
    return memory;
}

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* --- CSV (RFC 4180), cut up in place --- */

static char *read_file(const char *directory, const char *name)
{
    char path[4096];
    size_t length = 0;
    size_t capacity = 1 << 16;
    char *content = need(malloc(capacity));

    snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        free(content);
        return NULL;
    }
    for (size_t n; (n = fread(content + length, 1, capacity - length - 1, file)) > 0;) {
        length += n;
        if (capacity - length < 2)
            content = need(realloc(content, capacity *= 2));
    }
    fclose(file);
    content[length] = '\0';
    return content;
}

static char *next_cell(char **cursor, char *end)
{
    char *from = *cursor;
    char *cell = from;
    char *to = from;
    bool quoted = *from == '"';

    if (quoted)
        from++;
    for (; *from != '\0'; from++) {
        if (quoted && *from == '"') {
            if (from[1] != '"') {
                quoted = false;
                continue;
            }
            from++;
        } else if (!quoted && (*from == ',' || *from == '\n')) {
            break;
        }
        if (*from != '\r' || quoted)
            *to++ = *from;
    }
    *end = *from;
    *cursor = from + (*from != '\0');
    *to = '\0';
    return cell;
}

static bool read_table(const char *directory, const char *name, struct table *table)
{
    size_t count = 0;
    size_t capacity = 0;

    *table = (struct table){.content = read_file(directory, name)};
    if (table->content == NULL)
        return false;
    for (char *cursor = table->content; *cursor != '\0';) {
        char end;
        if (count == capacity)
            table->cells =
                need(realloc(table->cells, (capacity = capacity * 2 + 256) * sizeof *table->cells));
        table->cells[count++] = next_cell(&cursor, &end);
        if (end == ',')
            continue;
        if (table->columns == 0)
            table->columns = count;
        if (count % table->columns != 0)
            die(name, "a row has not as many cells as the heading");
    }
    table->rows = table->columns > 0 ? count / table->columns : 0;
    return true;
}

static void free_table(struct table *table)
{
    free(table->content);
    free(table->cells);
}

static const char *cell(const struct table *table, size_t row, const char *column)
{
    for (size_t c = 0; c < table->columns; c++)
        if (strcmp(table->cells[c], column) == 0)
            return table->cells[row * table->columns + c];
    die("column missing", column);
    return NULL;
}

/* --- names --- */

static void add_names(struct names *names, const char *directory, const char *file)
{
    static const char *const KINDS[] = {"organisation", "company", "contact", "place"};
    struct table table;

    if (!read_table(directory, file, &table))
        die(file, strerror(errno));
    for (size_t row = 1; row < table.rows; row++) {
        size_t kind = 0;
        while (kind < 4 && strcmp(KINDS[kind], cell(&table, row, "kind")) != 0)
            kind++;
        if (kind == 4)
            die("unknown kind of name", cell(&table, row, "kind"));
        if (!names_add(names, (enum name_kind)kind, cell(&table, row, "name"), cell(&table, row, "name")))
            die("name refused", cell(&table, row, "name"));
    }
    free_table(&table);
}

static struct names *directory_of(const char *directory, const char *file)
{
    struct names *names = need(names_create());

    add_names(names, directory, "places.csv");
    add_names(names, directory, file);
    if (!names_compile(names))
        die("out of memory", file);
    return names;
}

/* --- scoring --- */

struct planted {
    char kind[32];
    const char *excerpt;
    size_t length;
    size_t from; /* byte in the text */
};

/* "kind:excerpt|kind:excerpt", each sought after the one before it where the same excerpt comes again. */
static size_t read_planted(const char *list, const char *text, struct planted *planted, size_t max)
{
    size_t count = 0;

    while (*list != '\0' && count < max) {
        size_t length = strcspn(list, "|");
        size_t kind = strcspn(list, ":");
        struct planted *p = &planted[count];
        char needle[512];
        if (kind >= length || kind >= sizeof p->kind || length - kind >= sizeof needle)
            die("planted is not kind:excerpt", list);
        snprintf(p->kind, sizeof p->kind, "%.*s", (int)kind, list);
        p->excerpt = list + kind + 1;
        p->length = length - kind - 1;
        snprintf(needle, sizeof needle, "%.*s", (int)p->length, p->excerpt);
        const char *start = text;
        for (size_t i = 0; i < count; i++)
            if (planted[i].length == p->length && memcmp(planted[i].excerpt, p->excerpt, p->length) == 0)
                start = text + planted[i].from + planted[i].length;
        const char *at = strstr(start, needle);
        if (at == NULL)
            at = strstr(text, needle);
        if (at == NULL)
            die("planted excerpt is not in the text", list);
        p->from = (size_t)(at - text);
        count++;
        list += length + (list[length] == '|');
    }
    return count;
}

static enum finding_kind kind_of(const char *code)
{
    for (int k = 0; k < FINDING_KIND_COUNT; k++)
        if (strcmp(findings_kind_code((enum finding_kind)k), code) == 0)
            return (enum finding_kind)k;
    die("unknown kind planted", code);
    return FINDING_NAME;
}

static bool overlaps(const struct finding *finding, const struct planted *planted)
{
    return finding->start_byte < planted->from + planted->length && finding->end_byte > planted->from;
}

static void score_text(struct bench *bench, const struct names *names, const char *language, const char *text,
                       const char *list)
{
    struct planted planted[64];
    struct findings findings;
    size_t count = read_planted(list, text, planted, sizeof planted / sizeof *planted);
    bool alarmed = false;

    findings_init(&findings);
    double start = now();
    if (anonymity_check(text, strlen(text), language, names, &findings) != READING_OK)
        die("text refused", text);
    bench->seconds += now() - start;
    bench->texts++;

    for (size_t p = 0; p < count; p++) {
        struct score *score = &bench->kinds[kind_of(planted[p].kind)];
        bool found = false;
        bool warned = false;
        for (size_t f = 0; f < findings.count; f++)
            if (overlaps(&findings.rows[f], &planted[p])) {
                found = found || findings.rows[f].blocking;
                warned = true;
            }
        score->planted++;
        score->found += found;
        score->warned += !found && warned;
        if (!found && bench->verbose)
            printf("  %s %s:%.*s — %s\n", warned ? "warned" : "missed", planted[p].kind,
                   (int)planted[p].length, planted[p].excerpt, text);
    }
    for (size_t f = 0; f < findings.count; f++) {
        const struct finding *finding = &findings.rows[f];
        bool wanted = !finding->blocking;
        for (size_t p = 0; p < count; p++)
            wanted = wanted || overlaps(finding, &planted[p]);
        if (wanted)
            continue;
        alarmed = true;
        bench->kinds[finding->kind].false_alarms++;
        if (bench->verbose)
            printf("  false alarm %s:%.*s (%s) — %s\n", findings_kind_code(finding->kind),
                   (int)(finding->end_byte - finding->start_byte), text + finding->start_byte,
                   finding->name != NULL ? finding->name : "", text);
    }
    bench->texts_alarmed += alarmed;
    findings_finish(&findings);
}

static void print_bench(const char *title, const struct bench *bench)
{
    struct score all = {.planted = 0};

    printf("%s: %zu texts, %.0f texts/s\n", title, bench->texts, (double)bench->texts / bench->seconds);
    printf("  %-16s %8s %8s %8s %8s %8s\n", "kind", "planted", "found", "warned", "missed", "false");
    for (int k = 0; k <= FINDING_NAME_PART; k++) {
        const struct score *s = &bench->kinds[k];
        all.planted += s->planted;
        all.found += s->found;
        all.warned += s->warned;
        all.false_alarms += s->false_alarms;
        if (s->planted > 0 || s->false_alarms > 0)
            printf("  %-16s %8zu %8zu %8zu %8zu %8zu\n", findings_kind_code((enum finding_kind)k), s->planted,
                   s->found, s->warned, s->planted - s->found - s->warned, s->false_alarms);
    }
    printf("  %-16s %8zu %8zu %8zu %8zu %8zu   (%zu texts with a false alarm)\n\n", "all", all.planted,
           all.found, all.warned, all.planted - all.found - all.warned, all.false_alarms,
           bench->texts_alarmed);
}

/* --- the measurements --- */

static void measure(const char *title, bool verbose, const char *directory, const char *names_file,
                    const char *texts_file)
{
    struct bench bench = {.verbose = verbose};
    struct table texts;

    if (!read_table(directory, texts_file, &texts)) {
        printf("%s: no %s, left out\n\n", title, texts_file);
        return;
    }
    struct names *names = directory_of(directory, names_file);
    for (size_t row = 1; row < texts.rows; row++)
        score_text(&bench, names, cell(&texts, row, "language"), cell(&texts, row, "text"),
                   cell(&texts, row, "planted"));
    print_bench(title, &bench);
    names_destroy(names);
    free_table(&texts);
}

/* Each mention into PLANTINGS texts of its language, in turn before and after what they say. */
static void measure_planted(bool verbose, const char *directory)
{
    struct bench bench = {.verbose = verbose};
    struct table texts;
    struct table mentions;
    size_t text = 0;

    if (!read_table(directory, "texts.csv", &texts) || !read_table(directory, "mentions.csv", &mentions))
        die(directory, "texts.csv or mentions.csv cannot be read");
    struct names *names = directory_of(directory, "names.csv");
    for (size_t row = 1; row < mentions.rows; row++) {
        const char *language = cell(&mentions, row, "language");
        const char *mention = cell(&mentions, row, "text");
        for (size_t n = 0; n < PLANTINGS; n++) {
            char whole[8192];
            char planted[1024];
            size_t tried = 0;
            do
                text = text + 1 < texts.rows ? text + 1 : 1;
            while (strcmp(cell(&texts, text, "language"), language) != 0 && ++tried < texts.rows);
            const char *host = tried < texts.rows ? cell(&texts, text, "text") : "";
            const char *own = tried < texts.rows ? cell(&texts, text, "planted") : "";
            snprintf(whole, sizeof whole, "%s %s", n % 2 == 0 ? host : mention, n % 2 == 0 ? mention : host);
            snprintf(planted, sizeof planted, "%s%s%s", cell(&mentions, row, "planted"),
                     *own != '\0' ? "|" : "", own);
            score_text(&bench, names, language, whole, planted);
        }
    }
    print_bench("real texts with planted mentions", &bench);
    names_destroy(names);
    free_table(&texts);
    free_table(&mentions);
}

/* Invented surnames and houses of syllables, enough of them to fill a large directory. */
static void measure_speed(const char *directory)
{
    static const char *const SYLLABLES[] = {"bar", "dorn", "fel",  "gran", "hol",  "kem", "lin",
                                            "mor", "nes",  "quil", "ras",  "sel",  "tam", "ul",
                                            "ven", "wim",  "zor",  "brin", "drev", "klo"};
    struct names *names = need(names_create());
    struct table texts;
    char text[LONG_TEXT + 1024];
    size_t length = 0;
    char name[128];

    double start = now();
    for (size_t i = 0; i < MANY_NAMES; i++) {
        const char *a = SYLLABLES[i % 20];
        const char *b = SYLLABLES[i / 20 % 20];
        const char *c = SYLLABLES[i / 400 % 20];
        const char *d = SYLLABLES[i / 8000 % 20];
        enum name_kind kind = (enum name_kind)(i % 3);
        snprintf(name, sizeof name,
                 kind == NAME_CONTACT ? "Anna %s%s%s%s" : "Förderverein Haus %s%s%s%s e.V.", a, b, c, d);
        if (!names_add(names, kind, name, name))
            die("name refused", name);
    }
    if (!names_compile(names))
        die("out of memory", "speed");
    double compiled = now() - start;

    if (!read_table(directory, "texts.csv", &texts))
        die("texts.csv", strerror(errno));
    for (size_t row = 1; row < texts.rows && length < LONG_TEXT; row++)
        length +=
            (size_t)snprintf(text + length, sizeof text - length, "%.1000s ", cell(&texts, row, "text"));
    start = now();
    for (int i = 0; i < ROUNDS; i++) {
        struct findings findings;
        findings_init(&findings);
        anonymity_check(text, length, "de", names, &findings);
        findings_finish(&findings);
    }
    printf("speed: a directory of %d names compiled in %.0f ms; a text of %zu bytes checked in %.2f ms\n",
           MANY_NAMES, compiled * 1e3, length, (now() - start) * 1e3 / ROUNDS);
    names_destroy(names);
    free_table(&texts);
}

int main(int argc, char **argv)
{
    bool verbose = argc > 1 && strcmp(argv[1], "-v") == 0;

    if (argc != 2 + verbose) {
        fprintf(stderr, "usage: anonymity [-v] DIRECTORY\n");
        return 2;
    }
    const char *directory = argv[1 + verbose];
    measure("real texts as they are", verbose, directory, "names.csv", "texts.csv");
    measure_planted(verbose, directory);
    measure("texts written blind, read since", verbose, directory, "read_names.csv", "read_texts.csv");
    measure("texts written blind, unread", verbose, directory, "blind_names.csv", "blind_texts.csv");
    measure_speed(directory);
    return 0;
}
