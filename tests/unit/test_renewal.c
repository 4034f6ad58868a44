/* A certificate that could not be read when it came is taken when it can. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "node/command/renewal.h"
#include "tests/unit/server_fixture.h"

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "we");

    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

/* What the log says while no file can be opened (all descriptors below NO_FILES are used): rights would say
 * the same, but not to root. The server's threads go on: they wait for fewer. */
enum { NO_FILES = 4 };

static char *look(struct renewal *renewal, struct node *node, struct server *server, bool open)
{
    struct rlimit before, limit;
    FILE *said = tmpfile();
    int screen = dup(STDERR_FILENO);
    char *text = calloc(1, 4096);

    dup2(fileno(said), STDERR_FILENO);
    getrlimit(RLIMIT_NOFILE, &before);
    limit = before;
    limit.rlim_cur = open ? before.rlim_cur : NO_FILES;
    setrlimit(RLIMIT_NOFILE, &limit);
    renewal_look(renewal, node, server, RENEWAL_IF_CHANGED);
    setrlimit(RLIMIT_NOFILE, &before);
    dup2(screen, STDERR_FILENO);
    close(screen);
    rewind(said);
    assert_true(fread(text, 1, 4095, said) < 4095);
    fclose(said);
    return text;
}

static void assert_said(char *text, const char *words)
{
    if (words)
        assert_non_null(strstr(text, words));
    else
        assert_string_equal(text, "");
    free(text);
}

static void what_could_not_be_read_is_told_once_and_tried_again_though_nothing_changed(void **state)
{
    struct fixture *fixture = *state;
    char directory[] = "/tmp/test_renewal.XXXXXX", certificate[64], key[64];
    char listen[] = "127.0.0.1:0";
    struct config config = {.https_listen = listen, .certificate = certificate, .certificate_key = key};
    struct node node = {.config = &config};
    struct renewal renewal = {0};

    assert_non_null(mkdtemp(directory));
    snprintf(certificate, sizeof certificate, "%s/tls.pem", directory);
    snprintf(key, sizeof key, "%s/tls.key", directory);
    write_file(certificate, fixture->certificate);
    write_file(key, fixture->key);
    fixture_start(fixture);
    assert_said(look(&renewal, &node, fixture->server, false), "the certificate stays as it was");
    assert_said(look(&renewal, &node, fixture->server, false), NULL);
    assert_said(look(&renewal, &node, fixture->server, true), "the certificate");
    assert_true(node.certificate_end > 0);
    assert_said(look(&renewal, &node, fixture->server, true), NULL);
    /* The same cause with another file is news. */
    write_file(key, fixture->key);
    assert_said(look(&renewal, &node, fixture->server, false), "the certificate stays as it was");
    unlink(certificate);
    unlink(key);
    rmdir(directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(what_could_not_be_read_is_told_once_and_tried_again_though_nothing_changed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
