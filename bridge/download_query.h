#pragma once

/*
 * What the query of a download asks for (API: GET /api/v1/ocr/<uuid>/download/, B25):
 * format, table=N, bom, escape_formulas and pdfa, as the export service takes them.
 *
 * A parameter that is not known is passed over, as everywhere; whether the format takes an option
 * is for the service to say. Thread rule: the loop thread.
 */

#include "bridge/http/exchange.h"
#include "lib/base/status.h"
#include "ocrmesh/export/v1/export_service.pb-c.h"

/* @request: initialised; its strings point into the exchange's arena. Fails with INVALID_ARGUMENT
 * INVALID_FIELD for a value that is none. */
status_code download_query_read(const struct exchange *exchange,
                                Ocrmesh__Export__V1__ExportDocumentRequest *request,
                                struct status *st) _must_check_;

/* Gives the field of a failure the name that it has in the query. */
void download_query_name_field(struct status *st);
