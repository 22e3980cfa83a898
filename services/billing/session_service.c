/* AccountService: signing in and out, and passwords. */

#include "lib/rpc/caller.h"
#include "lib/rpc/timestamp.h"
#include "services/billing/message.h"
#include "services/billing/service_handlers.h"
#include "services/billing/sign_in/password_reset.h"
#include "services/billing/sign_in/session.h"

/* API: POST /api/v1/account/session/ */
SERVICE_HANDLER(service_create_session)
{
    const Ocrmesh__Billing__V1__CreateSessionRequest *wanted = request;
    Ocrmesh__Billing__V1__CreateSessionResponse *answer = response;
    struct billing_service *service = data;
    struct arena *arena = rpc_call_arena(call);
    struct rpc_caller caller;
    struct session session;

    TRY(rpc_caller_read(call, &caller, st));
    const struct session_proof proof = {wanted->email, wanted->password,
                                        rpc_caller_address(call, &caller, wanted->client_address)};
    TRY(session_create(service->db, billing_deadline(call), service->hasher, &proof,
                       service->session_lifetime_ms, &session, st));
    answer->session_secret = arena_strdup(arena, session.secret);
    answer->expire_time = rpc_timestamp_new(session.expire_time, arena);
    answer->account = message_account(&session.state, arena);
    return answer->session_secret == NULL || answer->expire_time == NULL || answer->account == NULL
               ? FAIL_MEMORY(st)
               : STATUS_OK;
}

/* API: DELETE /api/v1/account/session/ */
SERVICE_HANDLER(service_delete_session)
{
    const Ocrmesh__Billing__V1__DeleteSessionRequest *wanted = request;
    struct billing_service *service = data;
    struct rpc_caller caller;

    TRY(rpc_caller_read(call, &caller, st));
    return session_delete(service->db, billing_deadline(call), caller.token, wanted->is_everywhere,
                          st);
}

/* API: POST /api/v1/account/password/ */
SERVICE_HANDLER(service_change_password)
{
    const Ocrmesh__Billing__V1__ChangePasswordRequest *wanted = request;
    struct billing_service *service = data;
    struct rpc_caller caller;

    TRY(rpc_caller_read(call, &caller, st));
    return session_change_password(service->db, billing_deadline(call), service->hasher,
                                   &(struct session_password_change){
                                       .token = caller.token,
                                       .current_password = wanted->current_password,
                                       .new_password = wanted->new_password,
                                       .client_address = caller.client_address,
                                   },
                                   st);
}

/* API: POST /api/v1/account/password/reset/ */
SERVICE_HANDLER(service_request_password_reset)
{
    const Ocrmesh__Billing__V1__RequestPasswordResetRequest *wanted = request;
    struct billing_service *service = data;
    struct rpc_caller caller;

    TRY(rpc_caller_read(call, &caller, st));
    return password_reset_request(service->db, billing_deadline(call), wanted->email,
                                  rpc_caller_address(call, &caller, wanted->client_address), st);
}

/* API: POST /api/v1/account/password/reset/confirm/ */
SERVICE_HANDLER(service_reset_password)
{
    const Ocrmesh__Billing__V1__ResetPasswordRequest *wanted = request;
    struct billing_service *service = data;

    return password_reset_use(service->db, billing_deadline(call), service->hasher, wanted->code,
                              wanted->new_password, st);
}
