#pragma once

/*
 * What the service is told by its environment: each variable with its default and its limits. What
 * is beyond the limits stops the start (lib/config/config.h). Plain values.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/blob/s3_settings.h"
#include "lib/config/config.h"
#include "lib/mesh/security.h"
#include "services/ocr/translate/translate.h"
#include "services/ocr/vision/vision.h"

#define WORKER_PROGRAM "ocrmesh-ocr-worker"

struct settings {
    const char *listen;
    const char *admin_listen;
    const char *database_url;
    const char *billing_target;
    struct mesh_security_settings security;
    const char *worker_path;
    const char *work_dir;
    const char *neural_path;
    struct s3_settings s3;
    int64_t workers;
    int64_t inspectors;
    int64_t lease_ms;
    int64_t queue_pages_max;
    int64_t queue_wait_max_ms;
    int64_t uploads_max;
    int64_t uploads_per_caller;
    struct vision_settings vision;
    struct translate_settings translate;
    const char *url_allow;
    const char *url_ca_file;
    bool has_url_sources;
    int64_t url_timeout_ms;
    int64_t webhook_calls;
    int64_t webhook_timeout_ms;
    int64_t webhook_pause_ms;
};

/* Their offsets are those in struct settings. */
extern const struct config_entry settings_entries[];
extern const size_t settings_entry_count;
