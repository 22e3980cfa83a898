/*
 * GET /api/v1/ocr/<uuid>/pages/<page>/image/: the upright page as a picture that a browser shows,
 * passed on chunk by chunk as fast as the client takes it. Its boxes are those of the job's blocks,
 * once they are scaled from the page's `width` and `height` to the picture's.
 */

#include "bridge/bridge.h"
#include "bridge/http/error.h"
#include "bridge/routes.h"
#include "bridge/upstream.h"
#include "ocrmesh/ocr/v1/ocr_service.pb-c.h"

typedef Ocrmesh__Document__V1__PageImage PageImage;
typedef Ocrmesh__Ocr__V1__GetPageImageResponse GetPageImageResponse;

static const struct rpc_method get_page_image = {&ocrmesh__ocr__v1__ocr_service__descriptor,
                                                 "GetPageImage", RPC_SERVER_STREAM};

struct page_image {
    struct upstream *upstream; /* NULL: none is under way */
    bool waits_for_room;
    bool is_begun;
};

/* NULL for one that browsers do not show; previews are none of those. */
static const char *media_type(const PageImage *image)
{
    switch ((int)image->encoding) {
    case OCRMESH__DOCUMENT__V1__PAGE_IMAGE_ENCODING__PAGE_IMAGE_ENCODING_JPEG:
        return "image/jpeg";
    case OCRMESH__DOCUMENT__V1__PAGE_IMAGE_ENCODING__PAGE_IMAGE_ENCODING_PNG:
        return "image/png";
    default:
        return NULL;
    }
}

static status_code begin(struct exchange *exchange, struct page_image *page, const PageImage *image,
                         struct status *st)
{
    const char *type = media_type(image);

    if (type == NULL)
        return FAIL(st, STATUS_INTERNAL, NULL, "the page's picture is not one for browsers");
    page->is_begun = true;
    exchange_add_header(exchange, "content-type", "%s", type);
    exchange_respond(exchange, HTTP_STATUS_OK);
    exchange_set_length(exchange, image->size_bytes);
    return STATUS_OK;
}

static void fail(struct exchange *exchange, struct page_image *page, const struct status *st)
{
    if (page->upstream != NULL)
        upstream_cancel(TAKE(page->upstream));
    error_respond(exchange, st);
}

static void on_message(struct exchange *exchange, const void *message, void *data)
{
    const GetPageImageResponse *part = message;
    struct page_image *page = data;
    struct status st = {0};

    if (part->part_case == OCRMESH__OCR__V1__GET_PAGE_IMAGE_RESPONSE__PART_IMAGE) {
        if (begin(exchange, page, part->image, &st) != STATUS_OK) {
            fail(exchange, page, &st);
            return;
        }
    } else if (page->is_begun &&
               part->part_case == OCRMESH__OCR__V1__GET_PAGE_IMAGE_RESPONSE__PART_CHUNK) {
        page->waits_for_room = !exchange_write(
            exchange, (struct str){(const char *)part->chunk.data, part->chunk.len});
    }
    if (!page->waits_for_room && page->upstream != NULL)
        upstream_read(page->upstream);
}

static void on_end(struct exchange *exchange, const struct status *st, void *data)
{
    struct page_image *page = data;
    struct status missing = {0};

    page->upstream = NULL;
    if (st->code != STATUS_OK) {
        error_respond(exchange, st);
    } else if (!page->is_begun) {
        (void)FAIL(&missing, STATUS_INTERNAL, NULL, "the service sent no picture");
        error_respond(exchange, &missing);
    } else {
        exchange_end(exchange);
    }
}

static void on_room(struct exchange *exchange, void *data)
{
    struct page_image *page = data;

    if (!page->waits_for_room || page->upstream == NULL)
        return;
    page->waits_for_room = false;
    upstream_read(page->upstream);
}

static status_code start(struct exchange *exchange, struct status *st)
{
    static const struct upstream_handler upstream_handler = {
        .on_message = on_message,
        .on_end = on_end,
    };
    static const struct exchange_handler exchange_handler = {.on_room = on_room};
    Ocrmesh__Ocr__V1__GetPageImageRequest request = OCRMESH__OCR__V1__GET_PAGE_IMAGE_REQUEST__INIT;
    struct page_image *page = ARENA_NEW(exchange_arena(exchange), struct page_image);
    int64_t number;

    if (page == NULL)
        return FAIL_MEMORY(st);
    if (!str_to_int64(str_of(exchange_param(exchange, "page")), &number) || number < 1 ||
        number > INT32_MAX)
        return FAIL_FIELD(st, "page", "INVALID_FIELD", "pages are numbers, counted from 1");
    request.job_id = (char *)exchange_param(exchange, "uuid");
    request.page_index = (uint32_t)(number - 1);
    exchange_set_handler(exchange, &exchange_handler, page);
    return upstream_ask(exchange, exchange_bridge(exchange)->ocr, &get_page_image,
                        UPSTREAM_STREAM_TIMEOUT_MS, &request, &upstream_handler, page,
                        &page->upstream, st);
}

void page_image_get(struct exchange *exchange)
{
    struct status st = {0};

    if (start(exchange, &st) != STATUS_OK)
        error_respond(exchange, &st);
}
