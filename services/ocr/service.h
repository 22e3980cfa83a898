#pragma once

/*
 * ocrmesh.ocr.v1.OcrService and WebhookService: the tables of handlers and what they work with.
 *
 * The handlers check input, call the domain and fill replies; they stand in service_*.c, one file a
 * subject. Thread rule: any thread.
 */

#include <stdbool.h>
#include <stdint.h>

#include "lib/rpc/server.h"

struct billing_client;
struct blob_store;
struct db;
struct gate;
struct http_guard;
struct inspector;
struct metrics;
struct queue_forecast;
struct translator;
struct upload_files;
struct url_source;
struct watch_hub;

/* All borrowed; they outlive the server. */
struct ocr_service {
    struct db *db;
    struct blob_store *blobs;
    struct billing_client *billing;
    struct upload_files *files;
    struct inspector *inspector;
    struct watch_hub *watches;
    struct metrics *metrics;
    /* Calls that last as long as their client likes. */
    struct gate *uploads_gate, *watches_gate, *documents_gate;
    const char *work_dir;            /* for uploads on their way in */
    struct queue_forecast *forecast; /* whether submissions are taken */
    struct translator *translator;
    const struct http_guard *guard; /* where URLs of callers may lead */
    const struct url_source *urls;  /* files that are fetched */
    bool has_vlm;                   /* the workers have an engine of that tier */
};

/* @service: borrowed by the tables. */
struct rpc_service ocr_service_table(struct ocr_service *service);
struct rpc_service ocr_webhook_service_table(struct ocr_service *service);
