/*
 * Prints the words that tesseract reads in an image, their boxes and confidences, as exactly as
 * they come. Built with the worker's shortcuts and without them: test-network.sh compares.
 *
 *     tesseract-words IMAGE MODELS
 */

#include <stdio.h>

#include <allheaders.h>
#include <tesseract/capi.h>

static void print_words(TessBaseAPI *api)
{
    TessResultIterator *results = TessBaseAPIGetIterator(api);

    if (results == NULL)
        return;
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

int main(int argc, char **argv)
{
    PIX *pix = argc == 3 ? pixRead(argv[1]) : NULL;
    TessBaseAPI *api = TessBaseAPICreate();
    int code = 1;

    if (pix != NULL && TessBaseAPIInit2(api, NULL, argv[2], OEM_LSTM_ONLY) == 0) {
        TessBaseAPISetImage2(api, pix);
        code = TessBaseAPIRecognize(api, NULL);
        print_words(api);
    }
    TessBaseAPIEnd(api);
    TessBaseAPIDelete(api);
    pixDestroy(&pix);
    return code;
}
