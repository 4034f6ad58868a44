#include "node/base/ini.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/bytes.h"

struct ini {
    char *section, *name; /* owned; NULL: none yet */
    struct buffer value;  /* of name */
    bool (*is_name)(const char *name);
    void (*take)(void *arg, const char *section, const char *name, const char *value);
    void *arg;
};

/* Without the blanks around it; in place. */
static char *trim(char *text)
{
    char *end = text + strlen(text);

    while (end > text && isspace((unsigned char)end[-1]))
        end--;
    *end = '\0';
    return text + strspn(text, " \t");
}

static void cut_comment(char *text)
{
    for (char *c = text; *c; c++)
        if (*c == ';' && (c == text || isspace((unsigned char)c[-1]))) {
            *c = '\0';
            return;
        }
}

/* The value is whole: nothing goes on with it. */
static void hand_over(struct ini *ini)
{
    if (ini->name)
        ini->take(ini->arg, ini->section ? ini->section : "", ini->name,
                  ini->value.size > 0 ? (const char *)ini->value.data : "");
    free(ini->name);
    ini->name = NULL;
    buffer_free(&ini->value);
}

static bool take_section(struct ini *ini, char *text)
{
    char *end = strchr(text, ']');

    if (!end)
        return false;
    *end = '\0';
    free(ini->section);
    return (ini->section = strdup(text + 1)) != NULL;
}

static bool take_value(struct ini *ini, char *text)
{
    char *sign = strpbrk(text, "=:");

    if (!sign)
        return false;
    *sign = '\0';
    buffer_printf(&ini->value, "%s", trim(sign + 1));
    return !ini->value.failed && (ini->name = strdup(trim(text)));
}

static bool begins_with_name(const struct ini *ini, const char *text)
{
    const char *end = text + strcspn(text, " \t=:"), *sign = end + strspn(end, " \t");
    char name[64];

    return (*sign == '=' || *sign == ':') &&
           snprintf(name, sizeof name, "%.*s", (int)(end - text), text) < (int)sizeof name &&
           ini->is_name(name);
}

static bool go_on(struct ini *ini, const char *text)
{
    if (*text == '[' || begins_with_name(ini, text))
        return false;
    buffer_printf(&ini->value, "%s%s", ini->value.size > 0 ? " " : "", text);
    return !ini->value.failed;
}

static bool take_line(struct ini *ini, char *line)
{
    bool goes_on = isspace((unsigned char)line[0]) && ini->name;
    char *text = trim(line);

    if (*text == '#' || *text == ';' || *text == '\0')
        return true;
    cut_comment(text);
    text = trim(text);
    if (goes_on)
        return go_on(ini, text);
    hand_over(ini);
    return *text == '[' ? take_section(ini, text) : take_value(ini, text);
}

int ini_read(const char *path, bool (*is_name)(const char *name),
             void (*take)(void *arg, const char *section, const char *name, const char *value), void *arg)
{
    static const char mark[] = "\xef\xbb\xbf"; /* of UTF-8, which some editors put first */
    struct ini ini = {.is_name = is_name, .take = take, .arg = arg};
    FILE *file = fopen(path, "re");
    char *line = NULL;
    size_t capacity = 0;
    ssize_t size;
    int number = 0, wrong = file ? 0 : -1;

    while (wrong == 0 && (size = getline(&line, &capacity, file)) >= 0) {
        size_t skip = number++ == 0 && strncmp(line, mark, sizeof mark - 1) == 0 ? sizeof mark - 1 : 0;

        if (strlen(line) != (size_t)size || !take_line(&ini, line + skip))
            wrong = number;
    }
    if (file && ferror(file))
        wrong = -1;
    hand_over(&ini);
    free(ini.section);
    free(line);
    if (file)
        fclose(file);
    return wrong;
}
