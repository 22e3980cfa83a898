#include "services/ocr/worker/tests/page_fixture.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <allheaders.h>
#include <cmocka.h>

#include "lib/base/cleanup.h"

const char fixture_pdf_letter[] =
    "BT /F 12 Tf 18 TL 72 760 Td "
    "(The quarterly report of the harbour office lists every vessel) Tj T* "
    "(that entered the port between July and September. Two hundred) Tj T* "
    "(and forty ships carried paper, timber, grain and machine parts.) Tj T* "
    "(The council expects a further increase before the winter, when) Tj T* "
    "(the northern route is closed and the railway takes the load.) Tj ET ";
const char fixture_pdf_letter_line[] =
    "and forty ships carried paper, timber, grain and machine parts.";

int fixture_file(const void *data, size_t size)
{
    int fd = memfd_create("fixture", MFD_CLOEXEC);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, data, size), size);
    return fd;
}

int fixture_file_of(const struct buf *bytes)
{
    return fixture_file(bytes->data, bytes->length);
}

int fixture_sample(void)
{
    const char *folder = getenv("OCRMESH_TEST_DATA");
    char path[1024];

    assert_non_null(folder);
    assert_true(snprintf(path, sizeof(path), "%s/sample.png", folder) < (int)sizeof(path));
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    return fd;
}

void fixture_image(struct buf *out, fixture_format format)
{
    struct Pix *pix = pixCreate(FIXTURE_WIDTH, FIXTURE_HEIGHT, 8);
    uint8_t *data = NULL;
    size_t size = 0;

    assert_non_null(pix);
    (void)pixSetAll(pix);
    (void)pixSetResolution(pix, FIXTURE_DPI, FIXTURE_DPI);
    for (int y = 8; y < 24; y++)
        for (int x = 8; x < 40; x++)
            (void)pixSetPixel(pix, x, y, 0);
    if (format == FIXTURE_TIFF_G4) {
        struct Pix *binary = pixThresholdToBinary(pix, 128);
        (void)pixSetResolution(binary, FIXTURE_DPI, FIXTURE_DPI);
        pixDestroy(&pix);
        pix = binary;
    }
    if (format == FIXTURE_WEBP) {
        struct Pix *color = pixConvertTo32(pix);
        pixDestroy(&pix);
        pix = color;
        assert_int_equal(pixWriteMemWebP(&data, &size, pix, 0, 1), 0);
    } else {
        assert_int_equal(pixWriteMem(&data, &size, pix, format), 0);
    }
    assert_true(buf_append(out, data, size));
    lept_free(data);
    pixDestroy(&pix);
}

struct Pix *fixture_letters(int width, int height, int letter_height)
{
    enum { MARGIN = 100, MARGIN_SMALL = 20, LOW_PAGE = 300 };
    struct Pix *page = pixCreate(width, height, 8);
    int letter_width = letter_height * 2 / 3;
    int gap = letter_height / 3 > 2 ? letter_height / 3 : 2;
    int margin = height < LOW_PAGE ? MARGIN_SMALL : MARGIN;

    assert_non_null(page);
    (void)pixSetAll(page);
    for (int y = margin; y + letter_height <= height - margin; y += 5 * letter_height / 2)
        for (int x = margin, i = 0; x + letter_width <= width - margin;
             x += letter_width + (++i % 6 == 0 ? 3 * gap : gap))
            (void)pixRasterop(page, x, y, letter_width, letter_height, PIX_CLR, NULL, 0, 0);
    return page;
}

struct Pix *fixture_noise(int width, int height, uint32_t seed)
{
    struct Pix *pix = pixCreate(width, height, 8);
    uint32_t state = seed;

    assert_non_null(pix);
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            state = state * 1664525 + 1013904223; /* Numerical Recipes' linear congruences */
            (void)pixSetPixel(pix, x, y, state >> 24);
        }
    return pix;
}

void fixture_tiff_pages(struct buf *out, int pages)
{
    struct Pixa *all = pixaCreate(pages);
    uint8_t *data = NULL;
    size_t size = 0;

    for (int i = 1; i <= pages; i++)
        (void)pixaAddPix(all, pixCreate(10 * i, FIXTURE_HEIGHT, 1), L_INSERT);
    assert_int_equal(pixaWriteMemMultipageTiff(&data, &size, all), 0);
    assert_true(buf_append(out, data, size));
    lept_free(data);
    pixaDestroy(&all);
}

void fixture_pdf(struct buf *out, const char *const *objects, size_t count, const char *trailer)
{
    enum { OBJECTS_MAX = 128 };
    size_t offsets[OBJECTS_MAX];

    assert_true(count <= OBJECTS_MAX);
    assert_true(buf_append_str(out, "%PDF-1.4\n"));
    for (size_t i = 0; i < count; i++) {
        offsets[i] = out->length;
        assert_true(buf_printf(out, "%zu 0 obj\n%s\nendobj\n", i + 1, objects[i]));
    }
    size_t start = out->length;
    assert_true(buf_printf(out, "xref\n0 %zu\n0000000000 65535 f \n", count + 1));
    for (size_t i = 0; i < count; i++)
        assert_true(buf_printf(out, "%010zu 00000 n \n", offsets[i]));
    assert_true(buf_printf(out, "trailer\n<</Size %zu/Root 1 0 R%s>>\nstartxref\n%zu\n%%%%EOF\n",
                           count + 1, trailer, start));
}

void fixture_pdf_page(struct buf *out, const char *content, const char *page_entries)
{
    _cleanup_(buf_deinit) struct buf page;
    _cleanup_(buf_deinit) struct buf stream;

    buf_init(&page, 1 << 20);
    buf_init(&stream, 1 << 20);
    assert_true(buf_printf(&page,
                           "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R"
                           "/Resources<</Font<</F 5 0 R>>>>%s>>",
                           page_entries));
    assert_true(
        buf_printf(&stream, "<</Length %zu>>stream\n%s\nendstream", strlen(content), content));
    const char *const objects[] = {
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        page.data,
        stream.data,
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
    };
    fixture_pdf(out, objects, ARRAY_LENGTH(objects), "");
}
