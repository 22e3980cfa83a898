#include "services/export/file_window.h"

void file_window_init(struct file_window *window, sink_write_function write, void *arg,
                      int64_t first, int64_t limit)
{
    *window = (struct file_window){
        .write = write,
        .arg = arg,
        .left_out = first,
        .left = limit > 0 ? limit : INT64_MAX,
    };
}

status_code file_window_write(void *arg, const void *data, size_t length, struct status *st)
{
    struct file_window *window = arg;
    const char *bytes = data;

    window->seen += (int64_t)length;
    if (window->write == NULL)
        return STATUS_OK;
    if (window->left_out >= (int64_t)length) {
        window->left_out -= (int64_t)length;
        return STATUS_OK;
    }
    bytes += window->left_out;
    length -= (size_t)window->left_out;
    window->left_out = 0;
    if ((int64_t)length > window->left)
        length = (size_t)window->left;
    if (length == 0)
        return STATUS_OK;
    if (window->left != INT64_MAX)
        window->left -= (int64_t)length;
    return window->write(window->arg, bytes, length, st);
}

bool file_window_is_full(const struct file_window *window)
{
    return window->left == 0;
}

int64_t file_window_size(const struct file_window *window)
{
    return window->seen;
}
