#include "protocol/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const slugs[ERR_COUNT] = {[ERR_OK] = "ok",
#define ERR_PROBLEM_SLUG(name, status, slug, title) [ERR_##name] = slug,
                                             ERR_PROBLEMS(ERR_PROBLEM_SLUG)
#undef ERR_PROBLEM_SLUG
#define ERR_VERDICT_SLUG(name, slug) [ERR_##name] = slug,
                                                 ERR_VERDICTS(ERR_VERDICT_SLUG)
#undef ERR_VERDICT_SLUG
};

/* Texts end up in JSON: a cut must not leave half a UTF-8 sequence behind. */
static void trim_cut_text(char text[ERR_TEXT_SIZE])
{
    size_t length = strlen(text);
    size_t start = length - 1;
    unsigned char lead;
    size_t wanted;

    if (length < ERR_TEXT_SIZE - 1)
        return;
    while (start > 0 && ((unsigned char)text[start] & 0xC0) == 0x80)
        start--;
    lead = (unsigned char)text[start];
    wanted = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    if (start + wanted > length)
        text[start] = '\0';
}

enum err_code err_set(struct err *err, enum err_code code, const char *format, ...)
{
    char text[ERR_TEXT_SIZE]; /* aside, so that err->text may be among the arguments */
    va_list arguments;

    if (!err)
        return code;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    trim_cut_text(text);
    memcpy(err->text, text, sizeof text);
    err->code = code;
    return code;
}

bool err_refuse(struct err *err, const char *text)
{
    err_set(err, ERR_MALFORMED, "%s", text);
    return false;
}

enum err_code err_wrap(struct err *err, const char *outer)
{
    if (!err)
        return ERR_MALFORMED;
    return err_set(err, err->code, "%s: %s", outer, err->text);
}

const char *err_slug(enum err_code code)
{
    return slugs[code];
}
