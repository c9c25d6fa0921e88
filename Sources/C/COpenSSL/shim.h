// Darkroom
// SPDX-License-Identifier: Apache-2.0

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

// Swift does not import macros that take parameters, and this one is made by such a macro.
static const uint64_t darkroom_ssl_no_renegotiation = SSL_OP_NO_RENEGOTIATION;

// A macro as well.
static inline int darkroom_ssl_set_server_name(SSL *ssl, const char *name) {
    return (int)SSL_set_tlsext_host_name(ssl, name);
}
