#include "tests/unit/fault_alloc.h"

#include <errno.h>
#include <jansson.h>
#include <openssl/crypto.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* No operation that is worth a test allocates more often: it would not come to an end. */
enum { ALLOCATIONS_MAX = 100000 };

/* The n-th alone, or all from there on. */
enum span { ALONE, ONWARD };

static struct {
    unsigned sources; /* whose allocations count; 0: nothing fails */
    size_t seen;
    size_t fail_at; /* 0: none */
    enum span span;
    bool failed;
} fault;

static bool fails(enum fault_source source)
{
    if (!(fault.sources & source))
        return false;
    fault.seen++;
    if (fault.fail_at == 0 || fault.seen < fault.fail_at ||
        (fault.seen > fault.fail_at && fault.span == ALONE))
        return false;
    fault.failed = true;
    errno = ENOMEM;
    return true;
}

/* The linker's --wrap=NAME sends calls of NAME to __wrap_NAME, and __real_NAME to NAME. */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__real_reallocarray(void *old, size_t count, size_t size);
char *__real_strdup(const char *text);
char *__real_strndup(const char *text, size_t size);
int __real_vasprintf(char **out, const char *format, va_list arguments);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_reallocarray(void *old, size_t count, size_t size);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t size);
int __wrap_vasprintf(char **out, const char *format, va_list arguments) __attribute__((format(printf, 2, 0)));
int __wrap_asprintf(char **out, const char *format, ...) __attribute__((format(printf, 2, 3)));

void *__wrap_malloc(size_t size)
{
    return fails(FAULT_OURS) ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails(FAULT_OURS) ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return fails(FAULT_OURS) ? NULL : __real_realloc(old, size);
}

void *__wrap_reallocarray(void *old, size_t count, size_t size)
{
    return fails(FAULT_OURS) ? NULL : __real_reallocarray(old, count, size);
}

char *__wrap_strdup(const char *text)
{
    return fails(FAULT_OURS) ? NULL : __real_strdup(text);
}

char *__wrap_strndup(const char *text, size_t size)
{
    return fails(FAULT_OURS) ? NULL : __real_strndup(text, size);
}

int __wrap_vasprintf(char **out, const char *format, va_list arguments)
{
    return fails(FAULT_OURS) ? -1 : __real_vasprintf(out, format, arguments);
}

int __wrap_asprintf(char **out, const char *format, ...)
{
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = __wrap_vasprintf(out, format, arguments);
    va_end(arguments);
    return length;
}

static void *jansson_malloc(size_t size)
{
    return fails(FAULT_JANSSON) ? NULL : __real_malloc(size);
}

static void *openssl_malloc(size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return fails(FAULT_OPENSSL) ? NULL : __real_malloc(size);
}

static void *openssl_realloc(void *old, size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return fails(FAULT_OPENSSL) ? NULL : __real_realloc(old, size);
}

static void openssl_free(void *old, const char *file, int line)
{
    (void)file;
    (void)line;
    free(old);
}

void fault_alloc_install(void)
{
    json_set_alloc_funcs(jansson_malloc, free);
    if (CRYPTO_set_mem_functions(openssl_malloc, openssl_realloc, openssl_free) != 1) {
        fputs("OpenSSL has allocated already\n", stderr);
        abort();
    }
}

void fault_alloc_stop(void)
{
    fault.sources = 0;
}

static enum fault_result run(unsigned sources, size_t fail_at, enum span span, fault_operation *operation,
                             void *arg)
{
    enum fault_result result;

    fault.seen = 0;
    fault.fail_at = fail_at;
    fault.span = span;
    fault.failed = false;
    fault.sources = sources;
    result = operation(arg);
    fault_alloc_stop();
    return result;
}

/* Whether allocation n was reached, and so failed. */
static bool fail_one(unsigned sources, size_t n, enum span span, fault_operation *operation, void *arg)
{
    enum fault_result result = run(sources, n, span, operation, arg);

    if (!fault.failed && result != FAULT_DONE)
        fail_msg("without memory, although nothing failed (before allocation %zu)", n);
    if (fault.failed && result == FAULT_DONE && !(sources & FAULT_OPENSSL))
        fail_msg("done, although allocation %zu failed%s", n, span == ONWARD ? ", and all after it" : "");
    return fault.failed;
}

void fault_alloc_each(unsigned sources, fault_operation *operation, void *arg)
{
    size_t n = 1;

    /* What is made once and kept (OpenSSL's algorithms) is there afterwards. */
    assert_int_equal(run(0, 0, ALONE, operation, arg), FAULT_DONE);
    while (fail_one(sources, n, ALONE, operation, arg) && fail_one(sources, n, ONWARD, operation, arg))
        if (++n > ALLOCATIONS_MAX)
            fail_msg("no end after %zu allocations", n);
    if (n == 1)
        fail_msg("this operation allocates nothing");
}

void fault_alloc_none(fault_operation *operation, void *arg)
{
    assert_int_equal(run(FAULT_OURS | FAULT_JANSSON | FAULT_OPENSSL, 1, ONWARD, operation, arg), FAULT_DONE);
    if (fault.failed)
        fail_msg("this operation allocates");
}
