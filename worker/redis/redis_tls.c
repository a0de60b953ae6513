/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TLS to Redis, made by hand: hiredis checks no host name, so the SSL object is ours and knows what
 * to expect. Without hiredis_ssl there are only refusals that say what to do.
 */
#include "redis_tls.h"

#ifdef EPILOGUE_REDIS_TLS

#include <arpa/inet.h>
#include <hiredis/hiredis_ssl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

enum result redis_tls_supported(struct error *error)
{
    (void)error;
    return OK;
}

static const char *last_error(void)
{
    static _Thread_local char text[200];
    unsigned long code = ERR_get_error();
    if (!code) return "unknown reason";
    ERR_error_string_n(code, text, sizeof text);
    return text;
}

/* Made for each connection, so that renewed certificates are taken without a restart. */
static SSL_CTX *make_context(const struct config *config, struct error *error)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    if (!ctx) {
        error_set(error, FATAL, "TLS could not be set up: %s", last_error());
        return NULL;
    }
    SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
    int good = config->redis_tls_ca_file
                   ? SSL_CTX_load_verify_locations(ctx, config->redis_tls_ca_file, NULL)
                   : SSL_CTX_set_default_verify_paths(ctx);
    if (good != 1) {
        error_set(error, FATAL, "redis.tls.ca.file: %s cannot be used: %s",
                  config->redis_tls_ca_file ? config->redis_tls_ca_file
                                            : "the system's certificates",
                  last_error());
        goto fail;
    }
    if (!config->redis_tls_cert_file) return ctx;
    const char *key =
        config->redis_tls_key_file ? config->redis_tls_key_file : config->redis_tls_cert_file;
    if (SSL_CTX_use_certificate_chain_file(ctx, config->redis_tls_cert_file) == 1 &&
        SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) == 1)
        return ctx;
    error_set(error, FATAL,
              "redis.tls.cert.file and redis.tls.key.file: %s and %s cannot be used: %s",
              config->redis_tls_cert_file, key, last_error());
fail:
    SSL_CTX_free(ctx);
    return NULL;
}

/* hiredis itself checks no host name: its server_name is a hint to the server only. */
static int expect_host(SSL *ssl, const char *host)
{
    unsigned char address[sizeof(struct in6_addr)];
    if (inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1)
        return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host);
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return SSL_set1_host(ssl, host) == 1 && SSL_set_tlsext_host_name(ssl, host) == 1;
}

enum result redis_tls_start(redisContext *context, const char *host, const struct config *config,
                            struct error *error)
{
    SSL_CTX *ctx = make_context(config, error);
    if (!ctx) return FATAL;
    SSL *ssl = SSL_new(ctx);
    SSL_CTX_free(ctx); /* the SSL holds it */
    if (!ssl || !expect_host(ssl, host)) {
        SSL_free(ssl);
        return error_set(error, FATAL, "TLS could not be set up for %s: %s", host, last_error());
    }
    SSL_up_ref(ssl); /* hiredis keeps one on success alone; ours is for the verdict below */
    if (redisInitiateSSL(context, ssl) == REDIS_OK) {
        SSL_free(ssl);
        return OK;
    }
    long verdict = SSL_get_verify_result(ssl);
    SSL_free(ssl);
    SSL_free(ssl);
    if (verdict != X509_V_OK)
        return error_set(error, FATAL, "the certificate of Redis at %s is not trusted: %s", host,
                         X509_verify_cert_error_string(verdict));
    return error_set(error, RETRY, "the TLS handshake with Redis at %s failed: %s", host,
                     context->errstr[0] ? context->errstr : last_error());
}

#else

enum result redis_tls_supported(struct error *error)
{
    return error_usage(
        error,
        "redis.url: rediss:// needs hiredis 1.0 or later with TLS (hiredis_ssl), and "
        "this build has hiredis %d.%d without; run stunnel beside the worker and give "
        "its address as redis://, or use a Unix socket",
        HIREDIS_MAJOR, HIREDIS_MINOR);
}

enum result redis_tls_start(redisContext *context, const char *host, const struct config *config,
                            struct error *error)
{
    (void)context;
    (void)host;
    (void)config;
    return redis_tls_supported(error);
}

#endif
