#include "bridge/http/http2_upgrade.h"

enum { BITS_PER_DIGIT = 6, BITS = 8, SETTING_BYTES = 6 };

static int digit_of(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '-' ? 62 : c == '_' ? 63 : -1;
}

/* token68 in base64url (RFC 4648 §5), its padding left out or not. */
static bool decode(struct str text, uint8_t *bytes, size_t room, size_t *ret_length)
{
    uint32_t kept = 0;
    size_t used = 0;
    int bits = 0;

    while (text.n > 0 && text.p[text.n - 1] == '=')
        text.n--;
    for (size_t i = 0; i < text.n; i++) {
        int digit = digit_of(text.p[i]);

        if (digit < 0)
            return false;
        kept = kept << BITS_PER_DIGIT | (uint32_t)digit;
        bits += BITS_PER_DIGIT;
        if (bits < BITS)
            continue;
        if (used == room)
            return false;
        bits -= BITS;
        bytes[used++] = (uint8_t)(kept >> bits);
    }
    *ret_length = used;
    return used % SETTING_BYTES == 0;
}

bool http2_upgrade_is_asked(const struct http1_head *head,
                            uint8_t ret_settings[static HTTP2_UPGRADE_SETTINGS_MAX],
                            size_t *ret_length)
{
    bool is_h2c = false, names_upgrade = false, names_settings = false;
    struct str settings = {0};
    int settings_count = 0;

    if (head->minor_version == 0 || head->is_chunked || head->content_length > 0)
        return false;
    for (size_t i = 0; i < head->field_count; i++) {
        const struct header_field *field = &head->fields[i];

        if (str_equal(field->name, STR("upgrade"))) {
            is_h2c = is_h2c || header_list_has(field->value, STR("h2c"));
        } else if (str_equal(field->name, STR("connection"))) {
            names_upgrade = names_upgrade || header_list_has(field->value, STR("upgrade"));
            names_settings = names_settings || header_list_has(field->value, STR("http2-settings"));
        } else if (str_equal(field->name, STR("http2-settings"))) {
            settings = field->value;
            settings_count++;
        }
    }
    return is_h2c && names_upgrade && names_settings && settings_count == 1 &&
           decode(settings, ret_settings, HTTP2_UPGRADE_SETTINGS_MAX, ret_length);
}
