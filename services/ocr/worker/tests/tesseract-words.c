/*
 * Prints the words that tesseract reads in an image, their boxes and confidences, as exactly as
 * they come. Built with the worker's shortcuts and without them: test-network.sh compares.
 *
 *     tesseract-words IMAGE|table|typed MODELS
 *
 * "table" draws a page with several tables, whose columns are to be found; "typed" one whose
 * letters stand in steps of one width. Models "osd": prints orientation and script instead.
 */

#include <assert.h>
#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <allheaders.h>
#include <tesseract/capi.h>

/* What the libraries have of that name, and the worker's shortcuts leave out. */
static void take_original(const char *name, void *ret_function)
{
    void *found = dlsym(RTLD_NEXT, name);

    assert(found != NULL);
    memcpy(ret_function, &found, sizeof(found));
}

static void print_words(TessBaseAPI *api)
{
    TessResultIterator *results = TessBaseAPIGetIterator(api);
    void (*find_paragraphs)(TessBaseAPI *, bool is_recognized);

    if (results == NULL)
        return;
    /* They decide on the order of words from right to left. */
    take_original("_ZN9tesseract11TessBaseAPI16DetectParagraphsEb", &find_paragraphs);
    find_paragraphs(api, true);
    TessPageIteratorBegin(TessResultIteratorGetPageIterator(results));
    const TessPageIterator *at = TessResultIteratorGetPageIteratorConst(results);
    do {
        char *text = TessResultIteratorGetUTF8Text(results, RIL_WORD);
        int x0, y0, x1, y1;
        (void)TessPageIteratorBoundingBox(at, RIL_WORD, &x0, &y0, &x1, &y1);
        (void)printf("%d %d %d %d %a %s\n", x0, y0, x1, y1,
                     (double)TessResultIteratorConfidence(results, RIL_WORD),
                     text != NULL ? text : "");
        TessDeleteText(text);
    } while (TessResultIteratorNext(results, RIL_WORD));
    TessResultIteratorDelete(results);
}

/* Figures in columns, in parts that stand beside and beneath each other. */
static PIX *draw_table(void)
{
    enum { WIDTH = 2200, HEIGHT = 2900, COLUMNS = 8, ROWS = 44, FONT = 10, LEFT = 80, TOP = 120 };
    L_BMF *(*make_font)(const char *folder, l_int32 size);
    take_original("bmfCreate", &make_font);
    L_BMF *font = make_font(NULL, FONT);
    PIX *page = pixCreate(WIDTH, HEIGHT, 8);

    if (font == NULL || page == NULL)
        return NULL;
    (void)pixSetAll(page);
    for (int row = 0; row < ROWS; row++)
        for (int column = 0; column < COLUMNS; column++) {
            char text[64];
            int figure = (row * 37 + column * 11) % 97, x = LEFT + 230 * column;
            (void)snprintf(text, sizeof(text), column % 4 == 0 ? "Item %d" : "%d.%d", figure + 100,
                           figure * 7 % 89);
            if ((row + column) % 7 != 3)
                (void)pixSetTextline(page, font, text, 0, x + column / 4 * 150,
                                     TOP + 48 * row + row / 11 * 160, NULL, NULL);
        }
    bmfDestroy(&font);
    return page;
}

/* Letters of a typewriter, some of which lean out of their step. */
static PIX *draw_typed(void)
{
    enum { WIDTH = 1500, HEIGHT = 1000, COLUMNS = 40, ROWS = 14, FONT = 14, STEP = 33, LINE = 64 };
    static const char text[] = "THE QUICK BROWN FOX, 1947, JUMPS OVER A LAZY DOG; ";
    L_BMF *(*make_font)(const char *folder, l_int32 size);
    take_original("bmfCreate", &make_font);
    L_BMF *font = make_font(NULL, FONT);
    PIX *page = pixCreate(WIDTH, HEIGHT, 8);

    if (font == NULL || page == NULL)
        return NULL;
    (void)pixSetAll(page);
    for (int row = 0; row < ROWS; row++)
        for (int column = 0; column < COLUMNS; column++) {
            const char letter[] = {text[(row * 7 + column) % (sizeof(text) - 1)], '\0'};
            (void)pixSetTextline(page, font, letter, 0, STEP * (column + 2) + row * column % 4,
                                 LINE * (row + 1), NULL, NULL);
        }
    bmfDestroy(&font);
    return page;
}

static int print_detection(TessBaseAPI *api)
{
    int degrees;
    float turn_confidence, script_confidence;
    const char *script;

    if (!TessBaseAPIDetectOrientationScript(api, &degrees, &turn_confidence, &script,
                                            &script_confidence))
        return 1;
    (void)printf("%d %a %s %a\n", degrees, (double)turn_confidence, script,
                 (double)script_confidence);
    return 0;
}

int main(int argc, char **argv)
{
    bool is_table = argc == 3 && strcmp(argv[1], "table") == 0;
    bool is_typed = argc == 3 && strcmp(argv[1], "typed") == 0;
    bool is_detection = argc == 3 && strcmp(argv[2], "osd") == 0;
    PIX *pix = is_table    ? draw_table()
               : is_typed  ? draw_typed()
               : argc == 3 ? pixRead(argv[1])
                           : NULL;
    TessBaseAPI *api = TessBaseAPICreate();
    TessOcrEngineMode mode = is_detection ? OEM_TESSERACT_ONLY : OEM_LSTM_ONLY;
    int code = 1;

    if (pix != NULL && TessBaseAPIInit2(api, NULL, argv[2], mode) == 0) {
        TessBaseAPISetPageSegMode(api, is_table ? PSM_AUTO : PSM_SINGLE_BLOCK);
        TessBaseAPISetImage2(api, pix);
        if (is_detection) {
            code = print_detection(api);
        } else {
            code = TessBaseAPIRecognize(api, NULL);
            print_words(api);
        }
    }
    TessBaseAPIEnd(api);
    TessBaseAPIDelete(api);
    pixDestroy(&pix);
    return code;
}
