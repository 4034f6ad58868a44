/* sim [--seeds N] [--from SEED] | --seed SEED: that many seeds (1000) from there on (1), or one of them with
 * all that happens. */
#include "tests/sim/sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { JOBS = 2 };

static int usage(void)
{
    fprintf(stderr, "usage: sim [--seeds N] [--from SEED] | --seed SEED\n");
    return 2;
}

/* Every JOBS-th of them. */
static int run_some(uint64_t from, uint64_t end)
{
    bool ok = true;

    for (uint64_t seed = from; seed < end; seed += JOBS)
        ok &= world_run(seed, false);
    fflush(stdout);
    return ok ? 0 : 1;
}

static bool run_all(uint64_t from, uint64_t end)
{
    bool ok = true;
    int status;

    for (uint64_t job = 0; job < JOBS; job++) {
        pid_t child = fork();

        if (child == 0)
            _exit(run_some(from + job, end));
        ok &= child > 0;
    }
    while (wait(&status) > 0)
        ok &= WIFEXITED(status) && WEXITSTATUS(status) == 0;
    printf("sim: seeds %llu to %llu %s\n", (unsigned long long)from, (unsigned long long)end - 1,
           ok ? "passed" : "FAILED (make sim SEED=n shows what happened)");
    return ok;
}

int main(int argc, char **argv)
{
    uint64_t from = 1, seeds = 1000;

    for (int i = 1; i < argc; i += 2) {
        if (i + 1 == argc)
            return usage();
        if (strcmp(argv[i], "--seed") == 0)
            return world_run(strtoull(argv[i + 1], NULL, 10), true) ? 0 : 1;
        if (strcmp(argv[i], "--seeds") == 0)
            seeds = strtoull(argv[i + 1], NULL, 10);
        else if (strcmp(argv[i], "--from") == 0)
            from = strtoull(argv[i + 1], NULL, 10);
        else
            return usage();
    }
    return run_all(from, from + seeds) ? 0 : 1;
}
