#include "lib/config/config.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/ascii.h"
#include "lib/base/str.h"

struct unit {
    const char *suffix;
    int64_t factor;
};

static const struct unit duration_units[] = {
    {"ms", 1}, {"s", 1000}, {"m", 60 * 1000}, {"h", 60 * 60 * 1000}, {"d", 24 * 60 * 60 * 1000},
};

static const struct unit byte_units[] = {
    {"", 1},
    {"KiB", 1 << 10},
    {"MiB", 1 << 20},
    {"GiB", 1 << 30},
};

static bool parse_with_unit(struct str text, const struct unit *units, size_t unit_count,
                            int64_t *ret_value)
{
    size_t digits = 0;
    int64_t number;

    while (digits < text.n && ascii_is_digit(text.p[digits]))
        digits++;
    if (!str_to_int64((struct str){text.p, digits}, &number))
        return false;
    struct str suffix = {text.p + digits, text.n - digits};
    for (size_t i = 0; i < unit_count; i++)
        if (str_equal(suffix, str_of(units[i].suffix)))
            return !__builtin_mul_overflow(number, units[i].factor, ret_value);
    return false;
}

static bool parse_boolean(struct str text, bool *ret_value)
{
    static const struct {
        const char *word;
        bool value;
    } words[] = {
        {"true", true},   {"1", true},  {"yes", true}, {"on", true},
        {"false", false}, {"0", false}, {"no", false}, {"off", false},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(words); i++) {
        if (str_equal_nocase(text, str_of(words[i].word))) {
            *ret_value = words[i].value;
            return true;
        }
    }
    return false;
}

/* Whether a name is one is seen when it is bound. */
static bool is_address(struct str text)
{
    const char *colon = memrchr(text.p, ':', text.n);
    int64_t port;

    if (colon == NULL || colon == text.p)
        return false;
    const struct str host = {text.p, (size_t)(colon - text.p)};
    const bool has_brackets = host.p[0] == '[' && host.p[host.n - 1] == ']' && host.n > 2;
    if (!has_brackets && memchr(host.p, ':', host.n) != NULL)
        return false;
    return str_to_int64((struct str){colon + 1, text.n - host.n - 1}, &port) && port >= 0 &&
           port <= UINT16_MAX;
}

static bool is_socket(struct str text)
{
    return str_starts_with(text, STR("unix:")) || str_starts_with(text, STR("unix-abstract:"));
}

static const char *expectation(config_type type)
{
    switch (type) {
    case CONFIG_ADDRESS:
        return "an address such as 127.0.0.1:8080 or [::]:8080";
    case CONFIG_RPC_ADDRESS:
        return "an address such as 127.0.0.1:50051, [::]:50051 or unix:/path";
    case CONFIG_INTEGER:
        return "a whole number";
    case CONFIG_BOOLEAN:
        return "true or false";
    case CONFIG_DURATION_MS:
        return "a duration such as 250ms, 30s, 5m, 2h or 7d";
    case CONFIG_BYTES:
        return "a size such as 512, 64KiB, 50MiB or 2GiB";
    case CONFIG_STRING:
        break;
    }
    return "text";
}

static const char *range_unit(config_type type)
{
    return type == CONFIG_DURATION_MS ? " ms" : type == CONFIG_BYTES ? " bytes" : "";
}

static bool parse_number(config_type type, struct str text, int64_t *ret_value)
{
    if (type == CONFIG_DURATION_MS)
        return parse_with_unit(text, duration_units, ARRAY_LENGTH(duration_units), ret_value);
    if (type == CONFIG_BYTES)
        return parse_with_unit(text, byte_units, ARRAY_LENGTH(byte_units), ret_value);
    return str_to_int64(text, ret_value);
}

static status_code fail_type(const struct config_entry *entry, const char *text, struct status *st)
{
    return FAIL(st, STATUS_INVALID_ARGUMENT, "CONFIG", "%s must be %s, not '%.60s'", entry->name,
                expectation(entry->type), text);
}

static status_code load_number(const struct config_entry *entry, const char *text, void *member,
                               struct status *st)
{
    int64_t value = 0;
    bool has_range = entry->min != entry->max;
    bool is_valid = parse_number(entry->type, str_of(text), &value);

    if (is_valid && (!has_range || (value >= entry->min && value <= entry->max))) {
        memcpy(member, &value, sizeof(value));
        return STATUS_OK;
    }
    if (has_range)
        return FAIL(st, STATUS_INVALID_ARGUMENT, "CONFIG",
                    "%s must be %s, %" PRId64 " to %" PRId64 "%s, not '%.60s'", entry->name,
                    expectation(entry->type), entry->min, entry->max, range_unit(entry->type),
                    text);
    return fail_type(entry, text, st);
}

static status_code load_entry(const struct config_entry *entry, void *settings, struct status *st)
{
    void *member = (char *)settings + entry->offset;
    const char *text = getenv(entry->name);
    bool is_true;

    if (text == NULL || text[0] == '\0')
        text = entry->default_value;
    if (text == NULL)
        return FAIL(st, STATUS_INVALID_ARGUMENT, "CONFIG", "%s must be set: %s", entry->name,
                    entry->description);
    switch (entry->type) {
    case CONFIG_ADDRESS:
    case CONFIG_RPC_ADDRESS:
        if (!is_address(str_of(text)) &&
            (entry->type == CONFIG_ADDRESS || !is_socket(str_of(text))))
            return fail_type(entry, text, st);
        memcpy(member, &text, sizeof(text));
        return STATUS_OK;
    case CONFIG_STRING:
        memcpy(member, &text, sizeof(text));
        return STATUS_OK;
    case CONFIG_BOOLEAN:
        if (!parse_boolean(str_of(text), &is_true))
            return fail_type(entry, text, st);
        memcpy(member, &is_true, sizeof(is_true));
        return STATUS_OK;
    case CONFIG_INTEGER:
    case CONFIG_DURATION_MS:
    case CONFIG_BYTES:
        return load_number(entry, text, member, st);
    }
    return FAIL(st, STATUS_INTERNAL, NULL, "%s has no type", entry->name);
}

status_code config_load(const struct config_entry *entries, size_t count, void *ret_settings,
                        struct status *st)
{
    for (size_t i = 0; i < count; i++)
        TRY(load_entry(&entries[i], ret_settings, st));
    return STATUS_OK;
}

void config_print_help(FILE *out, const char *program, const char *purpose,
                       const struct config_entry *entries, size_t count)
{
    (void)fprintf(out, "%s: %s\n\nSettings come from environment variables:\n", program, purpose);
    for (size_t i = 0; i < count; i++) {
        const struct config_entry *entry = &entries[i];
        (void)fprintf(out, "\n  %s\n      %s", entry->name, entry->description);
        if (entry->min != entry->max)
            (void)fprintf(out, "; %" PRId64 " to %" PRId64 "%s", entry->min, entry->max,
                          range_unit(entry->type));
        if (entry->default_value == NULL)
            (void)fprintf(out, " (required)\n");
        else if (entry->default_value[0] == '\0')
            (void)fprintf(out, " (unset by default)\n");
        else
            (void)fprintf(out, " (default: %s)\n", entry->default_value);
    }
}
