#pragma once

/*
 * ocrmesh.chat.v1.ChatService: the table of handlers and what they work with.
 *
 * The handlers check input, call the domain and fill replies; they stand in service_*.c, one file a
 * subject. Thread rule: any thread.
 */

#include "lib/rpc/server.h"

struct billing_client;
struct chat_model;
struct db;
struct document_loader;
struct gate;
struct meaning;
struct metrics;
struct rpc_channel;

/* All borrowed; they outlive the server. */
struct chat_service {
    struct db *db;
    struct rpc_channel *ocr;
    struct billing_client *billing;
    struct document_loader *loader;
    struct meaning *meaning;  /* NULL: passages are found by words alone */
    struct chat_model *model; /* NULL: there is none */
    struct metrics *metrics;
    /* Calls that look into a document: each may wait for it to be indexed. */
    struct gate *questions_gate;
};

/* @service: borrowed by the table. */
struct rpc_service chat_service_table(struct chat_service *service);
