/* The HTTP server over TLS: which handshakes it takes, what they cost, and how its answers leave. */
#include <linux/tcp.h>
#include <netinet/in.h>
#include <openssl/pem.h>
#include <sys/socket.h>

#include "node/base/clock.h"
#include "node/http/server.h"
#include "tests/unit/server_fixture.h"

static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
enum { VERSIONS = sizeof versions / sizeof *versions };

static void count_hello(int sending, int version, int type, const void *data, size_t size, SSL *tls,
                        void *count)
{
    (void)version;
    (void)tls;
    if (sending && type == SSL3_RT_HANDSHAKE && size > 0 && *(const uint8_t *)data == SSL3_MT_CLIENT_HELLO)
        ++*(unsigned *)count;
}

/* session: to be resumed; NULL: none. hellos counts how often the client had to say hello. */
static struct client connect_with(const struct fixture *fixture, int version, SSL_SESSION *session,
                                  unsigned *hellos)
{
    struct client client = client_connect(fixture_tls_port(fixture), NULL);
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());

    assert_int_equal(SSL_CTX_set_max_proto_version(context, version), 1);
    SSL_CTX_set_msg_callback(context, count_hello);
    SSL_CTX_set_msg_callback_arg(context, hellos);
    client.tls = SSL_new(context);
    SSL_CTX_free(context);
    SSL_set_fd(client.tls, client.fd);
    SSL_set_quiet_shutdown(client.tls, 1);
    if (session)
        SSL_set_session(client.tls, session);
    assert_int_equal(SSL_connect(client.tls), 1);
    assert_int_equal(SSL_version(client.tls), version);
    return client;
}

static void assert_plain(struct client *client)
{
    struct answer answer;

    client_puts(client, "GET /plain HTTP/1.1\r\n" HOST);
    answer = client_receive(client, true);
    assert_int_equal(answer.status, 200);
    assert_string_equal(answer.body, "plain");
    answer_free(&answer);
}

/* A server that wants another share of a key than the client sent along makes it say hello twice. */
static void a_handshake_takes_one_hello(void **state)
{
    struct fixture *fixture = *state;

    fixture_start(fixture);
    for (int i = 0; i < VERSIONS; i++) {
        unsigned hellos = 0;
        struct client client = connect_with(fixture, versions[i], NULL, &hellos);
        assert_int_equal(hellos, 1);
        assert_plain(&client);
        client_close(&client);
    }
}

static void a_client_that_comes_back_resumes_its_session(void **state)
{
    struct fixture *fixture = *state;

    fixture_start(fixture);
    for (int i = 0; i < VERSIONS; i++) {
        unsigned hellos = 0;
        struct client client = connect_with(fixture, versions[i], NULL, &hellos);
        SSL_SESSION *session;
        assert_false(SSL_session_reused(client.tls));
        /* In TLS 1.3 the ticket comes after the handshake. */
        assert_plain(&client);
        session = SSL_get1_session(client.tls);
        SSL_shutdown(client.tls);
        client_close(&client);
        client = connect_with(fixture, versions[i], session, &hellos);
        assert_true(SSL_session_reused(client.tls));
        assert_int_equal(hellos, 2);
        assert_plain(&client);
        client_close(&client);
        SSL_SESSION_free(session);
    }
}

static void old_versions_of_tls_are_refused(void **state)
{
    struct fixture *fixture = *state;
    struct client client;
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());

    fixture_start(fixture);
    assert_int_equal(SSL_CTX_set_min_proto_version(context, TLS1_VERSION), 1);
    assert_int_equal(SSL_CTX_set_max_proto_version(context, TLS1_1_VERSION), 1);
    assert_int_equal(SSL_CTX_set_cipher_list(context, "ALL@SECLEVEL=0"), 1);
    client = client_connect(fixture_tls_port(fixture), NULL);
    client.tls = SSL_new(context);
    SSL_CTX_free(context);
    SSL_set_fd(client.tls, client.fd);
    assert_int_not_equal(SSL_connect(client.tls), 1);
    client_close(&client);
}

static unsigned segments_received(const struct client *client)
{
    struct tcp_info info;
    socklen_t size = sizeof info;

    assert_int_equal(getsockopt(client->fd, IPPROTO_TCP, TCP_INFO, &info, &size), 0);
    return info.tcpi_data_segs_in;
}

/* In TLS 1.2 nothing else comes after the handshake. */
static void an_answer_comes_in_one_segment(void **state)
{
    struct fixture *fixture = *state;
    struct client client;
    struct answer answer;
    unsigned hellos = 0, segments;

    fixture_start(fixture);
    client = connect_with(fixture, TLS1_2_VERSION, NULL, &hellos);
    segments = segments_received(&client);
    for (int i = 0; i < 3; i++) {
        client_puts(&client, "GET /page HTTP/1.1\r\n" HOST);
        answer = client_receive(&client, true);
        assert_int_equal(answer.size, FIXTURE_PAGE);
        answer_free(&answer);
    }
    assert_int_equal(segments_received(&client) - segments, 3);
    client_close(&client);
}

/* Does the server show this certificate to a client that connects now? */
static bool shows(const struct fixture *fixture, const char *pem)
{
    BIO *bio = BIO_new_mem_buf(pem, -1);
    X509 *expected = PEM_read_bio_X509(bio, NULL, NULL, NULL), *shown;
    bool same = true;

    BIO_free(bio);
    for (int i = 0; i < VERSIONS; i++) {
        unsigned hellos = 0;
        struct client client = connect_with(fixture, versions[i], NULL, &hellos);

        shown = SSL_get1_peer_certificate(client.tls);
        same = same && X509_cmp(shown, expected) == 0;
        X509_free(shown);
        assert_plain(&client);
        client_close(&client);
    }
    X509_free(expected);
    return same;
}

static void a_new_certificate_is_shown_to_who_comes_and_old_connections_live_on(void **state)
{
    struct fixture *fixture = *state;
    struct client kept[VERSIONS];
    struct problem problem = {0};
    char *certificate, *key;

    client_make_certificate(&certificate, &key);
    fixture_start(fixture);
    assert_true(shows(fixture, fixture->certificate));
    for (int i = 0; i < VERSIONS; i++) {
        unsigned hellos = 0;
        kept[i] = connect_with(fixture, versions[i], NULL, &hellos);
        assert_plain(&kept[i]);
    }
    assert_true(server_renew_certificate(fixture->server, certificate, key, &problem));
    assert_true(shows(fixture, certificate));
    assert_false(shows(fixture, fixture->certificate));
    for (int i = 0; i < VERSIONS; i++) {
        assert_plain(&kept[i]);
        client_close(&kept[i]);
    }
    free(certificate);
    free(key);
}

static void what_is_no_pair_changes_nothing(void **state)
{
    struct fixture *fixture = *state;
    char *certificate, *key;

    client_make_certificate(&certificate, &key);
    fixture_start(fixture);
    {
        const char *const wrong[][2] = {
            {certificate, fixture->key},  {fixture->certificate, key}, {"nonsense", key},
            {certificate, "nonsense"},    {certificate, ""},           {"", key},
            {fixture->key, fixture->key}, {certificate, certificate},
        };

        for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
            struct problem problem = {0};

            assert_false(server_renew_certificate(fixture->server, wrong[i][0], wrong[i][1], &problem));
            assert_non_null(strstr(problem.detail, "[https] certificate and key cannot be used"));
            problem_finish(&problem);
        }
    }
    assert_true(shows(fixture, fixture->certificate));
    free(certificate);
    free(key);
}

static void the_end_of_the_certificate_is_known(void **state)
{
    struct fixture *fixture = *state;
    int64_t now = clock_seconds();

    fixture_start(fixture);
    /* client_make_certificate's lasts a day. */
    assert_in_range(server_certificate_end(fixture->server), now + 24 * 3600 - 60, now + 24 * 3600 + 60);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(a_new_certificate_is_shown_to_who_comes_and_old_connections_live_on),
        FIXTURE_TEST(what_is_no_pair_changes_nothing),
        FIXTURE_TEST(the_end_of_the_certificate_is_known),
        FIXTURE_TEST(a_handshake_takes_one_hello),
        FIXTURE_TEST(a_client_that_comes_back_resumes_its_session),
        FIXTURE_TEST(old_versions_of_tls_are_refused),
        FIXTURE_TEST(an_answer_comes_in_one_segment),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
