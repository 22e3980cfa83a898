#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <tesseract/capi.h>

#include "services/ocr/language.h"

/* Finds orientation and script, and reads nothing. */
#define ORIENTATION_MODEL "osd"

static char **installed_models(TessBaseAPI **ret_api)
{
    TessBaseAPI *api = TessBaseAPICreate();

    assert_int_equal(TessBaseAPIInit3(api, NULL, ORIENTATION_MODEL), 0);
    *ret_api = api;
    return TessBaseAPIGetAvailableLanguagesAsVector(api);
}

static bool is_among(const char *model, char **models)
{
    for (; *models != NULL; models++) {
        const char *name = strncmp(*models, "script/", 7) == 0 ? *models + 7 : *models;
        if (strcmp(name, model) == 0)
            return true;
    }
    return false;
}

/* Debian's tesseract-ocr-all is what is installed. */
static void test_every_language_has_its_model_installed(void **state)
{
    TessBaseAPI *api;
    char **models = installed_models(&api);

    for (size_t i = 0; i < language_count(); i++)
        if (!is_among(language_at(i)->tesseract, models))
            fail_msg("no model '%s' is installed", language_at(i)->tesseract);
    TessDeleteTextArray(models);
    TessBaseAPIDelete(api);
}

static void test_every_installed_model_can_be_asked_for(void **state)
{
    TessBaseAPI *api;
    char **models = installed_models(&api);

    for (char **model = models; *model != NULL; model++)
        if (strcmp(*model, ORIENTATION_MODEL) != 0 && language_find(str_of(*model)) == NULL)
            fail_msg("the model '%s' is in no language", *model);
    TessDeleteTextArray(models);
    TessBaseAPIDelete(api);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_language_has_its_model_installed),
        cmocka_unit_test(test_every_installed_model_can_be_asked_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
