#include <stdbool.h>

#include <allheaders.h>

/*
 * Functions of libraries that this file, linked into the worker, takes the place of: the dynamic
 * linker prefers what the program exports. Measured on scanned 300 dpi pages of 460 words, with the
 * same text to the last byte: 2.3 s a page become 1.8 s.
 *
 * The image of each line goes from tesseract's layout to its recognition as a PNG that is packed
 * and unpacked at once (ImageData::SetPixInternal), for a fifth of the whole time. Leptonica's own
 * raw format, which its reader knows by its first bytes as any other, is copied instead of packed.
 *
 * OpenMP's regions are begun and ended a hundred thousand times a page, each with a system call
 * even when there is one thread only, which a worker never has more of: they are plain calls.
 */

void GOMP_parallel(void (*function)(void *), void *data, unsigned thread_count, unsigned flags);
void GOMP_parallel_sections(void (*function)(void *), void *data, unsigned thread_count,
                            unsigned section_count, unsigned flags);
unsigned GOMP_sections_next(void);
void GOMP_sections_end_nowait(void);

l_ok pixWriteMem(l_uint8 **ret_data, size_t *ret_size, PIX *pix, l_int32 format)
{
    /* A worker writes no images for others. */
    return format == IFF_PNG ? pixWriteMemSpix(ret_data, ret_size, pix) : 1;
}

/* --- The GNU OpenMP runtime (libgomp ABI) for one thread --- */

/* Of the innermost `sections` that is at work; from 1. */
static unsigned next_section, last_section;

void GOMP_parallel(void (*function)(void *), void *data, unsigned thread_count, unsigned flags)
{
    (void)thread_count;
    (void)flags;
    function(data);
}

void GOMP_parallel_sections(void (*function)(void *), void *data, unsigned thread_count,
                            unsigned section_count, unsigned flags)
{
    unsigned outer_next = next_section, outer_last = last_section;

    (void)thread_count;
    (void)flags;
    next_section = 1;
    last_section = section_count;
    function(data);
    next_section = outer_next;
    last_section = outer_last;
}

/* The number of the next section; 0: none is left. */
unsigned GOMP_sections_next(void)
{
    return next_section <= last_section ? next_section++ : 0;
}

void GOMP_sections_end_nowait(void)
{
}

/* --- What recognition here has no use for --- */

/* Ruling lines, which legible.h has taken out of the picture before: tesseract::LineFinder::
 * FindAndRemoveLines(), as if it found none. */
void find_and_remove_lines(
    int resolution, bool debug, PIX *pix, int *vertical_x, int *vertical_y, PIX **music_mask,
    void *vertical_lines,
    void *horizontal_lines) __asm__("_ZN9tesseract10LineFinder18FindAndRemoveLinesEibNS_"
                                    "5ImageEPiS2_PS1_PNS_14TabVector_LISTES5_");

void find_and_remove_lines(int resolution, bool debug, PIX *pix, int *vertical_x, int *vertical_y,
                           PIX **music_mask, void *vertical_lines, void *horizontal_lines)
{
    (void)resolution;
    (void)debug;
    (void)pix;
    (void)vertical_x;
    (void)vertical_y;
    (void)music_mask;
    (void)vertical_lines;
    (void)horizontal_lines;
}

/* Groups of letters that look like others, which the engine before the LSTM corrected words by: the
 * list takes three quarters of the time that loading a model takes. tesseract::UnicharAmbigs::
 * LoadUniversal(). */
void load_universal_ambiguities(
    void *ambiguities, const void *encoder_set,
    void *unicharset) __asm__("_ZN9tesseract13UnicharAmbigs13LoadUniversalERKNS_10UNICHARSETEPS1_");

void load_universal_ambiguities(void *ambiguities, const void *encoder_set, void *unicharset)
{
    (void)ambiguities;
    (void)encoder_set;
    (void)unicharset;
}

/* Paragraphs, which layout.h finds anew: only the order of words from right to left asks for them,
 * and has them found then (results.c). tesseract::TessBaseAPI::DetectParagraphs(). */
void detect_paragraphs(void *api, bool is_recognized) __asm__(
    "_ZN9tesseract11TessBaseAPI16DetectParagraphsEb");

void detect_paragraphs(void *api, bool is_recognized)
{
    (void)api;
    (void)is_recognized;
}

/* The font that each tesseract is born with, to write into pictures of its own for its developers.
 * NULL: there is none. */
L_BMF *bmfCreate(const char *folder, l_int32 size)
{
    (void)folder;
    (void)size;
    return NULL;
}
