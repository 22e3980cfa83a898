#include <string.h>

#include "lib/base/cleanup.h"
#include "services/chat/answer/answer.h"

static const struct {
    const char *language;
    const char *sentence;
} refusals[] = {
    {"en", "The document does not say this."},
    {"ar", "لا يذكر المستند ذلك."},
    {"bg", "Документът не казва това."},
    {"bn", "নথিতে এটি বলা নেই।"},
    {"ca", "El document no ho diu."},
    {"cs", "Dokument to neuvádí."},
    {"da", "Det fremgår ikke af dokumentet."},
    {"de", "Das steht nicht im Dokument."},
    {"el", "Το έγγραφο δεν το αναφέρει."},
    {"es", "El documento no lo dice."},
    {"et", "Dokumendis seda ei öelda."},
    {"fa", "سند این را نمی‌گوید."},
    {"fi", "Asiakirjassa ei kerrota tätä."},
    {"fr", "Le document ne le dit pas."},
    {"he", "המסמך אינו אומר זאת."},
    {"hi", "दस्तावेज़ में यह नहीं बताया गया है।"},
    {"hr", "To ne piše u dokumentu."},
    {"hu", "A dokumentum ezt nem mondja meg."},
    {"id", "Dokumen tidak menyebutkan hal ini."},
    {"it", "Il documento non lo dice."},
    {"ja", "文書にはそのことは書かれていません。"},
    {"ko", "문서에 그런 내용이 없습니다."},
    {"lt", "Dokumente to nėra."},
    {"lv", "Dokumentā tas nav minēts."},
    {"nb", "Det står ikke i dokumentet."},
    {"nl", "Dat staat niet in het document."},
    {"nn", "Det står ikkje i dokumentet."},
    {"no", "Det står ikke i dokumentet."},
    {"pl", "Dokument tego nie podaje."},
    {"pt", "O documento não o diz."},
    {"ro", "Documentul nu spune acest lucru."},
    {"ru", "В документе об этом не говорится."},
    {"sk", "Dokument to neuvádza."},
    {"sl", "Dokument tega ne navaja."},
    {"sr", "То не пише у документу."},
    {"sv", "Det framgår inte av dokumentet."},
    {"th", "เอกสารไม่ได้ระบุเรื่องนี้"},
    {"tr", "Belgede bu bilgi yok."},
    {"uk", "У документі про це не йдеться."},
    {"ur", "دستاویز میں یہ نہیں بتایا گیا۔"},
    {"vi", "Tài liệu không nói điều này."},
    {"zh", "文件中没有说明这一点。"},
};

const char *answer_refusal(const char *language)
{
    for (size_t i = 0; i < ARRAY_LENGTH(refusals); i++)
        if (strcmp(refusals[i].language, language) == 0)
            return refusals[i].sentence;
    return refusals[0].sentence;
}
