#pragma once

/*
 * What was asked by an account that was deleted goes, with the indexes that were made for it.
 *
 * An answer that was on its way at that moment, in another process, may still be stored behind it;
 * its job is deleted by ocr, and sweep.h finds it then. Thread rule: any thread.
 */

#include <stdbool.h>

#include "lib/base/status.h"

/* An account_purge function (lib/mesh/account_purger.h); @arg: the struct db. */
status_code purge_account(void *arg, const char *account_id, bool *ret_is_gone,
                          struct status *st) _must_check_;
