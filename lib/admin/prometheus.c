#include "lib/admin/prometheus.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

enum {
    SAMPLE_MAX_BYTES = 256, /* name and labels */
};

void prometheus_head(struct buf *out, const char *name, const char *type, const char *help)
{
    (void)!buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

void prometheus_integer(struct buf *out, int64_t value, const char *format, ...)
{
    char name[SAMPLE_MAX_BYTES];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(name, sizeof(name), format, arguments);
    va_end(arguments);
    (void)!buf_printf(out, "%s %" PRId64 "\n", name, value);
}

void prometheus_real(struct buf *out, double value, const char *format, ...)
{
    char name[SAMPLE_MAX_BYTES];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(name, sizeof(name), format, arguments);
    va_end(arguments);
    (void)!buf_printf(out, "%s %.6f\n", name, value);
}

void prometheus_counter(struct buf *out, const char *name, const char *help, int64_t value)
{
    prometheus_head(out, name, "counter", help);
    prometheus_integer(out, value, "%s", name);
}
