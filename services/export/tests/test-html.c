#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "services/export/html/block.h"
#include "services/export/tests/document_fixture.h"
#include "services/export/tests/rich_document.h"

/* --- a source that keeps a picture of every figure: "picture", said to be of `announced` bytes ---
 */

struct figures {
    struct page_image_source source;
    struct page_image_reader reader;
    Ocrmesh__Document__V1__PageImage description;
    bool is_read;
};

static status_code read_picture(struct page_image_reader *reader, struct str *ret_chunk,
                                struct status *st)
{
    struct figures *figures = (struct figures *)((char *)reader - offsetof(struct figures, reader));

    *ret_chunk = figures->is_read ? (struct str){0} : STR("picture");
    figures->is_read = true;
    return STATUS_OK;
}

static void close_picture(struct page_image_reader *reader)
{
}

static status_code open_picture(struct page_image_source *source,
                                const struct page_image_query *query,
                                struct page_image_reader **ret_reader, struct status *st)
{
    struct figures *figures = (struct figures *)source;

    assert_int_equal(query->kind, OCRMESH__DOCUMENT__V1__PAGE_IMAGE_KIND__PAGE_IMAGE_KIND_FIGURE);
    assert_int_equal(query->page_index, 0);
    assert_int_equal(query->block_index, 9);
    figures->is_read = false;
    *ret_reader = &figures->reader;
    return STATUS_OK;
}

static void figures_init(struct figures *figures, Ocrmesh__Document__V1__PageImageEncoding encoding,
                         int64_t size_bytes)
{
    *figures = (struct figures){
        .source = {open_picture},
        .reader = {&figures->description, read_picture, close_picture},
    };
    ocrmesh__document__v1__page_image__init(&figures->description);
    figures->description.encoding = encoding;
    figures->description.width = 40;
    figures->description.height = 30;
    figures->description.components = 1;
    figures->description.bits_per_component = 8;
    figures->description.size_bytes = size_bytes;
}

/* The first page of the rich document, its figure from `images`; freed by the caller. */
static char *export_first_page(struct page_image_source *images)
{
    _cleanup_(arena_freep) struct arena *arena = arena_new(RICH_DOCUMENT_ARENA_BYTES);
    struct rich_document document = rich_document_new(arena);
    struct buf out;
    struct status st = {0};

    buf_init(&out, FIXTURE_FILE_MAX_BYTES);
    assert_int_equal(
        fixture_try(&format_html, NULL, images, document.job, document.pages, 1, &out, &st),
        STATUS_OK);
    return out.data;
}

static void test_a_figure_carries_its_picture_and_its_caption(void **state)
{
    struct figures figures;

    figures_init(&figures, OCRMESH__DOCUMENT__V1__PAGE_IMAGE_ENCODING__PAGE_IMAGE_ENCODING_PNG, 7);
    _cleanup_(freep) char *file = export_first_page(&figures.source);
    assert_non_null(strstr(file, "<figure>\n"
                                 "<img alt=\"Figure\" width=\"40\" height=\"30\" "
                                 "src=\"data:image/png;base64,cGljdHVyZQ==\"/>\n"
                                 "<figcaption dir=\"ltr\">Figure 1: A curve</figcaption>\n"
                                 "</figure>\n"));
    assert_null(strstr(file, "<p class=\"caption\" dir=\"ltr\">Figure 1"));
}

static void test_a_picture_that_no_browser_shows_or_that_is_too_large_is_left_out(void **state)
{
    static const struct {
        Ocrmesh__Document__V1__PageImageEncoding encoding;
        int64_t size_bytes;
    } cases[] = {
        {OCRMESH__DOCUMENT__V1__PAGE_IMAGE_ENCODING__PAGE_IMAGE_ENCODING_JPEG_2000, 7},
        {OCRMESH__DOCUMENT__V1__PAGE_IMAGE_ENCODING__PAGE_IMAGE_ENCODING_PNG,
         HTML_PICTURE_MAX_BYTES + 1},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct figures figures;

        figures_init(&figures, cases[i].encoding, cases[i].size_bytes);
        _cleanup_(freep) char *file = export_first_page(&figures.source);
        assert_null(strstr(file, "<figure>"));
        assert_non_null(strstr(file, "<p class=\"caption\" dir=\"ltr\">Figure 1: A curve</p>"));
    }
}

static void test_lists_nest_and_keep_their_numbers(void **state)
{
    _cleanup_(freep) char *file = export_first_page(NULL);

    assert_non_null(strstr(file, "<ol>\n"
                                 "<li value=\"1\" dir=\"ltr\">Take the file<ul>\n"
                                 "<li dir=\"ltr\">with care</li>\n"
                                 "</ul>\n"
                                 "</li>\n"
                                 "<li value=\"2\" dir=\"ltr\">Send it</li>\n"
                                 "</ol>\n"));
}

static void test_header_cells_head_columns_or_rows(void **state)
{
    _cleanup_(freep) char *file = export_first_page(NULL);

    assert_non_null(strstr(file, "<tr><th scope=\"col\" rowspan=\"2\">Region</th>"
                                 "<th scope=\"col\" colspan=\"2\">Sales</th></tr>\n"));
    assert_non_null(strstr(file, "<tr><th scope=\"row\">South</th><td></td>"
                                 "<td>two<br/>lines</td></tr>\n"));
}

static void test_a_document_without_pages_is_whole(void **state)
{
    _cleanup_(freep) char *file = fixture_export(&format_html, fixture_job(0), NULL, 0);

    assert_non_null(strstr(file, "<title>Document</title>"));
    assert_non_null(strstr(file, "<main>\n</main>\n</body>\n</html>\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_figure_carries_its_picture_and_its_caption),
        cmocka_unit_test(test_a_picture_that_no_browser_shows_or_that_is_too_large_is_left_out),
        cmocka_unit_test(test_lists_nest_and_keep_their_numbers),
        cmocka_unit_test(test_header_cells_head_columns_or_rows),
        cmocka_unit_test(test_a_document_without_pages_is_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
