#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "services/export/xml_writer.h"

static status_code keep(void *arg, const void *data, size_t length, struct status *st)
{
    assert_true(buf_append(arg, data, length));
    return STATUS_OK;
}

static status_code refuse(void *arg, const void *data, size_t length, struct status *st)
{
    return FAIL(st, STATUS_CANCELLED, NULL, "the client is gone");
}

static void test_what_is_written_comes_out_escaped_and_clean(void **state)
{
    struct buf out;
    struct sink sink;
    struct status st = {0};

    buf_init(&out, 1 << 16);
    sink_init(&sink, keep, &out);
    struct xml_writer *writer = xml_writer_new(&sink);
    xml_declaration(writer);
    xml_begin(writer, "a");
    xml_attribute(writer, "title", "\"<&>\" ä 中 \x01\xFF\n");
    xml_attributef(writer, "n", "%d %s", 7, "x");
    xml_text(writer, "<b> & ]]> ä 中 \x01\xEF\xBF\xBF");
    xml_begin(writer, "c");
    xml_end(writer);
    xml_begin(writer, "c");
    xml_end_full(writer);
    xml_element(writer, "d", "");
    xml_raw(writer, "<!-- -->");
    xml_end(writer);
    xml_flush(writer);
    assert_int_equal(sink_finish(&sink, &st), STATUS_OK);
    assert_string_equal(out.data,
                        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                        "<a title=\"&quot;&lt;&amp;&gt;&quot; ä 中 \xEF\xBF\xBD&#10;\" n=\"7 x\">"
                        "&lt;b&gt; &amp; ]]&gt; ä 中 \xEF\xBF\xBD<c/><c></c><d></d><!-- --></a>");
    xml_writer_free(writer);
    sink_deinit(&sink);
    buf_deinit(&out);
}

static void test_a_failure_of_the_sink_ends_the_writing(void **state)
{
    static char text[SINK_CHUNK_MAX_BYTES + 1];
    struct sink sink;
    struct status st = {0};

    memset(text, 'x', sizeof(text) - 1);
    sink_init(&sink, refuse, NULL);
    struct xml_writer *writer = xml_writer_new(&sink);
    xml_begin(writer, "a");
    xml_text(writer, text);
    xml_flush(writer);
    xml_text(writer, text);
    assert_int_equal(sink_check(&sink, &st), STATUS_CANCELLED);
    xml_writer_free(writer);
    sink_deinit(&sink);
}

static void test_no_writer_takes_everything(void **state)
{
    xml_declaration(NULL);
    xml_begin(NULL, "a");
    xml_attributef(NULL, "n", "%d", 1);
    xml_text(NULL, "text");
    xml_end(NULL);
    xml_flush(NULL);
    xml_writer_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_written_comes_out_escaped_and_clean),
        cmocka_unit_test(test_a_failure_of_the_sink_ends_the_writing),
        cmocka_unit_test(test_no_writer_takes_everything),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
