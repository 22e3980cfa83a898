#include "services/top/sample_set.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"

enum { NAME_MAX_BYTES = 128, BUCKETS_MAX = 64 };

/* `name{labels} value`; false for comments and what is not in that form. */
static bool parse_line(struct str line, struct sample *ret_sample)
{
    struct sample sample = {.labels = STR("")};
    size_t end = 0;

    if (line.n == 0 || line.p[0] == '#')
        return false;
    while (end < line.n && line.p[end] != '{' && line.p[end] != ' ')
        end++;
    sample.name = (struct str){line.p, end};
    if (end < line.n && line.p[end] == '{') {
        const char *close = memchr(line.p + end, '}', line.n - end);

        if (close == NULL)
            return false;
        sample.labels = (struct str){line.p + end + 1, (size_t)(close - line.p) - end - 1};
        end = (size_t)(close - line.p) + 1;
    }
    if (end >= line.n || line.p[end] != ' ')
        return false;
    char number[64];
    size_t length = line.n - end - 1;
    if (length == 0 || length >= sizeof(number))
        return false;
    memcpy(number, line.p + end + 1, length);
    number[length] = '\0';
    char *stop;
    sample.value = strtod(number, &stop);
    if (stop == number)
        return false;
    *ret_sample = sample;
    return true;
}

bool sample_set_init(struct sample_set *set, struct buf text, int64_t time)
{
    struct str rest = buf_str(&text), line;

    *set = (struct sample_set){.text = text, .time = time};
    set->samples = calloc(SAMPLES_MAX, sizeof(set->samples[0]));
    if (set->samples == NULL) {
        sample_set_deinit(set);
        return false;
    }
    while (rest.n > 0 && set->count < SAMPLES_MAX && str_next_token(&rest, '\n', &line))
        if (parse_line(line, &set->samples[set->count]))
            set->count++;
    return true;
}

void sample_set_deinit(struct sample_set *set)
{
    buf_deinit(&set->text);
    free(set->samples);
    *set = (struct sample_set){.time = 0};
}

static bool is_taken(const struct sample *sample, const char *name, const char *filter)
{
    return str_equal(sample->name, str_of(name)) &&
           (filter[0] == '\0' ||
            memmem(sample->labels.p, sample->labels.n, filter, strlen(filter)) != NULL);
}

double sample_set_sum(const struct sample_set *set, const char *name, const char *filter)
{
    double sum = 0;

    for (size_t i = 0; i < set->count; i++)
        if (is_taken(&set->samples[i], name, filter))
            sum += set->samples[i].value;
    return sum;
}

static double grown(double now, double before)
{
    return now >= before ? now - before : now;
}

double sample_set_rate(const struct sample_set *now, const struct sample_set *before,
                       const char *name, const char *filter)
{
    double seconds = (double)(now->time - before->time) / (double)NANOSECONDS_PER_SECOND;

    if (now->samples == NULL || before->samples == NULL || seconds <= 0)
        return 0;
    return grown(sample_set_sum(now, name, filter), sample_set_sum(before, name, filter)) / seconds;
}

bool sample_label(const struct sample *sample, const char *name, struct str *ret_value)
{
    char wanted[NAME_MAX_BYTES];
    int length = snprintf(wanted, sizeof(wanted), "%s=\"", name);

    if (length >= (int)sizeof(wanted))
        return false;
    for (size_t i = 0; i + (size_t)length < sample->labels.n; i++) {
        const char *at = sample->labels.p + i;

        if ((i > 0 && at[-1] != ',') || memcmp(at, wanted, (size_t)length) != 0)
            continue;
        const char *value = at + length;
        const char *quote = memchr(value, '"', sample->labels.n - i - (size_t)length);
        if (quote == NULL)
            return false;
        *ret_value = (struct str){value, (size_t)(quote - value)};
        return true;
    }
    return false;
}

struct bucket {
    double bound;
    double total; /* of it and all below */
};

static struct bucket *find(struct bucket *buckets, size_t count, double bound)
{
    for (size_t i = 0; i < count; i++)
        if (buckets[i].bound == bound)
            return &buckets[i];
    return NULL;
}

static double bound_of(const struct sample *sample)
{
    char text[32];
    struct str value;

    if (!sample_label(sample, "le", &value) || value.n >= sizeof(text))
        return NAN;
    memcpy(text, value.p, value.n);
    text[value.n] = '\0';
    return strtod(text, NULL); /* "+Inf" too */
}

/* Adds up the buckets of several label sets; `factor` 1 or -1. */
static size_t add_buckets(const struct sample_set *set, const char *name, const char *filter,
                          double factor, struct bucket buckets[static BUCKETS_MAX], size_t count)
{
    for (size_t i = 0; i < set->count; i++) {
        if (!is_taken(&set->samples[i], name, filter))
            continue;
        double bound = bound_of(&set->samples[i]);
        struct bucket *bucket = find(buckets, count, bound);

        if (bucket == NULL && !isnan(bound) && count < BUCKETS_MAX && factor > 0) {
            bucket = &buckets[count++];
            *bucket = (struct bucket){.bound = bound};
        }
        if (bucket != NULL)
            bucket->total += factor * set->samples[i].value;
    }
    return count;
}

static int compare(const void *a, const void *b)
{
    const struct bucket *left = a, *right = b;

    return left->bound < right->bound ? -1 : left->bound > right->bound;
}

double sample_set_quantile(const struct sample_set *now, const struct sample_set *before,
                           const char *histogram, const char *filter, double quantile)
{
    struct bucket buckets[BUCKETS_MAX];
    char name[NAME_MAX_BYTES];
    double below = 0, bound_below = 0;

    if (now->samples == NULL || before->samples == NULL ||
        snprintf(name, sizeof(name), "%s_bucket", histogram) >= (int)sizeof(name))
        return -1;
    size_t count = add_buckets(now, name, filter, 1, buckets, 0);
    count = add_buckets(before, name, filter, -1, buckets, count);
    qsort(buckets, count, sizeof(buckets[0]), compare);
    if (count == 0 || buckets[count - 1].total <= 0)
        return -1;
    double rank = quantile * buckets[count - 1].total;
    for (size_t i = 0; i < count; i++) {
        if (buckets[i].total < rank) {
            below = buckets[i].total;
            bound_below = buckets[i].bound;
            continue;
        }
        if (isinf(buckets[i].bound))
            return bound_below;
        double within = buckets[i].total - below;
        return within <= 0
                   ? buckets[i].bound
                   : bound_below + (buckets[i].bound - bound_below) * (rank - below) / within;
    }
    return bound_below;
}
