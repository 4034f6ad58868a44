#include "node/http/files.h"

#include <errno.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "protocol/bytes.h"

enum { ETAG_SIZE = BYTES_B64U_SIZE(12) + 2, NAME_MAX_SIZE = 512 };

struct file {
    char *name; /* "/texts/de.0A1B2C3D.json" */
    struct buffer data;
    const char *type;
    bool hashed;
    char etag[ETAG_SIZE]; /* with its quotes */
};

struct files {
    size_t count;
    struct file *files; /* by name */
};

static const struct {
    const char *extension;
    const char *type;
} types[] = {
    {".css", "text/css; charset=utf-8"},
    {".html", "text/html; charset=utf-8"},
    {".ico", "image/vnd.microsoft.icon"},
    {".js", "text/javascript; charset=utf-8"},
    {".json", "application/json"},
    {".map", "application/json"},
    {".png", "image/png"},
    {".svg", "image/svg+xml"},
    {".txt", "text/plain; charset=utf-8"},
    {".webmanifest", "application/manifest+json"},
    {".woff2", "font/woff2"},
};

/* Beside a file may lie the same packed, with one of these behind its name; of two that are as welcome, the
 * later is smaller. */
static const struct {
    const char *coding;
    const char *ending;
} packings[] = {{"gzip", ".gz"}, {"br", ".br"}};

static const char *const other_rooms[] = {"/api", "/federation", "/.well-known", "/healthz", "/readyz"};

static const char *type_of(const char *name)
{
    const char *extension = strrchr(name, '.');

    for (size_t i = 0; extension && i < sizeof types / sizeof *types; i++)
        if (strcmp(types[i].extension, extension) == 0)
            return types[i].type;
    return "application/octet-stream";
}

/* esbuild writes a hash as eight of A-Z and 0-9, between two dots or between '-' and a dot. */
static bool is_hashed(const char *name)
{
    for (const char *at = strpbrk(name, ".-"); at; at = strpbrk(at + 1, ".-")) {
        size_t length = strspn(at + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");
        if (length == 8 && at[9] == '.')
            return true;
    }
    return false;
}

static int compare_files(const void *a, const void *b)
{
    return strcmp(((const struct file *)a)->name, ((const struct file *)b)->name);
}

static bool read_file(const char *path, struct buffer *data)
{
    FILE *stream = fopen(path, "rbe");
    char chunk[16384];
    size_t size;
    bool whole;

    if (!stream)
        return false;
    while ((size = fread(chunk, 1, sizeof chunk, stream)) > 0)
        buffer_append(data, chunk, size);
    whole = !ferror(stream) && !data->failed;
    fclose(stream);
    return whole;
}

static bool add_file(struct files *files, const char *path, const char *name)
{
    struct file *grown = realloc(files->files, (files->count + 1) * sizeof *grown);
    struct file *file;
    uint8_t digest[32];
    char text[BYTES_B64U_SIZE(12)];

    if (!grown)
        return false;
    files->files = grown;
    file = &grown[files->count++];
    *file = (struct file){.name = strdup(name), .type = type_of(name), .hashed = is_hashed(name)};
    if (!file->name || !read_file(path, &file->data))
        return false;
    bytes_sha256(file->data.data, file->data.size, digest);
    bytes_b64u_encode(digest, 12, text);
    snprintf(file->etag, sizeof file->etag, "\"%s\"", text);
    return true;
}

static const struct file *find_file(const struct files *files, const char *name)
{
    union {
        const char *borrowed;
        char *name;
    } view = {.borrowed = name};
    struct file wanted = {.name = view.name};

    return bsearch(&wanted, files->files, files->count, sizeof wanted, compare_files);
}

struct files *files_load(const char *directory, struct problem *problem)
{
    struct files *files = calloc(1, sizeof *files);
    char *root = strdup(directory);
    char *roots[] = {root, NULL};
    FTS *tree = NULL;
    bool readable;

    /* Names begin where the directory's ends, with the '/'. */
    for (size_t length = strlen(directory); root && length > 1 && root[length - 1] == '/';)
        root[--length] = '\0';
    if (root)
        tree = fts_open(roots, FTS_LOGICAL | FTS_NOCHDIR, NULL);
    readable = files && tree;
    for (FTSENT *entry; readable && (entry = fts_read(tree));) {
        errno = entry->fts_errno;
        if (entry->fts_info == FTS_F)
            readable = add_file(files, entry->fts_path, entry->fts_path + strlen(root));
        else
            readable = entry->fts_info == FTS_D || entry->fts_info == FTS_DP;
    }
    if (tree)
        fts_close(tree);
    free(root);
    if (!readable) {
        problem_set(problem, PROBLEM_INTERNAL, "The screens in '%s' cannot be read: %s.", directory,
                    strerror(errno));
        goto fail;
    }
    qsort(files->files, files->count, sizeof *files->files, compare_files);
    if (!find_file(files, "/index.html")) {
        problem_set(problem, PROBLEM_INTERNAL,
                    "There is no index.html in '%s'; build the screens with `make ui`.", directory);
        goto fail;
    }
    return files;
fail:
    files_destroy(files);
    return NULL;
}

void files_destroy(struct files *files)
{
    if (!files)
        return;
    for (size_t i = 0; i < files->count; i++) {
        free(files->files[i].name);
        buffer_free(&files->files[i].data);
    }
    free(files->files);
    free(files);
}

/* What Accept-Encoding gives a coding (RFC 9110 section 12.5.3): by its name, else by '*', else 0. */
static double weight_of(const char *accepted, const char *coding)
{
    double others = 0;

    for (const char *at = accepted; *at != '\0'; at += strcspn(at, ",")) {
        double weight = 1;
        size_t length;
        at += strspn(at, ", \t");
        length = strcspn(at, ",; \t");
        sscanf(at + length, " ;%*[ \tqQ]=%lf", &weight);
        if (length == strlen(coding) && strncasecmp(at, coding, length) == 0)
            return weight;
        if (length == 1 && *at == '*')
            others = weight;
    }
    return others;
}

/* What is sent of a file: the file itself, or where it lies packed, too, what the reader takes most gladly.
 */
struct choice {
    const struct file *file;
    const char *coding; /* NULL: as it is */
    bool varies;        /* others get something else */
};

static struct choice choose(const struct files *files, const struct file *file, const struct request *request)
{
    const char *header = request_header(request, "Accept-Encoding", NULL);
    const char *accepted = header ? header : "";
    struct choice best = {.file = file};
    double most = weight_of(accepted, "identity");

    for (size_t i = 0; i < sizeof packings / sizeof *packings; i++) {
        double weight = weight_of(accepted, packings[i].coding);
        char name[NAME_MAX_SIZE];
        int length = snprintf(name, sizeof name, "%s%s", file->name, packings[i].ending);
        const struct file *packed = length < NAME_MAX_SIZE ? find_file(files, name) : NULL;
        if (!packed)
            continue;
        best.varies = true;
        if (weight <= 0 || weight < most)
            continue;
        best.file = packed;
        best.coding = packings[i].coding;
        most = weight;
    }
    return best;
}

static bool has_it_already(const struct request *request, const struct file *file)
{
    const char *known = request_header(request, "If-None-Match", NULL);

    return known && (strcmp(known, "*") == 0 || strstr(known, file->etag));
}

bool files_serve_name(const struct files *files, const char *name, const struct request *request,
                      struct reply *reply)
{
    const struct file *file = find_file(files, name);
    struct choice sent;

    if (!file)
        return false;
    sent = choose(files, file, request);
    if (sent.varies)
        reply_header(reply, "Vary", "Accept-Encoding");
    reply_header(reply, "ETag", "%s", sent.file->etag);
    reply_header(reply, "Cache-Control", file->hashed ? "public, max-age=31536000, immutable" : "no-cache");
    if (has_it_already(request, sent.file)) {
        reply_empty(reply, 304);
        return true;
    }
    if (sent.coding)
        reply_header(reply, "Content-Encoding", "%s", sent.coding);
    reply_static(reply, 200, file->type, (struct bytes){sent.file->data.data, sent.file->data.size});
    return true;
}

/* Might the client's own router know this path? Who does not ask for a page is no browser that opens one, and
 * is better served with a plain 404 than with the screens that would say so. */
static bool is_screen(const struct request *request)
{
    const char *path = request->path;
    const char *accept = request_header(request, "Accept", NULL);

    for (size_t i = 0; i < sizeof other_rooms / sizeof *other_rooms; i++) {
        size_t length = strlen(other_rooms[i]);
        if (strncmp(path, other_rooms[i], length) == 0 && (path[length] == '/' || path[length] == '\0'))
            return false;
    }
    if (strcmp(path, "/") == 0)
        return true;
    return !strchr(strrchr(path, '/'), '.') && accept && strstr(accept, "text/html");
}

void files_serve(const struct files *files, const struct request *request, struct reply *reply)
{
    struct problem problem = {0};

    if (files_serve_name(files, request->path, request, reply) ||
        (is_screen(request) && files_serve_name(files, "/index.html", request, reply)))
        return;
    problem_set(&problem, PROBLEM_NOT_FOUND, "Nothing is served at this path.");
    reply_problem(reply, &problem);
    problem_finish(&problem);
}
