#include "services/chat/text/text_language.h"

#include <string.h>

/* Function words as they are written, with marks and in lower case; question words too, for they
 * say what kind of answer is wanted, not where it stands. */
static const struct text_language languages[] = {
    {"en", "eng", "Latn", "english", 0, "", "",
     "a an the and or but if of in on at by for from to with without into onto over under about as "
     "is are was were be been being am do does did done has have had having will would shall "
     "should "
     "can could may might must not no nor so than then that this these those there here it its he "
     "she they we you i me him her them us my your his our their who whom whose which what when "
     "where why how many much any some such each per also only just very up down out off between "
     "during before after please tell give show does's"},
    {"de", "deu ger", "Latn", "german", 0, "", "äöüß",
     "der die das den dem des ein eine einer eines einem einen und oder aber wenn weil dass daß "
     "als "
     "wie in im am an auf aus bei beim mit nach von vom vor zu zum zur für über unter um durch "
     "gegen "
     "ohne bis seit während wegen ist sind war waren wird werden wurde wurden sein bin bist sei "
     "seien hat haben hatte hatten kann können konnte muss müssen soll sollen sollte darf dürfen "
     "will wollen nicht kein keine keinen keiner ich du er sie es wir ihr mich mir dich dir ihn "
     "ihm "
     "uns euch ihnen mein dein sein seine seiner ihre ihrer ihrem ihren unser dieser diese dieses "
     "diesem diesen jener wer wen wem wessen was wann wo wohin woher warum wieso weshalb welcher "
     "welche welches welchem welchen viel viele wieviel auch nur noch schon sich so da dann doch "
     "man zwischen gibt es bitte lautet"},
    {"fr", "fra fre", "Latn", "french", GROUPS_BY_SPACE | ELIDES, "", "çœùêàèû",
     "le la les l un une des du de d et ou mais si que qu qui quoi dont où quand comment pourquoi "
     "combien quel quelle quels quelles lequel laquelle dans en sur sous avec sans pour par à au "
     "aux chez vers entre depuis pendant avant après est sont était étaient être été sera seront a "
     "ont avait avoir ai as avons avez fait faire peut peuvent doit doivent ne n pas plus moins "
     "non "
     "je j tu il elle on nous vous ils elles me m te t se s lui leur leurs mon ma mes ton ta tes "
     "son sa ses notre nos votre vos ce c cet cette ces cela ça y comme aussi très tout toute tous "
     "toutes même donc car ni"},
    {"es", "spa", "Latn", "spanish", 0, "ñ", "ñ¿¡áíó",
     "el la los las lo un una unos unas y e o u pero si que qué quien quién quienes cual cuál "
     "cuales cuáles cuando cuándo donde dónde adónde como cómo cuanto cuánto cuanta cuánta cuantos "
     "cuántos cuantas cuántas porque por para con sin de del en a al ante bajo desde entre hacia "
     "hasta según sobre tras durante es son era eran ser sido está están estar fue fueron será "
     "serán ha han había haber hay hace hacer puede pueden debe deben no ni más menos muy ya yo tú "
     "él ella ello nosotros ustedes ellos ellas me te se le les nos mi mis tu tus su sus nuestro "
     "este esta esto estos estas ese esa eso esos esas aquel también sólo solo todo toda todos"},
    {"it", "ita", "Latn", "italian", ELIDES, "", "òìàù",
     "il lo la i gli le l un uno una e ed o ma se che chi cui quale quali quando dove come perché "
     "quanto quanta quanti quante di del dello della dei degli delle dell a al allo alla ai agli "
     "alle all da dal dallo dalla dai dagli dalle dall in nel nello nella nei negli nelle nell con "
     "su sul sullo sulla sui sugli sulle sull per tra fra senza entro dopo prima è sono era erano "
     "essere stato stata sarà saranno ha hanno aveva avere ho abbiamo può possono deve devono non "
     "né più meno io tu lui lei noi voi loro mi ti si ci vi ne suo sua suoi sue mio tuo nostro "
     "questo questa questi queste quello quella quelli quelle quest anche solo molto tutto tutti "
     "cosa qual dov com"},
    {"pt", "por", "Latn", "portuguese", 0, "", "ãõç",
     "o a os as um uma uns umas e ou mas se que quem qual quais quando onde aonde como porque "
     "porquê quanto quanta quantos quantas de do da dos das em no na nos nas por pelo pela pelos "
     "pelas para com sem sob sobre entre desde até após durante ao à aos às é são era eram ser "
     "sido "
     "está estão foi foram será serão tem têm tinha ter há pode podem deve devem não nem mais "
     "menos "
     "muito já eu tu ele ela nós vós eles elles você vocês me te lhe lhes meu minha seu sua seus "
     "suas nosso este esta isto estes estas esse essa isso esses essas aquele aquela também só "
     "todo toda todos"},
    {"nl", "nld dut", "Latn", "dutch", 0, "", "",
     "de het een en of maar als dat die dit deze wie wat wanneer waar waarom hoe hoeveel welk "
     "welke "
     "van in op aan bij met voor door over onder uit naar tot tussen tegen zonder tijdens na sinds "
     "om te is zijn was waren wordt worden werd werden ben bent heeft hebben had hadden kan kunnen "
     "moet moeten mag mogen zal zullen niet geen ik jij je u hij zij ze wij we jullie hen hun hem "
     "haar mij me ons onze mijn jouw uw er ook nog dan zo zich men alle al per"},
    {"sv", "swe", "Latn", "swedish", GROUPS_BY_SPACE, "åäö", "åäö",
     "en ett den det de och eller men om att som vem vad när var vart varför hur vilken vilket "
     "vilka av i på vid med för från till under över genom mellan utan efter före innan är var "
     "vara varit blir bli blev har hade ha kan kunna ska skall skulle måste får inte ej jag du han "
     "hon vi ni dem mig dig honom henne oss er min din sin sitt sina hans hennes vår deras denna "
     "detta dessa också bara mycket många hur så då när man"},
    {"da", "dan", "Latn", "danish", 0, "æøå", "æøå",
     "en et den det de og eller men om at som der hvem hvad hvornår hvor hvorfor hvordan hvilken "
     "hvilket hvilke af i på ved med for fra til under over gennem mellem uden efter før er var "
     "være været bliver blive blev har havde have kan kunne skal skulle må ikke jeg du han hun vi "
     "i "
     "dem mig dig ham hende os jer min din sin sit sine hans hendes vores deres denne dette disse "
     "også kun meget mange så da når man"},
    {"no", "nor nob nno nb nn", "Latn", "norwegian", GROUPS_BY_SPACE, "æøå", "æøå",
     "en ei et den det de og eller men om at som hvem hva når hvor hvorfor hvordan hvilken hvilket "
     "hvilke av i på ved med for fra til under over gjennom mellom uten etter før er var være vært "
     "blir bli ble har hadde ha kan kunne skal skulle må ikke jeg du han hun vi dere dem meg deg "
     "ham henne oss min din sin sitt sine hans hennes vår deres denne dette disse også bare mye "
     "mange så da man eg ikkje ein eit"},
    {"fi", "fin", "Latn", "finnish", GROUPS_BY_SPACE | ENDINGS_TELL_ROLES, "åäö", "äö",
     "ja tai mutta jos että kun kuin niin joka jotka mikä mitkä mitä kuka ketkä ketä milloin koska "
     "missä mistä mihin miksi miten kuinka paljonko montako on ovat oli olivat olla ollut ei eivät "
     "en et emme minä sinä hän me te he se ne tämä tuo nämä nuo sen tämän myös vain sekä ennen "
     "jälkeen kanssa ilman"},
    {"pl", "pol", "Latn", NULL, GROUPS_BY_SPACE, "", "łąęśćżź",
     "i oraz lub albo ale czy że żeby jeśli gdy kiedy gdzie skąd dokąd dlaczego jak ile kto kogo "
     "komu kim co czego czemu czym jaki jaka jakie jakich który która które którzy których w we na "
     "z ze do od dla po przy przez pod nad między bez o u za przed jest są był była było były być "
     "będzie będą ma mają nie tak ja ty on ona ono my wy oni one się go mu jej ich mój swój nasz "
     "ten ta to te ci tego tej tych tym także też tylko już jako"},
    {"cs", "ces cze", "Latn", NULL, GROUPS_BY_SPACE, "", "ěřů",
     "a i nebo ale že aby jestli když kdy kde kam odkud proč jak kolik kdo koho komu kým co čeho "
     "čemu čím jaký jaká jaké který která které kteří v ve na z ze do od pro po při přes pod nad "
     "mezi bez o u za před s se je jsou byl byla bylo byli být bude budou má mají ne já ty on ona "
     "ono my vy oni si ho mu její jejich můj svůj náš ten ta to ti tento tato toto těchto tím také "
     "jen již jako"},
    {"hu", "hun", "Latn", "hungarian", GROUPS_BY_SPACE | ENDINGS_TELL_ROLES, "", "őű",
     "a az egy és vagy de ha hogy mert ki kik mi mit mely melyik mikor hol hova honnan miért "
     "hogyan "
     "mennyi hány van vannak volt voltak lesz nem igen én te ő mi ti ők ez azt ezt ezek azok is "
     "csak "
     "már még meg mint után előtt alatt között szerint"},
    {"ro", "ron rum", "Latn", "romanian", ENDINGS_TELL_ROLES, "", "ășțâ",
     "un o unei unui și sau dar dacă că să care cine ce când unde cum cât câtă câți câte de la în "
     "din pe cu fără pentru prin spre între după înainte este sunt era erau fi fost va vor are au "
     "avea nu eu tu el ea noi voi ei ele se îl îi le lui lor mea său sa acest această aceste acel "
     "al ai ale a cel cea cei cele mai foarte tot"},
    {"tr", "tur", "Latn", "turkish", DOTLESS_I | ENDINGS_TELL_ROLES, "", "ığşç",
     "ve veya ya ama eğer ki bu şu o bir ne nedir kim kimdir nerede nereye nasıl neden niçin hangi "
     "kaç zaman ile için gibi kadar sonra önce göre olan olarak var yok mi mı mu mü değil de da "
     "ben "
     "sen biz siz onlar her çok daha en ise"},
    {"id", "ind msa may ms", "Latn", "indonesian", 0, "", "",
     "yang dan atau tetapi jika bahwa di ke dari pada untuk dengan oleh dalam antara tanpa sebagai "
     "adalah ialah ini itu apa siapa kapan mana dimana mengapa bagaimana berapa tidak bukan saya "
     "anda dia kami kita mereka akan telah sudah juga hanya lebih sangat"},
    {"vi", "vie", "Latn", NULL, KEEPS_MARKS, "",
     "ơưđạảấầẩẫậắằẳẵặẹẻẽếềểễệịỉĩọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ",
     "và hoặc nhưng nếu là của có không được trong trên dưới với cho từ đến ở tại về này đó kia ai "
     "gì nào khi đâu sao tại thế bao nhiêu một các những đã đang sẽ cũng rất tôi bạn anh chị họ"},
    {"ca", "cat", "Latn", "catalan", ELIDES, "", "ç·",
     "el la els les un una uns unes i o però si que què qui quin quina quins quines quan on com "
     "perquè quant quants de del dels en a al als amb sense per entre fins sobre és són era ser ha "
     "han no més molt aquest aquesta això seu seva"},
    {"lt", "lit", "Latn", "lithuanian", GROUPS_BY_SPACE | ENDINGS_TELL_ROLES, "", "ėįųū",
     "ir arba bet jei kad kas ką kada kur kodėl kaip kiek kuris kuri iš į su be nuo iki per po "
     "prie "
     "yra buvo būti ne aš tu jis ji mes jūs jie šis ši tai"},
    {"eu", "eus baq", "Latn", "basque", ENDINGS_TELL_ROLES, "", "",
     "eta edo baina bat da dira zen ziren ez zer nor noiz non nola zergatik zein zenbat hau hori"},
    {"ga", "gle", "Latn", "irish", 0, "", "",
     "an na agus nó ach is tá bhí ar i le do de ó cé cad cathain conas cén"},
    {"el", "ell gre", "Grek", "greek", ENDINGS_TELL_ROLES, "", "",
     "ο η το οι τα του της των τον την τους τις ένας μία μια ένα και ή αλλά αν ότι πως που ποιος "
     "ποια ποιο ποιοι ποιες τι πότε πού πώς γιατί πόσο πόσα πόσοι πόση σε στο στη στον στην στους "
     "στις στα από με για χωρίς μεταξύ κατά μετά πριν είναι ήταν έχει έχουν θα να δεν μην εγώ εσύ "
     "αυτός αυτή αυτό μου σου μας σας όπως και"},
    {"ru", "rus", "Cyrl", "russian", GROUPS_BY_SPACE | ENDINGS_TELL_ROLES, "", "ыэъё",
     "и или но а если что чтобы кто кого кому кем чего чему чем какой какая какое какие каков "
     "какова который которая которое которые когда где куда откуда почему зачем как сколько в во "
     "на с со из от до для по при через под над между без о об у за перед к ко есть был была было "
     "были быть будет будут не ни да нет я ты он она оно мы вы они его её ей им их мне меня тебя "
     "нас вас свой мой наш ваш этот эта это эти этого тот та то те также тоже только уже же ли бы "
     "является"},
    {"uk", "ukr", "Cyrl", NULL, GROUPS_BY_SPACE, "", "іїєґ",
     "і й та або але якщо що щоб хто кого кому ким чого який яка яке які котрий коли де куди "
     "звідки "
     "чому як скільки в у на з із зі від до для по при через під над між без о об за перед є був "
     "була було були бути буде не ні так я ти він вона воно ми ви вони його її їх мій свій наш цей "
     "ця це ці той також тільки вже"},
    {"bg", "bul", "Cyrl", NULL, GROUPS_BY_SPACE, "", "",
     "и или но а ако че да кой коя кое кои кога къде защо как колко какъв каква какво в във на с "
     "със от до за по при през под над между без е са беше бил била ще не аз ти той тя то ние вие "
     "те се му ѝ им този тази това тези също само"},
    {"hr", "hrv srp bos sr bs", "", "serbian", ENDINGS_TELL_ROLES, "", "đćčšž",
     "i ili ali ako da što šta tko ko kada kad gdje gde kako zašto koliko koji koja koje u na s sa "
     "iz od do za po pri o je su bio bila bilo biti će ne ja ti on ona mi vi oni se ga mu njegov "
     "taj ta to ovaj ova ovo i"},
    {"ar", "ara", "Arab", "arabic", 0, "", "",
     "في من إلى على عن مع بين بعد قبل خلال حتى منذ أو و ثم لكن إذا أن إن أنّ التي الذي الذين هذا "
     "هذه ذلك تلك هو هي هم نحن أنا أنت ما ماذا من متى أين لماذا كيف كم أي هل كان كانت يكون تكون "
     "لا لم لن ليس غير كل بعض قد"},
    {"fa", "fas per", "Arab", NULL, 0, "", "پچژگ",
     "و یا اما اگر که در از به با برای تا بر این آن ها را است هست بود شد می چه کی چرا چگونه کجا "
     "چند کدام هر یک من تو او ما شما آنها نیز هم نه"},
    {"he", "heb", "Hebr", NULL, 0, "", "",
     "של את על אל מן עם או אבל אם כי אשר זה זו זאת אלה הוא היא הם הן אני אתה אנחנו מה מי מתי איפה "
     "היכן למה מדוע איך כיצד כמה איזה איזו לא אין יש היה היתה היו יהיה גם רק כל בין לפני אחרי ו ה"},
    {"hi", "hin", "Deva", "hindi", PARTICLES_TELL_ROLES, "", "",
     "और या लेकिन अगर कि जो का की के को में से पर ने तक लिए साथ है हैं था थी थे हो होना क्या कौन "
     "किस कब कहाँ कहां क्यों कैसे कितना कितने कितनी कौनसा यह वह ये वे इस उस नहीं न मैं तुम आप हम "
     "भी ही एक"},
    {"ta", "tam", "Taml", "tamil", ENDINGS_TELL_ROLES, "", "",
     "ஒரு மற்றும் அல்லது இது அது என்ன யார் எப்போது எங்கே ஏன் எப்படி எத்தனை எவ்வளவு"},
    {"hy", "hye arm", "Armn", "armenian", ENDINGS_TELL_ROLES, "", "",
     "և կամ է են էր ինչ ով երբ որտեղ ինչու ինչպես քանի որ այս այն"},
    {"yi", "yid", "Hebr", "yiddish", 0, "", "",
     "דער די דאָס און אָדער איז זענען וואָס ווער ווען וווּ פֿאַרוואָס ווי"},
    {"zh", "zho chi ch cmn", "Hans", NULL, 0, "", "",
     "的 了 和 与 或 是 在 有 为 于 以 及 等 这 那 这个 那个 什么 谁 何时 哪里 哪儿 哪 哪个 哪些 "
     "为什么 如何 "
     "怎么 怎样 多少 几 吗 呢 吧 不 没 没有 我 你 您 他 她 它 我们 你们 他们 也 都 就 请 由 从 到 "
     "对 把 被 個 "
     "這 這個 什麼 誰 何時 哪裡 為什麼 怎麼 嗎 與 為 於 是多少 是什么"},
    {"ja", "jpn", "Jpan", NULL, PARTICLES_TELL_ROLES, "", "",
     "の に は を た が で て と し れ さ ある いる も する から な こと として い や など なっ "
     "ない この ため "
     "その あっ よう また もの という あり まで られ なる へ か だ これ によって により おり より "
     "による ず なり "
     "られる において ば なかっ なく しかし について せ だっ できる それ う ので です ます でし "
     "まし 何 誰 いつ "
     "どこ なぜ どう どの どれ いくら いくつ なに ください ま した か ました ません され でしょう"},
    {"ko", "kor", "Kore", NULL, CUTS_PARTICLES | ENDINGS_TELL_ROLES, "", "",
     "그 이 저 것 수 등 및 또는 그리고 하지만 무엇 무엇입니까 무엇인가요 누구 누구입니까 언제 "
     "언제입니까 "
     "어디 어디입니까 왜 어떻게 얼마 얼마입니까 얼마인가요 몇 어떤 어느 있는 있다 있습니까 하는 "
     "한다 입니까 "
     "입니다 인가요 대한 위한"},
    {"th", "tha", "Thai", NULL, 0, "", "",
     "ที่ และ หรือ แต่ ถ้า ใน ของ เป็น คือ มี ได้ ไม่ ให้ จะ กับ จาก ถึง โดย ว่า นี้ นั้น อะไร ใคร เมื่อไร เมื่อไหร่ "
     "ที่ไหน ทำไม อย่างไร เท่าไร เท่าไหร่ กี่ ไหน ก็ แล้ว การ ความ"},
};

size_t text_language_count(void)
{
    return ARRAY_LENGTH(languages);
}

const struct text_language *text_language_at(size_t index)
{
    return &languages[index];
}

static bool lists(const char *codes, struct str code)
{
    struct str rest = str_of(codes), one;

    while (str_next_token(&rest, ' ', &one))
        if (str_equal_nocase(one, code))
            return true;
    return false;
}

const struct text_language *text_language_find(struct str tag)
{
    struct str code = tag;

    for (size_t i = 0; i < tag.n; i++)
        if (tag.p[i] == '-' || tag.p[i] == '_') {
            code.n = i;
            break;
        }
    if (code.n < 2)
        return NULL;
    for (size_t i = 0; i < ARRAY_LENGTH(languages); i++)
        if (str_equal_nocase(str_of(languages[i].code), code) || lists(languages[i].codes3, code))
            return &languages[i];
    return NULL;
}
