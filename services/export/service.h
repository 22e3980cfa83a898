#pragma once

/*
 * ocrmesh.export.v1.ExportService: checks a request, reads the document, lets the format write.
 *
 * Handlers run on many threads at once; the service itself never changes.
 */

#include "lib/rpc/client.h"
#include "lib/rpc/server.h"

struct export_service {
    struct rpc_channel *ocr; /* borrowed */
};

/* The table for rpc_server_new(); its `data` is `service`, which outlives the server. */
struct rpc_service export_service_table(struct export_service *service);
