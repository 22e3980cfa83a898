#include "lib/db/rows.h"

#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/db/connection.h"
#include "lib/log/log.h"

/* Types of the server that the getters know (pg_type.dat); those a user made start at 16384. */
enum {
    OID_BOOL = 16,
    OID_BYTEA = 17,
    OID_CHAR = 18,
    OID_NAME = 19,
    OID_INT8 = 20,
    OID_INT2 = 21,
    OID_INT4 = 23,
    OID_TEXT = 25,
    OID_OID = 26,
    OID_JSON = 114,
    OID_FLOAT4 = 700,
    OID_FLOAT8 = 701,
    OID_UNKNOWN = 705,
    OID_BPCHAR = 1042,
    OID_VARCHAR = 1043,
    OID_TIMESTAMPTZ = 1184,
    OID_UUID = 2950,
    OID_JSONB = 3802,
    OID_FIRST_OF_USER = 16384,
};

enum { UUID_BYTES = 16, UUID_TEXT_LENGTH = 36 };

/* From 1970-01-01 to 2000-01-01, where PostgreSQL counts its microseconds from. */
static const int64_t postgres_epoch_us = INT64_C(946684800) * 1000000;

struct db_rows {
    PGresult *result;
    size_t uuid_columns;
    char *uuid_texts; /* row by row, UUID_TEXT_LENGTH bytes for each uuid column */
};

static void format_uuid(const unsigned char bytes[static UUID_BYTES],
                        char text[static UUID_TEXT_LENGTH])
{
    static const char digits[] = "0123456789abcdef";
    char *out = text;

    for (size_t i = 0; i < UUID_BYTES; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *out++ = '-';
        *out++ = digits[bytes[i] >> 4];
        *out++ = digits[bytes[i] & 15];
    }
}

static size_t uuid_columns_before(const PGresult *result, int end)
{
    size_t count = 0;

    for (int column = 0; column < end; column++)
        count += PQftype(result, column) == OID_UUID;
    return count;
}

/* UUIDs arrive as 16 bytes and are wanted as text; done here, where failing is still possible. */
static status_code convert_uuids(struct db_rows *rows, struct status *st)
{
    const PGresult *result = rows->result;
    size_t row_count = (size_t)PQntuples(result);

    rows->uuid_columns = uuid_columns_before(result, PQnfields(result));
    if (rows->uuid_columns == 0 || row_count == 0)
        return STATUS_OK;
    char *out = rows->uuid_texts = calloc(row_count * rows->uuid_columns, UUID_TEXT_LENGTH);
    if (out == NULL)
        return FAIL_MEMORY(st);
    for (int row = 0; row < (int)row_count; row++) {
        for (int column = 0; column < PQnfields(result); column++) {
            if (PQftype(result, column) != OID_UUID)
                continue;
            if (!PQgetisnull(result, row, column))
                format_uuid((const unsigned char *)PQgetvalue(result, row, column), out);
            out += UUID_TEXT_LENGTH;
        }
    }
    return STATUS_OK;
}

status_code db_rows_new(PGresult *result, struct db_rows **ret_rows, struct status *st)
{
    _cleanup_(db_rows_freep) struct db_rows *rows = calloc(1, sizeof(*rows));

    if (rows == NULL) {
        PQclear(result);
        return FAIL_MEMORY(st);
    }
    rows->result = result;
    TRY(convert_uuids(rows, st));
    *ret_rows = TAKE(rows);
    return STATUS_OK;
}

void db_rows_free(struct db_rows *rows)
{
    if (rows == NULL)
        return;
    PQclear(rows->result);
    free(rows->uuid_texts);
    free(rows);
}

size_t db_row_count(const struct db_rows *rows)
{
    return (size_t)PQntuples(rows->result);
}

/* A mistake in the program, found at the first row of its first run. */
static void refuse(const struct db_rows *rows, int column, const char *wanted)
{
    const char *name = PQfname(rows->result, column);

    log_write(LOG_ERROR, "a column is read as another type than it has", LOG_STRING("column", name),
              LOG_STRING("wanted", wanted),
              LOG_INTEGER("type_oid", (int64_t)PQftype(rows->result, column)));
    abort();
}

static void check_place(const struct db_rows *rows, size_t row, size_t column)
{
    if (row < db_row_count(rows) && column < (size_t)PQnfields(rows->result))
        return;
    log_write(LOG_ERROR, "a row or column is read that the result does not have",
              LOG_INTEGER("row", (int64_t)row), LOG_INTEGER("column", (int64_t)column));
    abort();
}

bool db_is_null(const struct db_rows *rows, size_t row, size_t column)
{
    check_place(rows, row, column);
    return PQgetisnull(rows->result, (int)row, (int)column) != 0;
}

/* Big-endian integer of `length` bytes, as it is on the wire. */
static int64_t integer_from_wire(const char *bytes, int length)
{
    uint16_t two;
    uint32_t four;
    uint64_t eight;

    switch (length) {
    case 2:
        memcpy(&two, bytes, sizeof(two));
        return (int16_t)be16toh(two);
    case 4:
        memcpy(&four, bytes, sizeof(four));
        return (int32_t)be32toh(four);
    default:
        memcpy(&eight, bytes, sizeof(eight));
        return (int64_t)be64toh(eight);
    }
}

static int64_t integer_at(const struct db_rows *rows, size_t row, size_t column)
{
    return integer_from_wire(PQgetvalue(rows->result, (int)row, (int)column),
                             PQgetlength(rows->result, (int)row, (int)column));
}

int64_t db_integer(const struct db_rows *rows, size_t row, size_t column)
{
    bool is_null = db_is_null(rows, row, column);
    Oid type = PQftype(rows->result, (int)column);

    if (type != OID_INT8 && type != OID_INT4 && type != OID_INT2 && type != OID_OID)
        refuse(rows, (int)column, "integer");
    return is_null ? 0 : integer_at(rows, row, column);
}

double db_real(const struct db_rows *rows, size_t row, size_t column)
{
    bool is_null = db_is_null(rows, row, column);
    Oid type = PQftype(rows->result, (int)column);

    if (type != OID_FLOAT8 && type != OID_FLOAT4)
        refuse(rows, (int)column, "real");
    if (is_null)
        return 0;
    int64_t bits = integer_at(rows, row, column);
    if (type == OID_FLOAT4) {
        uint32_t single_bits = (uint32_t)bits;
        float single;
        memcpy(&single, &single_bits, sizeof(single));
        return (double)single;
    }
    double value;
    memcpy(&value, &bits, sizeof(value));
    return value;
}

bool db_boolean(const struct db_rows *rows, size_t row, size_t column)
{
    bool is_null = db_is_null(rows, row, column);

    if (PQftype(rows->result, (int)column) != OID_BOOL)
        refuse(rows, (int)column, "boolean");
    return !is_null && PQgetvalue(rows->result, (int)row, (int)column)[0] != 0;
}

static bool is_text(Oid type)
{
    switch (type) {
    case OID_TEXT:
    case OID_VARCHAR:
    case OID_BPCHAR:
    case OID_NAME:
    case OID_CHAR:
    case OID_UNKNOWN:
    case OID_JSON:
    case OID_JSONB:
    case OID_UUID:
        return true;
    default:
        return type >= OID_FIRST_OF_USER; /* enums and domains over text */
    }
}

struct str db_text(const struct db_rows *rows, size_t row, size_t column)
{
    bool is_null = db_is_null(rows, row, column);
    Oid type = PQftype(rows->result, (int)column);

    if (!is_text(type))
        refuse(rows, (int)column, "text");
    if (is_null)
        return (struct str){NULL, 0};
    if (type == OID_UUID) {
        size_t index = row * rows->uuid_columns + uuid_columns_before(rows->result, (int)column);
        return (struct str){rows->uuid_texts + index * UUID_TEXT_LENGTH, UUID_TEXT_LENGTH};
    }
    struct str text = {PQgetvalue(rows->result, (int)row, (int)column),
                       (size_t)PQgetlength(rows->result, (int)row, (int)column)};
    if (type == OID_JSONB && text.n > 0) { /* a version byte comes first (jsonb_send) */
        text.p++;
        text.n--;
    }
    return text;
}

struct str db_bytes(const struct db_rows *rows, size_t row, size_t column)
{
    bool is_null = db_is_null(rows, row, column);

    if (PQftype(rows->result, (int)column) != OID_BYTEA)
        refuse(rows, (int)column, "bytes");
    if (is_null)
        return (struct str){NULL, 0};
    return (struct str){PQgetvalue(rows->result, (int)row, (int)column),
                        (size_t)PQgetlength(rows->result, (int)row, (int)column)};
}

int64_t db_time(const struct db_rows *rows, size_t row, size_t column)
{
    bool is_null = db_is_null(rows, row, column);
    int64_t wall_us, wall_ns;

    if (PQftype(rows->result, (int)column) != OID_TIMESTAMPTZ)
        refuse(rows, (int)column, "time");
    if (is_null)
        return 0;
    int64_t server_us = integer_at(rows, row, column);
    if (__builtin_add_overflow(server_us, postgres_epoch_us, &wall_us) ||
        __builtin_mul_overflow(wall_us, INT64_C(1000), &wall_ns))
        return server_us < 0 ? INT64_MIN : INT64_MAX; /* infinity, or beyond the year 2262 */
    return wall_ns;
}

const char *db_text_copy(const struct db_rows *rows, size_t row, size_t column, struct arena *arena)
{
    struct str text = db_text(rows, row, column);

    return arena_strndup(arena, text.n > 0 ? text.p : "", text.n);
}
