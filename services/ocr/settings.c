#include "services/ocr/settings.h"

#include "lib/base/cleanup.h"
#include "lib/endpoint/endpoint.h"
#include "services/ocr/inspector.h"
#include "services/ocr/queue.h"
#include "services/ocr/webhook/webhook_message.h"
#include "services/ocr/webhook/webhook_sender.h"

enum {
    UPLOADS_MAX = 4096,
    QUEUE_PAGES_MAX = 100000000,
    QUEUE_WAIT_MAX_MS = 7 * 24 * 3600 * 1000,
    LEASE_MIN_MS = 1000,
    LEASE_MAX_MS = 10 * 60 * 1000,
    WEBHOOK_TIMEOUT_MAX_MS = 5 * 60 * 1000,
    URL_TIMEOUT_MAX_MS = 100 * 1000, /* the edge waits for two minutes */
};

#define VISION(member)    offsetof(struct settings, vision.member)
#define TRANSLATE(member) offsetof(struct settings, translate.member)

const struct config_entry settings_entries[] = {
    {"OCR_LISTEN", CONFIG_STRING, offsetof(struct settings, listen), "127.0.0.1:50051",
     "address that the gRPC server binds", 0, 0},
    {"OCR_ADMIN_LISTEN", CONFIG_STRING, offsetof(struct settings, admin_listen), "127.0.0.1:9051",
     "address of the admin port: /healthz, /readyz, /metrics", 0, 0},
    {"DATABASE_URL", CONFIG_STRING, offsetof(struct settings, database_url), NULL,
     "PostgreSQL connection string or URI, as the role that owns the service's schema", 0, 0},
    {"BILLING_TARGET", CONFIG_STRING, offsetof(struct settings, billing_target),
     "dns:///127.0.0.1:50052", "gRPC target of the billing service", 0, 0},
    MESH_SECURITY_ENTRIES(struct settings, security),
    MESH_SERVER_ENTRIES(struct settings, security),
    {"OCR_WORKERS", CONFIG_INTEGER, offsetof(struct settings, workers), "0",
     "worker processes that read pages; 0: one a core", 0, QUEUE_LANES_MAX},
    {"OCR_INSPECTORS", CONFIG_INTEGER, offsetof(struct settings, inspectors), "2",
     "worker processes that look into uploads", 1, INSPECTOR_WORKERS_MAX},
    {"OCR_WORKER_PATH", CONFIG_STRING, offsetof(struct settings, worker_path), "",
     "the workers' program; empty: " WORKER_PROGRAM " beside this one", 0, 0},
    {"OCR_WORK_DIR", CONFIG_STRING, offsetof(struct settings, work_dir), "/tmp",
     "folder for uploads and pictures on their way (nameless files, gone with the process); made "
     "if missing",
     0, 0},
    {"OCR_NEURAL_PATH", CONFIG_STRING, offsetof(struct settings, neural_path), "",
     "folder of the vlm tier's models and their runtime; empty: where they were at build time; one "
     "that is not there: no vlm tier",
     0, 0},
    {"OCR_LEASE", CONFIG_DURATION_MS, offsetof(struct settings, lease_ms), "15s",
     "how long a page stays with a worker that is not heard of any more", LEASE_MIN_MS,
     LEASE_MAX_MS},
    {"OCR_QUEUE_PAGES", CONFIG_INTEGER, offsetof(struct settings, queue_pages_max), "100000",
     "pages that may wait or be at work at once; further submissions are refused", 1,
     QUEUE_PAGES_MAX},
    {"OCR_QUEUE_WAIT", CONFIG_DURATION_MS, offsetof(struct settings, queue_wait_max_ms), "1h",
     "how long the first page of a submission may have to wait, by what waits and how fast pages "
     "are read; further submissions are refused; 0: as long as it takes",
     0, QUEUE_WAIT_MAX_MS},
    {"OCR_UPLOADS", CONFIG_INTEGER, offsetof(struct settings, uploads_max), "128",
     "uploads at once, each on a thread; further ones are refused", 1, UPLOADS_MAX},
    {"OCR_UPLOADS_PER_CALLER", CONFIG_INTEGER, offsetof(struct settings, uploads_per_caller), "32",
     "uploads at once of one account, or of one address without an account", 1, UPLOADS_MAX},
    {"OCR_VLM_URL", CONFIG_STRING, VISION(url), "",
     "OpenAI-compatible API of a vision model that reads the pages of the vlm tier, such as "
     "http://vision:8000/v1; empty: the models here alone read them",
     0, 0},
    {"OCR_VLM_MODEL", CONFIG_STRING, VISION(model), "", "name of the model at OCR_VLM_URL", 0, 0},
    {"OCR_VLM_API_KEY", CONFIG_STRING, VISION(endpoint.api_key), "",
     "key that is sent to OCR_VLM_URL as bearer token; empty: none", 0, 0},
    {"OCR_VLM_CA_FILE", CONFIG_STRING, VISION(endpoint.ca_file), "",
     "certificates (PEM) that OCR_VLM_URL's is verified against; empty: those of the system", 0, 0},
    {"OCR_VLM_PROMPT", CONFIG_STRING, VISION(prompt), "",
     "what the model is told to do with a page, in place of the built-in words", 0, 0},
    {"OCR_VLM_TOKENS", CONFIG_INTEGER, VISION(tokens_max), "8192",
     "most tokens of the model's answer; a page that is cut there is read without it", 64, 1000000},
    {"OCR_VLM_IMAGE_SIDE", CONFIG_INTEGER, VISION(image_side_max), "2048",
     "longer side of the picture that is sent, in pixels; larger pages are made smaller", 256,
     8192},
    {"OCR_VLM_CALLS", CONFIG_INTEGER, VISION(endpoint.calls_max), "4",
     "calls of the model at once; as many workers wait meanwhile, others for their turn", 1,
     ENDPOINT_CALLS_MAX},
    {"OCR_VLM_RETRIES", CONFIG_INTEGER, VISION(endpoint.retries), "2",
     "further attempts after no connection, 429, 500, 502, 503 and 504", 0, ENDPOINT_RETRIES_MAX},
    {"OCR_VLM_TIMEOUT", CONFIG_DURATION_MS, VISION(total_ms), "2m",
     "how long the model may take for a page, all attempts together", 1000, ENDPOINT_TIME_MAX_MS},
    {"OCR_VLM_CONNECT_TIMEOUT", CONFIG_DURATION_MS, VISION(endpoint.connect_ms), "5s",
     "how long connecting to the model may take", 10, ENDPOINT_TIME_MAX_MS},
    {"OCR_VLM_FIRST_BYTE_TIMEOUT", CONFIG_DURATION_MS, VISION(endpoint.first_byte_ms), "1m",
     "how long the model may take until its answer begins", 10, ENDPOINT_TIME_MAX_MS},
    {"OCR_VLM_STALL_TIMEOUT", CONFIG_DURATION_MS, VISION(endpoint.stall_ms), "20s",
     "longest pause within the model's answer", 10, ENDPOINT_TIME_MAX_MS},
    {"OCR_VLM_BREAKER_FAILURES", CONFIG_INTEGER, VISION(endpoint.breaker_failures), "5",
     "failures in a row after which the model is left alone for a while", 1, ENDPOINT_FAILURES_MAX},
    {"OCR_VLM_BREAKER_PAUSE", CONFIG_DURATION_MS, VISION(endpoint.breaker_pause_ms), "30s",
     "for how long at first; doubles up to eight times as long while it keeps failing", 10,
     ENDPOINT_TIME_MAX_MS},
    {"OCR_TRANSLATE_URL", CONFIG_STRING, TRANSLATE(chat_url), "",
     "OpenAI-compatible API of a language model that translates; empty: OCR_VLM_URL's with its "
     "model and key, if any",
     0, 0},
    {"OCR_TRANSLATE_MODEL", CONFIG_STRING, TRANSLATE(chat_model), "",
     "name of the model at OCR_TRANSLATE_URL", 0, 0},
    {"OCR_TRANSLATE_API_KEY", CONFIG_STRING, TRANSLATE(chat_key), "",
     "key that is sent to OCR_TRANSLATE_URL as bearer token; empty: none", 0, 0},
    {"OCR_LIBRETRANSLATE_URL", CONFIG_STRING, TRANSLATE(libre_url), "",
     "server that speaks LibreTranslate's API; empty: none", 0, 0},
    {"OCR_LIBRETRANSLATE_API_KEY", CONFIG_STRING, TRANSLATE(libre_key), "",
     "key that is sent to OCR_LIBRETRANSLATE_URL; empty: none", 0, 0},
    {"OCR_TRANSLATE_CA_FILE", CONFIG_STRING, TRANSLATE(ca_file), "",
     "certificates (PEM) that the servers that translate are verified against; empty: those of the "
     "system",
     0, 0},
    {"OCR_APERTIUM_MODES", CONFIG_STRING, TRANSLATE(apertium_modes), "/usr/share/apertium/modes",
     "folder of Apertium's pairs; a folder that is not there, or empty, is none", 0, 0},
    {"OCR_TRANSLATE_TIMEOUT", CONFIG_DURATION_MS, TRANSLATE(timeout_ms), "1m",
     "how long one of those that translate may take for a page", 10, TRANSLATE_TIME_MAX_MS},
    {"OCR_TRANSLATE_CALLS", CONFIG_INTEGER, TRANSLATE(calls_max), "4",
     "calls at once of a server that translates; as many workers wait meanwhile, others for their "
     "turn",
     1, ENDPOINT_CALLS_MAX},
    {"OCR_TRANSLATE_RETRIES", CONFIG_INTEGER, TRANSLATE(retries), "2",
     "further attempts after no connection, 429, 500, 502, 503 and 504", 0, ENDPOINT_RETRIES_MAX},
    {"OCR_TRANSLATE_BREAKER_FAILURES", CONFIG_INTEGER, TRANSLATE(breaker_failures), "5",
     "failures in a row after which a server that translates is left alone for a while", 1,
     ENDPOINT_FAILURES_MAX},
    {"OCR_TRANSLATE_BREAKER_PAUSE", CONFIG_DURATION_MS, TRANSLATE(breaker_pause_ms), "30s",
     "for how long at first; doubles up to eight times as long while it keeps failing", 10,
     ENDPOINT_TIME_MAX_MS},
    {"OCR_URL_ALLOW", CONFIG_STRING, offsetof(struct settings, url_allow), "",
     "addresses and networks (10.1.0.0/16), by commas, that URLs of callers may lead to beside "
     "public ones, also by http",
     0, 0},
    {"OCR_URL_CA_FILE", CONFIG_STRING, offsetof(struct settings, url_ca_file), "",
     "certificates (PEM) that servers of such URLs are verified against; empty: those of the "
     "system",
     0, 0},
    {"OCR_URL_SOURCES", CONFIG_BOOLEAN, offsetof(struct settings, has_url_sources), "false",
     "whether a submission may name a URL that its file is fetched from", 0, 0},
    {"OCR_URL_TIMEOUT", CONFIG_DURATION_MS, offsetof(struct settings, url_timeout_ms), "30s",
     "how long fetching such a file may take", 100, URL_TIMEOUT_MAX_MS},
    {"OCR_WEBHOOK_CALLS", CONFIG_INTEGER, offsetof(struct settings, webhook_calls), "8",
     "webhooks that are posted at once", 1, WEBHOOK_CALLS_MAX},
    {"OCR_WEBHOOK_TIMEOUT", CONFIG_DURATION_MS, offsetof(struct settings, webhook_timeout_ms),
     "15s", "how long a server may take to answer a webhook", 100, WEBHOOK_TIMEOUT_MAX_MS},
    {"OCR_WEBHOOK_PAUSE", CONFIG_DURATION_MS, offsetof(struct settings, webhook_pause_ms), "5s",
     "how long after a webhook's first attempt the next one is; three times as long each time", 10,
     WEBHOOK_PAUSE_MAX_MS},
};

const size_t settings_entry_count = ARRAY_LENGTH(settings_entries);
