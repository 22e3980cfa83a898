#pragma once

/*
 * A page message cut to a view, and into messages that are small enough to travel.
 *
 * A page that is larger than PAGE_PART_MAX_BYTES goes as several Page messages with the same index,
 * as document.proto says: the first one with everything but some of its blocks, the others with the
 * rest of them; protobuf's merge of all is the page. Thread rule: any thread.
 */

#include <stdbool.h>

#include "lib/base/status.h"
#include "ocrmesh/document/v1/document.pb-c.h"
#include "ocrmesh/ocr/v1/ocr_service.pb-c.h"

/* Below RPC_MESSAGE_MAX_BYTES, with room for what is wrapped around a page. */
enum { PAGE_PART_MAX_BYTES = (1 << 20) - 4096 };

/* Drops what `view` does not show; changes the message in place, and the caller must not free it by
 * its own counts any more (it lives in an arena). */
void page_parts_apply_view(Ocrmesh__Document__V1__Page *page, Ocrmesh__Ocr__V1__PageView view);

/* Whether the page can be sent: nothing that cannot be cut is larger than a message. */
bool page_parts_is_sendable(const Ocrmesh__Document__V1__Page *page);

/* Calls `send` with the page's parts in order. Fails with
 * INTERNAL for a page that is not sendable, and as `send` does. */
status_code page_parts_send(Ocrmesh__Document__V1__Page *page,
                            status_code (*send)(const Ocrmesh__Document__V1__Page *part, void *arg,
                                                struct status *st),
                            void *arg, struct status *st) _must_check_;
