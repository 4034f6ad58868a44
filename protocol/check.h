/* Invariants: what must hold if this program is right, checked in every profile.
 *
 * What a stream says is signed, appended and never taken back, so that going on after a mistake of ours is
 * worse than stopping: a failed CHECK prints file, line and expression (never data) to standard error and
 * aborts. Never for what somebody else can choose, a peer's octets or a person's: that is refused with an
 * error. Any thread. */
#ifndef PROTOCOL_CHECK_H
#define PROTOCOL_CHECK_H

#define CHECK(condition) ((condition) ? (void)0 : check_failed(__FILE__, __LINE__, #condition))

/* The attribute and not _Noreturn, which cppcheck 2.10 does not know. */
__attribute__((noreturn)) void check_failed(const char *file, int line, const char *condition);

#endif
