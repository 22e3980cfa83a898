#include <assert.h>
#include <dlfcn.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/*
 * As shortcuts.c, for detection of orientation and script, which looks at 150 letters of a page in
 * four directions each: the library stops when the script is clear and the orientation is, but has
 * no rule for the latter, so that it looks at all of them always. This is the rule.
 *
 * Knows how tesseract 5.3.0 lays out its objects on x86_64 (src/ccmain/osdetect.cpp, osdetect.h).
 */

enum { ORIENTATIONS = 4 };

/* The beginning of tesseract::OSResults: how well each orientation fits, in logarithms. */
struct results {
    float orientations[ORIENTATIONS];
};

/* The beginning of tesseract::OrientationDetector. */
struct detector {
    const struct results *results;
};

/* tesseract::OrientationDetector::detect_blob(): adds what a letter says; true when no more are
 * needed. */
bool detect_orientation(struct detector *detector,
                        void *choices) __asm__("_ZN9tesseract19OrientationDetector11detect_blobEPNS"
                                               "_16BLOB_CHOICE_LISTE");

typedef bool (*detect_function)(struct detector *detector, void *choices);

/* The library's own. */
static detect_function original(void)
{
    static detect_function function;

    if (function == NULL) {
        void *found = dlsym(RTLD_NEXT, "_ZN9tesseract19OrientationDetector11detect_blobEPNS_16BLOB_"
                                       "CHOICE_LISTE");
        assert(found != NULL);
        memcpy(&function, &found, sizeof(function));
    }
    return function;
}

/* By how much the best orientation fits better than the next one. */
static float margin(const float orientations[ORIENTATIONS])
{
    float best = fmaxf(orientations[0], orientations[1]);
    float second = fminf(orientations[0], orientations[1]);

    for (int i = 2; i < ORIENTATIONS; i++) {
        second = fmaxf(second, fminf(best, orientations[i]));
        best = fmaxf(best, orientations[i]);
    }
    return best - second;
}

bool detect_orientation(struct detector *detector, void *choices)
{
    /* On 151 pages in 49 languages nothing else was seen by all letters from 5 on, and another
     * script once from 4 on. At 6 they are 0.62 of the letters. */
    const float margin_clear = 6;

    (void)original()(detector, choices);
    return margin(detector->results->orientations) >= margin_clear;
}
