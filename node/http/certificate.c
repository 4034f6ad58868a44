#include "node/http/certificate.h"

#include <gnutls/x509.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct certificate {
    gnutls_certificate_credentials_t credentials;
    int64_t end;
    unsigned holders; /* under the lock: connections, and `current` below */
};

struct certificates {
    pthread_mutex_t lock;
    struct certificate *current;
};

struct certificates *certificates_create(void)
{
    struct certificates *certificates = calloc(1, sizeof *certificates);

    if (certificates)
        pthread_mutex_init(&certificates->lock, NULL);
    return certificates;
}

void certificates_destroy(struct certificates *certificates)
{
    if (!certificates)
        return;
    certificates_give_back(certificates, certificates->current);
    pthread_mutex_destroy(&certificates->lock);
    free(certificates);
}

static gnutls_datum_t datum(const char *text)
{
    return (gnutls_datum_t){.data = (unsigned char *)(uintptr_t)text, .size = (unsigned)strlen(text)};
}

/* When the node's own expires; those behind it in the chain are somebody else's. */
static int64_t read_end(gnutls_certificate_credentials_t credentials)
{
    gnutls_x509_crt_t *chain;
    unsigned count;
    int64_t end;

    if (gnutls_certificate_get_x509_crt(credentials, 0, &chain, &count) < 0)
        return 0;
    end = gnutls_x509_crt_get_expiration_time(chain[0]);
    for (unsigned i = 0; i < count; i++)
        gnutls_x509_crt_deinit(chain[i]);
    gnutls_free(chain);
    return end;
}

/* NULL with a problem. */
static struct certificate *certificate_read(const char *chain_pem, const char *key_pem,
                                            struct problem *problem)
{
    const gnutls_datum_t chain = datum(chain_pem), key = datum(key_pem);
    struct certificate *certificate = calloc(1, sizeof *certificate);
    int code = GNUTLS_E_MEMORY_ERROR;

    if (certificate && (code = gnutls_certificate_allocate_credentials(&certificate->credentials)) >= 0) {
        code =
            gnutls_certificate_set_x509_key_mem(certificate->credentials, &chain, &key, GNUTLS_X509_FMT_PEM);
        certificate->end = code < 0 ? 0 : read_end(certificate->credentials);
        if (code >= 0)
            return certificate;
        gnutls_certificate_free_credentials(certificate->credentials);
    }
    free(certificate);
    problem_set(problem, PROBLEM_INTERNAL, "[https] certificate and key cannot be used together: %s",
                gnutls_strerror(code));
    return NULL;
}

bool certificates_change(struct certificates *certificates, const char *chain_pem, const char *key_pem,
                         struct problem *problem)
{
    struct certificate *old, *new = certificate_read(chain_pem, key_pem, problem);

    if (!new)
        return false;
    new->holders = 1;
    pthread_mutex_lock(&certificates->lock);
    old = certificates->current;
    certificates->current = new;
    pthread_mutex_unlock(&certificates->lock);
    certificates_give_back(certificates, old);
    return true;
}

int64_t certificates_end(struct certificates *certificates)
{
    int64_t end;

    pthread_mutex_lock(&certificates->lock);
    end = certificates->current ? certificates->current->end : 0;
    pthread_mutex_unlock(&certificates->lock);
    return end;
}

struct certificate *certificates_take(struct certificates *certificates, gnutls_session_t session)
{
    struct certificate *certificate;

    pthread_mutex_lock(&certificates->lock);
    certificate = certificates->current;
    if (certificate)
        certificate->holders++;
    pthread_mutex_unlock(&certificates->lock);
    if (!certificate ||
        gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, certificate->credentials) >= 0)
        return certificate;
    certificates_give_back(certificates, certificate);
    return NULL;
}

void certificates_give_back(struct certificates *certificates, struct certificate *certificate)
{
    bool last;

    if (!certificate)
        return;
    pthread_mutex_lock(&certificates->lock);
    last = --certificate->holders == 0;
    pthread_mutex_unlock(&certificates->lock);
    if (!last)
        return;
    gnutls_certificate_free_credentials(certificate->credentials);
    free(certificate);
}
