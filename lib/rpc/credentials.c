#include "lib/rpc/credentials.h"

#include <stdlib.h>
#include <string.h>

#include <grpc/support/string_util.h>

#include "lib/log/log.h"

/* --- clients: the server's SPIFFE ID --- */

/* Core's default is to compare host names, which say where a server is and not what. */
struct peer_verifier {
    grpc_tls_certificate_verifier_external base;
    char *peer_id;
};

static int verify_peer(void *user_data, grpc_tls_custom_verification_check_request *request,
                       grpc_tls_on_custom_verification_check_done_cb callback, void *callback_arg,
                       grpc_status_code *sync_status, char **sync_error_details)
{
    const struct peer_verifier *verifier = user_data;
    const size_t count = request->peer_info.san_names.uri_names_size;
    const char *shown = count == 1 ? request->peer_info.san_names.uri_names[0] : "";
    const bool is_right = strcmp(shown, verifier->peer_id) == 0;

    *sync_status = is_right ? GRPC_STATUS_OK : GRPC_STATUS_UNAUTHENTICATED;
    if (!is_right) {
        *sync_error_details = gpr_strdup("the server has another SPIFFE ID");
        log_write(LOG_WARNING, "a server is not the one that is called",
                  LOG_STRING("target", request->target_name), LOG_STRING("spiffe_id", shown),
                  LOG_STRING("expected", verifier->peer_id));
    }
    return 1; /* done at once */
}

static void cancel_verification(void *user_data,
                                grpc_tls_custom_verification_check_request *request)
{
}

static void free_verifier(void *user_data)
{
    struct peer_verifier *verifier = user_data;

    free(verifier->peer_id);
    free(verifier);
}

static grpc_tls_certificate_verifier *new_verifier(const char *peer_id)
{
    struct peer_verifier *verifier = calloc(1, sizeof(*verifier));

    if (verifier == NULL)
        return NULL;
    verifier->base = (grpc_tls_certificate_verifier_external){verifier, verify_peer,
                                                              cancel_verification, free_verifier};
    verifier->peer_id = strdup(peer_id);
    if (verifier->peer_id == NULL) {
        free(verifier);
        return NULL;
    }
    return grpc_tls_certificate_verifier_external_create(&verifier->base);
}

/* The files of a channel never change: a channel with new files is another one of core's. Its own
 * watcher of files gives connections a key and a certificate that need not fit. */
static status_code new_tls_credentials(const struct rpc_certificates *certificates,
                                       const char *peer_id,
                                       grpc_channel_credentials **ret_credentials,
                                       struct status *st)
{
    grpc_tls_certificate_verifier *verifier;

    if (peer_id == NULL)
        return FAIL(st, STATUS_INVALID_ARGUMENT, NULL,
                    "a channel with TLS must be told whom it calls");
    verifier = new_verifier(peer_id);
    if (verifier == NULL)
        return FAIL_MEMORY(st);
    grpc_tls_identity_pairs *pairs = grpc_tls_identity_pairs_create();
    grpc_tls_identity_pairs_add_pair(pairs, certificates->key_pem, certificates->certificate_pem);
    grpc_tls_certificate_provider *provider =
        grpc_tls_certificate_provider_static_data_create(certificates->ca_pem, pairs);
    grpc_tls_credentials_options *options = grpc_tls_credentials_options_create();
    grpc_tls_credentials_options_set_certificate_provider(options, provider);
    grpc_tls_credentials_options_watch_root_certs(options);
    grpc_tls_credentials_options_watch_identity_key_cert_pairs(options);
    grpc_tls_credentials_options_set_certificate_verifier(options, verifier);
    grpc_tls_credentials_options_set_check_call_host(options, 0);
    grpc_tls_certificate_provider_release(provider);
    grpc_tls_certificate_verifier_release(verifier);
    *ret_credentials = grpc_tls_credentials_create(options);
    return STATUS_OK;
}

status_code rpc_channel_credentials(const struct rpc_certificates *certificates,
                                    const char *peer_id, grpc_channel_credentials **ret_credentials,
                                    struct status *st)
{
    grpc_channel_credentials *credentials = NULL;

    if (certificates == NULL)
        credentials = grpc_insecure_credentials_create();
    else
        TRY(new_tls_credentials(certificates, peer_id, &credentials, st));
    if (credentials == NULL)
        return FAIL(st, STATUS_INVALID_ARGUMENT, NULL, "the certificates were refused");
    *ret_credentials = credentials;
    return STATUS_OK;
}
