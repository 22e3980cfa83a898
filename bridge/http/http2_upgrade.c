#include "bridge/http/http2_upgrade.h"

#include "lib/base/base64.h"

enum { SETTING_BYTES = 6 };

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
           base64_decode(settings, BASE64_URL, ret_settings, HTTP2_UPGRADE_SETTINGS_MAX,
                         ret_length) &&
           *ret_length % SETTING_BYTES == 0;
}
