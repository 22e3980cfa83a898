#pragma once

/*
 * A page of document.h as the message ocrmesh.document.v1.Page. Thread rule: one thread at a time.
 */

#include "lib/base/arena.h"
#include "ocrmesh/document/v1/document.pb-c.h"
#include "services/ocr/worker/document.h"

/* The message lives in the arena and borrows the page's texts; NULL when the arena is full. */
Ocrmesh__Document__V1__Page *page_message_make(const struct page *page, struct arena *arena);
