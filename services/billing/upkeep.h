#pragma once

/*
 * What goes on beside the calls: expired reservations are freed, and what addresses did and
 * sign-ins that have expired are forgotten, and mail is sent. Every replica does it; none disturbs
 * another.
 *
 * Thread rule: one thread starts and stops it.
 */

#include "lib/base/status.h"

struct billing_service;
struct upkeep;

/* @service: borrowed, outlives the result. */
status_code upkeep_start(struct billing_service *service, struct upkeep **ret_upkeep,
                         struct status *st) _must_check_;
void upkeep_stop(struct upkeep *upkeep);
DEFINE_CLEANUP_NAMED(struct upkeep *, upkeep_stopp, upkeep_stop)
