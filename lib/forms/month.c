#include "lib/forms/month.h"

#include "lib/base/str.h"

/* The names of the months, folded, in English, German, French, Spanish, Italian, Portuguese, Dutch,
 * the Scandinavian languages, Polish, Russian, Arabic, Hindi, Turkish and Czech, and abbreviations
 * that are no beginnings of them. */
static const char *const month_names[] = {
    "january januar janvier enero gennaio janeiro januari stycznia styczen январь января янв يناير "
    "जनवरी ocak leden ledna",
    "february februar fevrier febrero febbraio fevereiro februari lutego luty февраль февраля фев "
    "فبراير फरवरी फ़रवरी subat unor unora",
    "march marz mars marzo marco maart mrt mrz maerz marts marca marzec март марта мар مارس मार्च "
    "mart brezen brezna",
    "april avril abril aprile kwietnia kwiecien апрель апреля апр أبريل ابريل अप्रैल nisan duben "
    "dubna",
    "may mai mayo maggio maio mei maj maja май мая مايو मई mayis kveten kvetna",
    "june juni juin junio giugno junho czerwca czerwiec июнь июня июн يونيو जून haziran cerven "
    "cervna",
    "july juli juillet julio luglio julho lipca lipiec июль июля июл يوليو जुलाई temmuz cervenec "
    "cervence",
    "august aout agosto augustus augusti sierpnia sierpien август августа авг أغسطس اغسطس अगस्त "
    "agustos srpen srpna",
    "september septembre septiembre settembre setembro wrzesnia wrzesien сентябрь сентября сен "
    "سبتمبر सितंबर सितम्बर eylul zari",
    "october oktober octobre octubre ottobre outubro pazdziernika октябрь октября окт أكتوبر "
    "اكتوبر अक्टूबर ekim rijen rijna",
    "november novembre noviembre novembro listopada listopad ноябрь ноября ноя نوفمبر नवंबर नवम्बर "
    "kasim",
    "december dezember decembre diciembre dicembre dezembro desember grudnia grudzien декабрь "
    "декабря дек ديسمبر दिसंबर दिसम्बर aralik prosinec prosince",
};

enum {
    MONTH_BEGIN_MIN = 3,       /* letters that tell a month */
    MONTH_BEGIN_OTHER_MIN = 6, /* bytes of them in other scripts */
};

int month_of_name(const char *token)
{
    struct str begin = str_of(token);

    if (begin.n < MONTH_BEGIN_MIN ||
        (((unsigned char)token[0] & 0x80) != 0 && begin.n < MONTH_BEGIN_OTHER_MIN))
        return 0;
    for (size_t i = 0; i < ARRAY_LENGTH(month_names); i++) {
        struct str rest = str_of(month_names[i]);
        struct str name;
        while (str_next_token(&rest, ' ', &name))
            if (str_starts_with(name, begin))
                return (int)i + 1;
    }
    return 0;
}
