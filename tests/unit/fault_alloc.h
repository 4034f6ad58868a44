/* Allocations that fail when a test says so.
 *
 * A program tests/unit/test_failing_*.c is linked so (Makefile) that malloc, calloc, realloc, reallocarray,
 * strdup, strndup, asprintf and vasprintf come here from every object of ours, and from here go to the real
 * ones, so that the sanitizers see all of it. fault_alloc_install brings jansson and OpenSSL here too. Out of
 * reach is what other libraries (libunistring, libpq, libcurl …) allocate within themselves.
 *
 * Leaks are the leak sanitizer's to find, at the end of the program. For tests of one thread. */
#ifndef TESTS_UNIT_FAULT_ALLOC_H
#define TESTS_UNIT_FAULT_ALLOC_H

#include <stdbool.h>
#include <stddef.h>

/* Whose allocations fail. */
enum fault_source {
    FAULT_OURS = 1,
    FAULT_JANSSON = 2,
    FAULT_OPENSSL = 4 /* which gets along without some of them: an operation may be done all the same */
};

/* To be called first in main: OpenSSL takes its allocator only as long as it has allocated nothing. */
void fault_alloc_install(void);

/* What an operation came to. */
enum fault_result { FAULT_DONE, FAULT_NO_MEMORY };
/* Does one thing, calls fault_alloc_stop, asserts that the result is whole (DONE) or that nothing half-made
 * is left and the error says that memory is short (NO_MEMORY), and frees what it made. */
typedef enum fault_result fault_operation(void *arg);

/* Runs an operation once in peace, then with its n-th allocation from the given sources (a sum) failing for n
 * = 1, 2, 3 …, twice each (that one alone, and with all after it), until it gets through before its n-th.
 * Fails the test when it says DONE although one of ours or of jansson's failed, or when there was none to
 * fail. */
void fault_alloc_each(unsigned sources, fault_operation *operation, void *arg);
/* Runs an operation that needs no memory at all, and fails the test if it asks for any. */
void fault_alloc_none(fault_operation *operation, void *arg);

/* No further allocation fails in this run. */
void fault_alloc_stop(void);

#endif
