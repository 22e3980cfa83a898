#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * As shortcuts.c, for what detection of scripts spends most of its time on: for each class of
 * shapes, how much the features of a letter speak for it, which is a sum of numbers of two bits.
 * The library adds them up one by one; here eight at once, each in a byte of its own. The sums are
 * the same.
 *
 * Knows how tesseract 5.3.0 lays out its objects on x86_64 (src/classify/intmatcher.cpp,
 * intproto.h).
 */

enum {
    BUCKETS = 24,         /* of each of a feature's three coordinates */
    CLASSES_OF_SET = 32,  /* of two bits each */
    CLASSES_OF_BYTE = 4,  /* of the table */
    SETS_AT = 0x40000,    /* in the templates */
    BYTES = 8,            /* of a word of sums */
    FEATURES_AT_ONCE = 85 /* 3 times that is what a byte holds */
};

/* tesseract::INT_FEATURE_STRUCT */
struct feature {
    uint8_t x, y, theta;
    int8_t misses;
};

/* tesseract::CLASS_PRUNER_STRUCT: what each feature says of 32 classes. */
struct pruner_set {
    uint64_t votes[BUCKETS][BUCKETS][BUCKETS];
};

/* The beginning of tesseract::INT_TEMPLATES_STRUCT; its sets are at SETS_AT. */
struct templates {
    unsigned class_count;
    unsigned set_count;
};

/* tesseract::ClassPruner */
struct pruner {
    int *counts; /* of set_count * CLASSES_OF_SET classes */
    int *other_arrays[3];
    int other_numbers[3];
    int feature_count;
};

_Static_assert(offsetof(struct pruner, feature_count) == 0x2c, "as the library has it");

/* tesseract::ClassPruner::ComputeScores() */
void compute_scores(struct pruner *pruner, const struct templates *templates, int feature_count,
                    const struct feature *features) __asm__("_ZN9tesseract11ClassPruner13Compute"
                                                            "ScoresEPKNS_20INT_TEMPLATES_STRUCTEi"
                                                            "PKNS_18INT_FEATURE_STRUCTE");

static int bucket(uint8_t coordinate)
{
    return coordinate * BUCKETS >> 8;
}

/* Adds what some features, FEATURES_AT_ONCE at most, say of a set's classes. */
static void add_votes(int *counts, const struct pruner_set *set, const struct feature *features,
                      int count)
{
    const uint64_t mask = 0x0303030303030303;
    uint64_t sums[CLASSES_OF_BYTE] = {0};
    uint8_t bytes[CLASSES_OF_BYTE][BYTES];

    for (int f = 0; f < count; f++) {
        const struct feature *at = &features[f];
        uint64_t votes = set->votes[bucket(at->x)][bucket(at->y)][bucket(at->theta)];
        for (int i = 0; i < CLASSES_OF_BYTE; i++)
            sums[i] += votes >> 2 * i & mask;
    }
    memcpy(bytes, sums, sizeof(bytes));
    for (int c = 0; c < CLASSES_OF_SET; c++)
        counts[c] += bytes[c % CLASSES_OF_BYTE][c / CLASSES_OF_BYTE];
}

void compute_scores(struct pruner *pruner, const struct templates *templates, int feature_count,
                    const struct feature *features)
{
    const struct pruner_set *const *sets = (const void *)((const char *)templates + SETS_AT);

    pruner->feature_count = feature_count;
    for (unsigned s = 0; s < templates->set_count; s++)
        for (int f = 0; f < feature_count; f += FEATURES_AT_ONCE) {
            int rest = feature_count - f;
            add_votes(pruner->counts + (size_t)s * CLASSES_OF_SET, sets[s], features + f,
                      rest < FEATURES_AT_ONCE ? rest : FEATURES_AT_ONCE);
        }
}
