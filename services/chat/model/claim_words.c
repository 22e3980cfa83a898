#include "services/chat/model/claim_words.h"

#include <string.h>

/* Words with a space on each side. */
static const struct {
    claim_turn turn;
    const char *words;
} turn_words[] = {
    {TURN_NEGATION,
     " not no nor neither never none nothing nobody cannot can't don't doesn't didn't isn't aren't "
     "wasn't weren't won't shouldn't mustn't without nicht kein keine keinen keinem keiner keines "
     "nie niemals ohne weder noch nichts niemand ne pas jamais sans aucun aucune ni rien non nunca "
     "jamás jamas sin ningún ningun ninguno ninguna tampoco nada mai senza nessun nessuno nessuna "
     "não nao sem nenhum nenhuma nem niet geen nooit zonder noch ikke ingen aldrig uten uden inte "
     "inget inga utan aldri ei eivät eivat ilman не нет ни без никогда нельзя ні немає nie bez ani "
     "nigdy żaden zaden žádný zadny nikdy není neni değil degil yok olmadan nem nincs nélkül "
     "nelkul "
     "nu fără fara nici δεν μη μην όχι οχι χωρίς χωρις لا ليس لم لن غير بدون بلا לא אין בלי ללא "
     "नहीं बिना न مत نہ نہیں không khong chưa chua tidak bukan tanpa belum "},
    {TURN_RESTRICTION,
     " only except unless excluding solely nur außer ausser ausgenommen sofern lediglich seulement "
     "sauf excepté excepte uniquement hormis solo sólo solamente salvo excepto únicamente "
     "unicamente soltanto tranne eccetto só apenas exceto somente alleen behalve tenzij "
     "uitsluitend "
     "только кроме исключением tylko oprócz oprocz wyłącznie wylacznie pouze kromě krome sadece "
     "yalnız hariç haric kun bare endast bara vain csak kivéve doar numai فقط إلا "
     "باستثناء רק למעט केवल सिवाय chỉ trừ hanya kecuali "},
    {TURN_BEFORE,
     " before until till prior earlier vor bevor bis vorher avant jusqu jusque antes hasta até ate "
     "prima fino entro tot до перед przed před pred önce once kadar før innan före ennen "
     "قبل حتى לפני עד पहले "},
    {TURN_AFTER, " after since later following nach seit nachdem après apres depuis después "
                 "despues desde depois dopo sinds после sonra itibaren efter siden "
                 "sedan jälkeen بعد منذ אחרי מאז बाद "},
    {TURN_MORE,
     " more least over above minimum exceed exceeds mehr mindestens über wenigstens plus moins "
     "minimum más mas mínimo minimo più piu almeno oltre mais meer minstens более больше "
     "выше więcej wiecej najmniej více vice nejméně fazla mer mindst minst أكثر अधिक "},
    {TURN_LESS,
     " less fewer most below under maximum weniger höchstens hochstens unter maximal moins maximum "
     "menos máximo maximo meno massimo minder maximaal hoogstens менее меньше ниже максимум mniej "
     "najwyżej najwyzej méně mene az mindre højst högst أقل कम "},
    {TURN_DUTY,
     " must shall should required obliged muss müssen mussen soll sollen sollte doit doivent "
     "devra debe deben deberá debera deve devono devem deverá moet moeten должен должна должны "
     "обязан musi muszą musza musí musi gerekir zorunlu skal måste täytyy يجب חייב चाहिए "},
    {TURN_LEAVE,
     " may can could might kann können konnen könnte darf dürfen durfen peut peuvent pourra puede "
     "pueden podrá podra può puo possono pode podem poderá kan kunnen mag mogen может могут вправе "
     "może moze mogą moga může muze olabilir edebilir får voi يمكن يجوز יכול सकता सकते "},
    {TURN_SAYING,
     " say says said saying tell tells ignore disregard forget pretend answer respond reply "
     "instruction instructions prompt claims alleges alleged allegedly believes supposed "
     "supposedly "
     "if whether would sage sag sagt antworte antworten antwortet ignoriere ignorieren ignoriert "
     "vergiss vergessen behauptet angeblich wenn falls ob würde wäre anweisung anweisungen dis "
     "dites répondez repondez réponds reponds répondre repondre ignorez oubliez oublie prétend "
     "pretend si serait aurait diga digan responde responda respondan ignora ignoren olvida olvide "
     "sería seria habría habria instrucciones rispondi rispondete ignorate dimentica se sarebbe "
     "istruzioni instruções instrucoes esqueça esqueca zeg antwoord negeer vergeet indien zou "
     "instructies скажи скажите ответь ответьте игнорируй игнорируйте забудь если бы якобы "
     "инструкции powiedz odpowiedz zignoruj zapomnij jeśli jesli jeżeli jezeli gdyby řekni rekni "
     "odpověz odpovez ignoruj pokud kdyby yoksay söyle soyle cevapla eğer eger säg svara ignorera "
     "svar ignorer hvis sano vastaa jos تجاهل قل أجب إذا اذا אמור התעלם אם अगर यदि कहो nếu nói "
     "jika "
     "katakan abaikan "},
};

/* Where words are not parted by spaces, as parts of words. */
static const struct {
    claim_turn turn;
    const char *parts; /* by spaces */
} turn_parts[] = {
    {TURN_NEGATION, "不 没 沒 無 无 未 非 ない ません 않 없 못 아니 ไม่"},
    {TURN_SAYING, "忽略 回答 如果 无视 無視 答え もし 무시 대답 만약 ถ้า"},
};

/* None that is something else in another language: "of", "en", "a", "i", "o". */
static const char joining_words[] =
    " and or und oder sowie et ou y e и или oraz lub nebo ve veya og och eller tai és vagy și sau "
    "και ή و أو ו או और या và hoặc dan atau と や 和 与 及 或 및 또는 และ ";

/* Of currencies (ISO 4217), as far as they have a sign of their own. */
static const struct {
    const char *sign;
    const char *others; /* as the sign itself is, any of these */
} signs[] = {
    {"%", " percent Prozent prozent pour-cent porcentaje ciento percento procent процент "},
    {"$", " USD US$ dollar dollars Dollar CAD AUD dólares dólar "},
    {"\u20ac", " EUR Euro euro euros EURO "},
    {"\u00a3", " GBP pound pounds Pfund livres "},
    {"\u00a5", " JPY CNY RMB yen yuan 円 元 "},
    {"\u20b9", " INR Rs rupees रुपये "},
    {"\u20bd", " RUB руб рублей "},
    {"\u20ba", " TRY TL "},
    {"\u20a9", " KRW 원 "},
};

bool claim_word_is_among(const struct word *word, const char *list)
{
    char wanted[64] = " ";

    if (word->form.n == 0 || word->form.n > sizeof(wanted) - 3)
        return false;
    memcpy(wanted + 1, word->form.p, word->form.n);
    wanted[word->form.n + 1] = ' ';
    wanted[word->form.n + 2] = '\0';
    return strstr(list, wanted) != NULL;
}

static bool contains(struct str text, const char *part)
{
    return text.n > 0 && memmem(text.p, text.n, part, strlen(part)) != NULL;
}

static bool has_any_of(struct str text, const char *list)
{
    struct str rest = str_of(list), word;
    char wanted[64];

    while (str_next_token(&rest, ' ', &word)) {
        if (word.n == 0 || word.n >= sizeof(wanted))
            continue;
        memcpy(wanted, word.p, word.n);
        wanted[word.n] = '\0';
        if (contains(text, wanted))
            return true;
    }
    return false;
}

uint32_t claim_word_turns(const struct word *word)
{
    uint32_t turns = 0;

    for (size_t i = 0; i < ARRAY_LENGTH(turn_words); i++)
        if (claim_word_is_among(word, turn_words[i].words))
            turns |= turn_words[i].turn;
    for (size_t i = 0; i < ARRAY_LENGTH(turn_parts); i++)
        if (has_any_of(word->form, turn_parts[i].parts))
            turns |= turn_parts[i].turn;
    return turns;
}

uint32_t claim_words_turns(const struct word *words, size_t count)
{
    uint32_t turns = 0;

    for (size_t i = 0; i < count; i++)
        turns |= claim_word_turns(&words[i]);
    return turns;
}

bool claim_word_joins(const struct word *word)
{
    return claim_word_is_among(word, joining_words);
}

static bool has_sign(struct str text, size_t sign)
{
    return contains(text, signs[sign].sign) || has_any_of(text, signs[sign].others);
}

bool claim_signs_stand_in(struct str claim, struct str text, struct str context)
{
    for (size_t i = 0; i < ARRAY_LENGTH(signs); i++)
        if (contains(claim, signs[i].sign) && !has_sign(text, i) && !has_sign(context, i))
            return false;
    return true;
}
