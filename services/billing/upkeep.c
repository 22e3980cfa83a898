#include "services/billing/upkeep.h"

#include <stdlib.h>

#include "lib/base/clock.h"
#include "lib/base/periodic.h"
#include "lib/log/log.h"
#include "services/billing/accounts/store_account.h"
#include "services/billing/ledger/question.h"
#include "services/billing/ledger/reservation.h"
#include "services/billing/metrics.h"
#include "services/billing/purchases/purchase.h"
#include "services/billing/service.h"
#include "services/billing/sign_in/password_reset.h"
#include "services/billing/sign_in/session.h"

enum {
    EXPIRE_INTERVAL_MS = 5000,
    EXPIRE_MAX = 500, /* reservations a run */
    FORGET_INTERVAL_MS = 60 * 60 * 1000,
    MAIL_INTERVAL_MS = 1000,
    MAIL_RUN_MS = 1000, /* a run, and the last mail */
    RATES_INTERVAL_MS = 60 * 1000,
    RUN_TIMEOUT_MS = 10000,
};

struct upkeep {
    struct periodic *expire, *forget, *mail, *rates;
};

static void expire(void *arg)
{
    struct billing_service *service = arg;
    struct status st = {0};
    int64_t expired;

    if (reservation_expire_due(service->db, time_mono_after_ms(RUN_TIMEOUT_MS), EXPIRE_MAX,
                               &expired, &st) != STATUS_OK)
        log_failure(LOG_WARNING, "cannot free expired reservations", &st);
    if (expired == 0)
        return;
    metrics_add(service->metrics, METRICS_RESERVATION_EXPIRED, expired);
    log_write(LOG_INFO, "freed expired reservations", LOG_INTEGER("reservations", expired));
}

static void forget(void *arg)
{
    struct billing_service *service = arg;
    struct status st = {0};

    if (reservation_forget_old(service->db, time_mono_after_ms(RUN_TIMEOUT_MS), &st) != STATUS_OK)
        log_failure(LOG_WARNING, "cannot forget what anonymous callers did", &st);
    if (purchase_forget_events(service->db, time_mono_after_ms(RUN_TIMEOUT_MS), &st) != STATUS_OK)
        log_failure(LOG_WARNING, "cannot forget old notices of payments", &st);
    if (session_forget_old(service->db, time_mono_after_ms(RUN_TIMEOUT_MS), &st) != STATUS_OK)
        log_failure(LOG_WARNING, "cannot forget sign-ins that have expired", &st);
    if (password_reset_forget_old(service->db, time_mono_after_ms(RUN_TIMEOUT_MS), &st) !=
        STATUS_OK)
        log_failure(LOG_WARNING, "cannot forget codes that have expired", &st);
    if (question_forget_old(service->db, time_mono_after_ms(RUN_TIMEOUT_MS), &st) != STATUS_OK)
        log_failure(LOG_WARNING, "cannot forget questions of earlier days", &st);
}

static void send_mail(void *arg)
{
    struct billing_service *service = arg;
    struct status st = {0};
    const int64_t until = time_mono_after_ms(MAIL_RUN_MS);
    bool is_found = true;

    while (is_found && time_mono() < until) {
        if (password_reset_send_due(service->db, time_mono_after_ms(RUN_TIMEOUT_MS), &service->mail,
                                    &is_found, &st) != STATUS_OK) {
            log_failure(LOG_WARNING, "cannot look for mail that is due", &st);
            return;
        }
    }
}

static void forget_rates(void *arg)
{
    struct billing_service *service = arg;
    struct status st = {0};

    if (store_forget_rates(service->db, time_mono_after_ms(RUN_TIMEOUT_MS), &st) != STATUS_OK)
        log_failure(LOG_WARNING, "cannot forget the rates of callers", &st);
}

status_code upkeep_start(struct billing_service *service, struct upkeep **ret_upkeep,
                         struct status *st)
{
    _cleanup_(upkeep_stopp) struct upkeep *upkeep = calloc(1, sizeof(*upkeep));

    if (upkeep == NULL)
        return FAIL_MEMORY(st);
    TRY(periodic_start(expire, service, EXPIRE_INTERVAL_MS, &upkeep->expire, st));
    TRY(periodic_start(forget, service, FORGET_INTERVAL_MS, &upkeep->forget, st));
    TRY(periodic_start(send_mail, service, MAIL_INTERVAL_MS, &upkeep->mail, st));
    TRY(periodic_start(forget_rates, service, RATES_INTERVAL_MS, &upkeep->rates, st));
    *ret_upkeep = TAKE(upkeep);
    return STATUS_OK;
}

void upkeep_stop(struct upkeep *upkeep)
{
    if (upkeep == NULL)
        return;
    periodic_stopp(&upkeep->mail);
    periodic_stopp(&upkeep->rates);
    periodic_stopp(&upkeep->forget);
    periodic_stopp(&upkeep->expire);
    free(upkeep);
}
