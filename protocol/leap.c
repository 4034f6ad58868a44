#include "protocol/leap.h"

static bool is_near(int64_t a, int64_t b)
{
    return a - b <= LEAP_SECONDS && b - a <= LEAP_SECONDS;
}

bool leap_suspected(const struct leap_witness *witness, int64_t now)
{
    bool vouched =
        witness->head == 0 || is_near(now, witness->head) || is_near(now, witness->said) || witness->peer;

    return !vouched || !is_near(now, witness->database);
}
