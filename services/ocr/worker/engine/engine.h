#pragma once

/*
 * What reads a page image: one small interface, and the table of those that exist.
 *
 * A new engine is one folder beside this file and one line in engine.c. An engine object keeps its
 * models between pages; making one is cheap, models load when first asked for.
 * Thread rule: one thread at a time.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/status.h"
#include "services/ocr/worker/document.h"
#include "services/ocr/worker/image.h"

/* Numbers as in ocrmesh.ocr.v1.Tier. */
typedef enum {
    TIER_CPU = 1,
    TIER_VLM = 2,
} engine_tier;

enum { ENGINE_TIERS = 2 };

struct engine;

/* How text lies on an image. */
typedef enum {
    LAYOUT_PAGE,   /* blocks and columns that are to be found */
    LAYOUT_COLUMN, /* lines of any size beneath each other */
    LAYOUT_BLOCK,  /* lines beneath each other and nothing else */
    LAYOUT_LINE,   /* one line of text */
    LAYOUT_STRIP,  /* the same, taken as it is: no search for where its letters stand */
    LAYOUT_SPARSE, /* words here and there, in no order */
} engine_layout;

/* What to read and how. */
struct engine_job {
    struct image *image; /* upright and straight */
    const char *models;  /* tesseract model names joined by "+" */
    engine_layout layout;
    int64_t deadline_ns; /* time_mono(); recognition stops at it */
};

/* What an engine can tell of a page without reading it. */
struct engine_detection {
    uint32_t quarter_turns;       /* clockwise, that make the page upright: 0 to 3 */
    float turn_confidence;        /* 0: a guess; above 2 it is nearly always right */
    const char *script;           /* ISO 15924, static; NULL: unknown */
    const char *likeliest_script; /* the same, or what is worth trying first where it is unknown */
};

/* What came of reading one line for a trial. */
struct engine_trial {
    float certainty;     /* mean confidence of its characters; 0 without any */
    size_t characters;   /* that were read */
    float han_certainty; /* of Han characters alone; 0 without any */
    size_t han_characters;
    const char *text; /* in the arena; "" without any */
};

struct engine_class {
    const char *name; /* as reported: "tesseract" */
    engine_tier tier;
    const char *(*version)(void);
    status_code (*open)(struct engine **ret_engine, struct status *st);
    void (*close)(struct engine *engine);
    /* The folder that models are loaded from, which lives as long as the engine. Loads the most
     * usual model. Fails with UNAVAILABLE MODEL_UNAVAILABLE. */
    status_code (*models_path)(struct engine *engine, const char **ret_path, struct status *st);
    /* Appends what is on the image to the page: blocks, lines, words; and says by how many quarters
     * clockwise most of the text would have to be turned. Names the page's language where it has
     * found one that the models are not for. Fails with DEADLINE_EXCEEDED
     * PAGE_TIMEOUT, RESOURCE_EXHAUSTED PAGE_TOO_LARGE or UNAVAILABLE MODEL_UNAVAILABLE. */
    status_code (*read)(struct engine *engine, const struct engine_job *job, struct page *page,
                        uint32_t *ret_quarter_turns, struct status *st);
    /* Whether reading with either set of models gives the same. */
    bool (*is_same)(const char *models, const char *others);
    /* Reads one line (LAYOUT_LINE, LAYOUT_STRIP) to see how well a set of models can: without their
     * place among the loaded models. NULL for an engine that finds scripts by itself. Fails as
     * read does. */
    status_code (*try_line)(struct engine *engine, const struct engine_job *job,
                            struct arena *arena, struct engine_trial *ret, struct status *st);
    /* Finds the boxes of text lines on an upright page, from top to bottom in each block, without
     * reading them; at most `max`. NULL where try_line is. Fails as read does. */
    status_code (*find_lines)(struct engine *engine, const struct engine_job *job, size_t max,
                              struct bbox *ret_boxes, size_t *ret_count, struct status *st);
    /* Finds some boxes that are a line of text each, on an upright page, from top to bottom; at
     * most `max`. Much faster than find_lines, whose lines are all there are. NULL where try_line
     * is. Fails as read does. */
    status_code (*find_rows)(struct engine *engine, struct image *image, size_t max,
                             struct bbox *ret_boxes, size_t *ret_count, struct status *st);
    /* Finds orientation and script; false when there is too little to see. */
    bool (*detect)(struct engine *engine, struct image *image, struct engine_detection *ret);
    /* Gives up what is kept of the pictures that were read and looked at. */
    void (*end_page)(struct engine *engine);
};

/* The engine of a tier, or UNAVAILABLE ENGINE_UNAVAILABLE. */
status_code engine_find(engine_tier tier, const struct engine_class **ret_class,
                        struct status *st) _must_check_;
