#include "services/chat/question/question_words.h"

#include <string.h>

#include "lib/base/cleanup.h"

/* Folded as phrases.h says. */
static const struct question_words languages[] = {
    {"en",
     {
         [ASKS_WHEN] = "when|what date|which date|what day|which day|what year|which year|since "
                       "when|until when|by when|what time",
         [ASKS_HOW_MUCH] = "how much|how expensive|at what price",
         [ASKS_HOW_MANY] = "how many|how long|how often|how old|how far|how large|how big|how "
                           "high|how tall|how fast|what percentage|what percent|which number|what "
                           "number|how heavy|how wide|how deep|what proportion|what share",
         [ASKS_WHO] = "who|whom|whose|which person|which company|by whom|to whom",
         [ASKS_WHERE] = "where|which place|which city|which country|what city|what country|which "
                        "address|what address|which location",
         [ASKS_WHY] = "why|for what reason|what reason|what is the reason|how come|what for",
         [ASKS_WHAT] = "what|which|how",
         [ASKS_LIST] = "list|list all|list the|name all|name the|enumerate|what are|which are|what "
                       "were|which ones|what kinds of|what types of|give all",
         [ASKS_SUMMARY] =
             "summarize|summarise|summary|sum up|what is this about|what is it about|what s this "
             "about|what s it about|what is this document about|what is the document about|what is "
             "this text about|what is this file|what is this document|what is the document|what "
             "kind of document|what type of document|what sort of document|tell me about this "
             "document|main topic|main subject|main point|main points|overview|gist|tl dr|what "
             "does this document say|topic of|subject of this|about what|about",
         [MEANS_DATE] = "date|dates|day|deadline|year",
         [MEANS_AMOUNT] = "amount|price|cost|costs|fee|fees|sum|salary|rent|budget|revenue|charge|"
                          "charged|pay|paid",
         [MEANS_NUMBER] = "number "
                          "of|percentage|percent|rate|count|age|length|weight|height|size|duration|"
                          "quantity|ratio|temperature|distance|accuracy|score",
         [MEANS_PERSON] = "author|authors|person|people|signatory|owner|director|manager|ceo",
         [MEANS_PLACE] = "place|location|city|country|venue|headquarters",
         [MEANS_REASON] = "reason|reasons|cause|causes|purpose",
         [IS_FILLER] = "please|tell me|tell|show|show me|give|give "
                       "me|find|say|says|said|state|states|stated|mention|mentions|mentioned|"
                       "mention of|according "
                       "to|according|contain|contains|written|indicated|listed|list|described|"
                       "describe|specified|given|exactly|know|want to "
                       "know|i|me|my|we|you|us|our|can you|could you|would you|name of "
                       "the|called|there|here|explain|any|about|much|many|name|all|kind|type|sort|"
                       "in question|provided|shown|does|do|did|value "
                       "of|value|when|who|what|where|why|which|how|whom|whose|is there|are "
                       "there|is|are|was|were|has|have|can|could|will|would|should|may|must|mean|"
                       "means|meant|stand for|stands for",
         [IS_DOCUMENT] =
             "document|documents|file|text|paper|invoice|bill|receipt|contract|agreement|letter|"
             "report|article|form|manual|page|pdf|table|section|scan|statement|memo|email|study",
         [IS_AND] = "and|as well as|plus|and also",
         [IS_OF] = "of|for|on|in|from|to|by|at",
         [IS_BACK] = "it|its|this|that|these|those|they|them|their|theirs|he|him|his|she|her|hers|"
                     "one|ones|the same|the former|the latter",
         [IS_START] =
             "and|what about|how about|also|and what about|and how about|but|then|so|or|and "
             "what|and who|and when|and where|and why|why is that",
         [IS_PAGE] = "page|p|pg|pages",
     }},
    {"de",
     {
         [ASKS_WHEN] = "wann|bis wann|seit wann|ab wann|an welchem tag|welches datum|welchem "
                       "datum|zu welchem datum|in welchem jahr|welches jahr|um wie viel "
                       "uhr|welchen datums|zu welchem zeitpunkt|bis zu welchem",
         [ASKS_HOW_MUCH] = "wie viel|wieviel|wie teuer|was kostet|was kosten|wie hoch",
         [ASKS_HOW_MANY] = "wie viele|wieviele|wie lange|wie oft|wie alt|wie weit|wie gross|wie "
                           "schnell|wie schwer|welcher anteil|welcher prozentsatz|wie lang",
         [ASKS_WHO] =
             "wer|wem|wen|wessen|von wem|an wen|welche person|welche firma|welches unternehmen",
         [ASKS_WHERE] = "wo|wohin|woher|an welchem ort|welcher ort|welche stadt|in welcher "
                        "stadt|welches land|in welchem land|welche adresse",
         [ASKS_WHY] = "warum|weshalb|wieso|wozu|aus welchem grund|weswegen",
         [ASKS_WHAT] = "was|welche|welcher|welches|welchen|welchem|wie",
         [ASKS_LIST] =
             "liste|nenne alle|nenne die|zahle auf|aufzahlen|was sind|welche sind|welche arten",
         [ASKS_SUMMARY] = "fasse zusammen|zusammenfassung|fass zusammen|worum geht es|worum "
                          "geht|wovon handelt|was ist das fur ein dokument|was fur ein "
                          "dokument|uberblick|zusammenfassen|worum handelt es sich|um was geht "
                          "es|thema des|woruber|worum|wovon",
         [MEANS_DATE] = "datum|tag|frist|termin|jahr|stichtag",
         [MEANS_AMOUNT] =
             "betrag|preis|kosten|gebuhr|summe|gehalt|miete|honorar|hohe|kostet|bezahlt|zahlen",
         [MEANS_NUMBER] = "anzahl|prozentsatz|anteil|zahl|dauer|lange|gewicht|grosse|menge|satz",
         [MEANS_PERSON] = "autor|autorin|autoren|verfasser|person|unterzeichner|inhaber|"
                          "geschaftsfuhrer|ansprechpartner",
         [MEANS_PLACE] = "ort|stadt|land|adresse|sitz|anschrift",
         [MEANS_REASON] = "grund|grunde|ursache|zweck",
         [IS_FILLER] =
             "bitte|sag "
             "mir|sage|sagen|nenne|nennen|zeige|gib|steht|stehen|angegeben|erwahnt|laut|gemass|"
             "enthalt|enthalten|genannt|wissen|ich|mir|wir|du|sie mir|kannst du|konnen "
             "sie|name|heisst|alle|art|beschrieben|aufgefuhrt|geht|gibt|lautet|betragt|viel|viele|"
             "wert|gibt "
             "es|ist|sind|hat|haben|wird|werden|kann|darf|muss|war|waren|bedeutet|heissen|mochte",
         [IS_DOCUMENT] = "dokument|dokuments|datei|text|textes|rechnung|quittung|vertrag|vertrags|"
                         "vertrages|brief|bericht|berichts|artikel|formular|handbuch|seite|"
                         "schreiben|tabelle|abschnitt|studie|dokumentes|briefs|briefes|artikels",
         [IS_AND] = "und|sowie|und auch",
         [IS_OF] = "von|vom|des|der|fur|auf|in|im|an|am|zu|zur|zum|aus",
         [IS_BACK] = "es|er|ihn|ihm|ihr|ihre|ihren|sein|seine|seinen|dies|dieser|dieses|diesen|"
                     "davon|dafur|darin|dazu|dort|damit|deren|dessen",
         [IS_START] = "und|was ist mit|wie sieht es mit|wie ist es mit|auch|und was ist "
                      "mit|aber|oder|und was|und wer|und wann|und wo",
         [IS_PAGE] = "seite|s|seiten",
     }},
    {"fr",
     {
         [ASKS_WHEN] = "quand|a quelle date|quelle date|quelle est la date|quel jour|depuis "
                       "quand|jusqu a quand|jusqu a quelle date|en quelle annee|quelle annee|avant "
                       "quelle date|a quelle heure",
         [ASKS_HOW_MUCH] = "combien coute|combien|a combien|quel prix|quel montant|quel est le "
                           "prix|quel est le montant",
         [ASKS_HOW_MANY] = "combien de|combien d|quel nombre|quel pourcentage|combien de "
                           "temps|quel age|quelle duree|quelle proportion|a quelle frequence",
         [ASKS_WHO] =
             "qui|a qui|de qui|par qui|pour qui|quelle personne|quelle entreprise|quelle societe",
         [ASKS_WHERE] = "ou|ou est|ou se|d ou|a quel endroit|quel lieu|quelle ville|quel "
                        "pays|quelle adresse|dans quelle ville|dans quel pays",
         [ASKS_WHY] = "pourquoi|pour quelle raison|pour quelles raisons",
         [ASKS_WHAT] = "que|quel|quelle|quels|quelles|qu est ce que|qu est ce qui|comment|quoi",
         [ASKS_LIST] = "liste|enumere|enumerez|quels sont|quelles sont|cite|citez|nomme|nommez",
         [ASKS_SUMMARY] =
             "resume|resumez|resumer|de quoi parle|de quoi s agit il|de quoi traite|de quoi est il "
             "question|quel est le sujet|quel type de document|quel est ce document|apercu|sujet "
             "du document|sujet principal|de quoi il s agit|de quoi",
         [MEANS_DATE] = "date|jour|echeance|delai|annee",
         [MEANS_AMOUNT] =
             "montant|prix|cout|couts|frais|somme|salaire|loyer|tarif|coute|coutent|payer|paye",
         [MEANS_NUMBER] = "nombre|pourcentage|taux|duree|age|poids|taille|quantite|longueur|part",
         [MEANS_PERSON] = "auteur|auteurs|personne|signataire|directeur|proprietaire|responsable",
         [MEANS_PLACE] = "lieu|ville|pays|adresse|siege|endroit",
         [MEANS_REASON] = "raison|raisons|cause|motif|but",
         [IS_FILLER] =
             "s il vous plait|s il te plait|dis moi|dites "
             "moi|donne|donnez|montre|indique|indiquee|mentionne|mentionnee|mentionnes|selon|d "
             "apres|contient|contenu|je|moi|nous|vous|peux tu|pouvez "
             "vous|nom|appelle|tous|toutes|sorte|type|decrit|ecrit|figure|dit|est il|est elle|s "
             "appelle|valeur|est ce que|y a t il|est|sont|a|ont|peut|doit|signifie|veut dire",
         [IS_DOCUMENT] = "document|fichier|texte|facture|recu|contrat|lettre|rapport|article|"
                         "formulaire|manuel|page|courrier|tableau|section|bail|etude",
         [IS_AND] = "et|ainsi que|et aussi",
         [IS_OF] = "de|du|des|d|pour|sur|dans|en|a|au|aux|par",
         [IS_BACK] = "il|elle|ils|elles|lui|leur|leurs|son|sa|ses|cela|ca|celui|celle|ceux|celles",
         [IS_START] =
             "et|qu en est il|qu en est il de|et pour|aussi|mais|ou|et quel|et qui|et quand|et ou",
         [IS_PAGE] = "page|p|pages",
     }},
    {"es",
     {
         [ASKS_WHEN] = "cuando|en que fecha|que fecha|que dia|desde cuando|hasta cuando|en que "
                       "ano|que ano|cual es la fecha|a que hora|antes de que fecha",
         [ASKS_HOW_MUCH] = "cuanto|cuanta|cuanto cuesta|que precio|que importe|cual es el "
                           "precio|cual es el importe|a cuanto",
         [ASKS_HOW_MANY] = "cuantos|cuantas|que porcentaje|cuanto tiempo|que edad|que numero|con "
                           "que frecuencia|que duracion",
         [ASKS_WHO] = "quien|quienes|a quien|de quien|por quien|que persona|que empresa|para quien",
         [ASKS_WHERE] = "donde|en donde|adonde|de donde|en que lugar|que lugar|que ciudad|que "
                        "pais|que direccion|en que ciudad|en que pais",
         [ASKS_WHY] = "por que|por que razon|por que motivo|para que|cual es la razon",
         [ASKS_WHAT] = "que|cual|cuales|como",
         [ASKS_LIST] = "lista|enumera|enumere|cuales son|nombra|nombre todos|que tipos de",
         [ASKS_SUMMARY] = "resume|resumen|resumir|de que trata|de que se trata|de que habla|cual "
                          "es el tema|que tipo de documento|que documento es|tema principal|sobre "
                          "que trata|sobre que|de que va",
         [MEANS_DATE] = "fecha|dia|plazo|vencimiento|ano",
         [MEANS_AMOUNT] = "importe|precio|coste|costo|monto|suma|cantidad|salario|alquiler|tarifa|"
                          "valor|cuesta|cuestan|vale|pagar|pagado",
         [MEANS_NUMBER] = "numero de|porcentaje|tasa|duracion|edad|peso|tamano|cantidad|longitud",
         [MEANS_PERSON] = "autor|autora|autores|persona|firmante|director|directora|propietario",
         [MEANS_PLACE] = "lugar|ciudad|pais|direccion|sede|domicilio",
         [MEANS_REASON] = "razon|razones|causa|motivo|objetivo",
         [IS_FILLER] =
             "por "
             "favor|dime|digame|muestra|muestrame|da|dame|dice|indica|indicada|menciona|mencionado|"
             "mencionada|segun|contiene|yo|me|nosotros|usted|puedes|nombre|llama|todos|todas|tipo|"
             "descrito|figura|aparece|hay|es|son|tiene|puede|debe|significa|quiere decir",
         [IS_DOCUMENT] = "documento|archivo|texto|factura|recibo|contrato|carta|informe|articulo|"
                         "formulario|manual|pagina|tabla|seccion|estudio",
         [IS_AND] = "y|e|asi como|y tambien",
         [IS_OF] = "de|del|para|en|por|a|al",
         [IS_BACK] = "ella|ellos|ellas|le|les|su|sus|esto|ese|esa|eso|aquel|alli",
         [IS_START] = "y|que hay de|que pasa con|y que|tambien|pero|o|y para|y quien|y cuando|y "
                      "donde|y el|y la",
         [IS_PAGE] = "pagina|pag|p|paginas",
     }},
    {"it",
     {
         [ASKS_WHEN] = "quando|in che data|che data|in quale data|quale data|qual e la data|che "
                       "giorno|da quando|fino a quando|entro quando|in che anno|in quale anno|a "
                       "che ora|entro quale data",
         [ASKS_HOW_MUCH] = "quanto|quanto costa|quanta|quale prezzo|quale importo|qual e l "
                           "importo|qual e il prezzo|a quanto",
         [ASKS_HOW_MANY] = "quanti|quante|quale percentuale|che percentuale|quanto tempo|che "
                           "eta|quale numero|quanto dura",
         [ASKS_WHO] = "chi|a chi|di chi|da chi|per chi|quale persona|quale azienda|quale societa",
         [ASKS_WHERE] = "dove|da dove|in quale luogo|quale luogo|quale citta|in quale citta|quale "
                        "paese|in quale paese|quale indirizzo|dov",
         [ASKS_WHY] = "perche|per quale motivo|per quale ragione|come mai",
         [ASKS_WHAT] = "che|cosa|che cosa|qual|quale|quali|come",
         [ASKS_LIST] = "elenca|elenco|quali sono|nomina|che tipi di",
         [ASKS_SUMMARY] = "riassumi|riassunto|riassumere|sintesi|di cosa tratta|di che cosa "
                          "tratta|di cosa parla|di che cosa parla|qual e l argomento|che tipo di "
                          "documento|argomento principale|di cosa si tratta|di cosa|di che cosa",
         [MEANS_DATE] = "data|giorno|scadenza|termine|anno",
         [MEANS_AMOUNT] = "importo|prezzo|costo|costi|somma|stipendio|canone|tariffa|affitto|costa|"
                          "costano|pagare|pagato",
         [MEANS_NUMBER] = "numero di|percentuale|tasso|durata|eta|peso|quantita|lunghezza|aliquota",
         [MEANS_PERSON] = "autore|autrice|autori|persona|firmatario|direttore|proprietario",
         [MEANS_PLACE] = "luogo|citta|paese|indirizzo|sede",
         [MEANS_REASON] = "motivo|ragione|ragioni|causa|scopo",
         [IS_FILLER] =
             "per favore|dimmi|mi "
             "dica|mostra|mostrami|dai|dammi|dice|indica|indicata|indicato|menziona|menzionato|"
             "secondo|contiene|io|mi|noi|puoi|nome|chiama|tutti|tutte|tipo|descritto|risulta|"
             "valore|c e|ci sono|e|sono|ha|puo|deve|significa|vuol dire",
         [IS_DOCUMENT] = "documento|file|testo|fattura|ricevuta|contratto|lettera|relazione|"
                         "rapporto|articolo|modulo|manuale|pagina|tabella|sezione|studio",
         [IS_AND] = "e|ed|nonche|e anche",
         [IS_OF] = "di|del|della|dello|dei|degli|delle|dell|per|in|a|al|alla|da|dal",
         [IS_BACK] = "lui|lei|loro|esso|essa|suo|sua|suoi|sue|questo|quello|quella|cio",
         [IS_START] = "e|e per|che ne e|anche|ma|o|e chi|e quando|e dove|e il|e la|e l|che mi dici",
         [IS_PAGE] = "pagina|pag|p|pagine",
     }},
    {"pt",
     {
         [ASKS_WHEN] = "quando|em que data|que data|qual data|qual e a data|que dia|desde "
                       "quando|ate quando|em que ano|que ano|a que horas|em qual data",
         [ASKS_HOW_MUCH] = "quanto|quanta|quanto custa|que preco|qual o preco|qual e o preco|qual "
                           "o valor|qual e o valor",
         [ASKS_HOW_MANY] = "quantos|quantas|que percentagem|que porcentagem|qual a "
                           "porcentagem|quanto tempo|que idade|que numero",
         [ASKS_WHO] = "quem|a quem|de quem|por quem|para quem|que pessoa|que empresa|qual empresa",
         [ASKS_WHERE] = "onde|aonde|de onde|em que lugar|que lugar|que cidade|que pais|em que "
                        "cidade|em que pais|qual endereco",
         [ASKS_WHY] = "por que|porque|porque e que|por que motivo|por que razao|qual o motivo",
         [ASKS_WHAT] = "que|o que|qual|quais|como",
         [ASKS_LIST] = "liste|lista|enumere|quais sao|nomeie|que tipos de",
         [ASKS_SUMMARY] = "resuma|resumo|resumir|de que trata|do que trata|sobre o que e|do que se "
                          "trata|qual e o assunto|qual o assunto|que tipo de documento|tema "
                          "principal|assunto principal|sobre o que|de que",
         [MEANS_DATE] = "data|dia|prazo|vencimento|ano",
         [MEANS_AMOUNT] = "valor|preco|custo|custos|montante|quantia|soma|salario|aluguel|renda|"
                          "taxa|custa|custam|pagar|pago",
         [MEANS_NUMBER] =
             "numero de|porcentagem|percentagem|taxa|duracao|idade|peso|tamanho|quantidade",
         [MEANS_PERSON] = "autor|autora|autores|pessoa|signatario|diretor|proprietario|responsavel",
         [MEANS_PLACE] = "lugar|local|cidade|pais|endereco|morada|sede",
         [MEANS_REASON] = "razao|motivo|causa|razoes|objetivo",
         [IS_FILLER] =
             "por favor|diga|diga me|mostre|mostra|de "
             "me|diz|indica|indicado|indicada|menciona|mencionado|mencionada|segundo|de acordo "
             "com|contem|eu|me|nos|pode|nome|chama|todos|todas|tipo|descrito|consta|ha|existe|e|"
             "sao|tem|deve",
         [IS_DOCUMENT] = "documento|arquivo|ficheiro|texto|fatura|recibo|contrato|carta|relatorio|"
                         "artigo|formulario|manual|pagina|tabela|secao|estudo",
         [IS_AND] = "e|bem como|e tambem",
         [IS_OF] = "de|do|da|dos|das|para|em|no|na|por|a|ao",
         [IS_BACK] = "ele|ela|eles|elas|lhe|seu|sua|seus|suas|isto|esse|essa|isso|dele|dela|ali",
         [IS_START] = "e|e quanto|e para|que tal|tambem|mas|ou|e quem|e quando|e onde|e o|e a",
         [IS_PAGE] = "pagina|pag|p|paginas",
     }},
    {"nl",
     {
         [ASKS_WHEN] = "wanneer|op welke datum|welke datum|welke dag|sinds wanneer|tot wanneer|in "
                       "welk jaar|welk jaar|hoe laat|vanaf wanneer|voor welke datum",
         [ASKS_HOW_MUCH] =
             "hoeveel|hoeveel kost|wat kost|wat kosten|hoe duur|welk bedrag|welke prijs|hoe hoog",
         [ASKS_HOW_MANY] =
             "hoeveel|hoe lang|hoe vaak|hoe oud|hoe ver|hoe groot|welk percentage|welk aantal",
         [ASKS_WHO] = "wie|van wie|aan wie|door wie|welke persoon|welk bedrijf|wiens",
         [ASKS_WHERE] = "waar|waarheen|waar vandaan|op welke plaats|welke stad|in welke stad|welk "
                        "land|in welk land|welk adres",
         [ASKS_WHY] = "waarom|om welke reden|waarvoor",
         [ASKS_WHAT] = "wat|welke|welk|hoe",
         [ASKS_LIST] = "lijst|noem alle|noem de|opsommen|wat zijn|welke zijn|welke soorten",
         [ASKS_SUMMARY] =
             "vat samen|samenvatting|samenvatten|waar gaat|waarover gaat|wat voor document|wat is "
             "dit document|waar gaat dit over|overzicht|onderwerp van|waarover",
         [MEANS_DATE] = "datum|dag|termijn|deadline|jaar|vervaldatum",
         [MEANS_AMOUNT] =
             "bedrag|prijs|kosten|som|salaris|huur|tarief|vergoeding|kost|betalen|betaald",
         [MEANS_NUMBER] = "aantal|percentage|tarief|duur|leeftijd|gewicht|grootte|hoeveelheid",
         [MEANS_PERSON] = "auteur|auteurs|persoon|ondertekenaar|eigenaar|directeur",
         [MEANS_PLACE] = "plaats|stad|land|adres|locatie|vestiging",
         [MEANS_REASON] = "reden|redenen|oorzaak|doel",
         [IS_FILLER] = "alstublieft|vertel "
                       "me|vertel|toon|geef|zegt|staat|vermeld|genoemd|volgens|bevat|ik|mij|me|we|"
                       "jij|u|kun je|kunt u|naam|heet|alle|soort|beschreven|aangegeven|waarde|is "
                       "er|zijn er|is|zijn|heeft|hebben|kan|mag|moet",
         [IS_DOCUMENT] = "document|bestand|tekst|factuur|bon|kwitantie|contract|overeenkomst|brief|"
                         "rapport|verslag|artikel|formulier|handleiding|pagina|tabel|sectie|studie",
         [IS_AND] = "en|alsmede|en ook|evenals",
         [IS_OF] = "van|voor|op|in|aan|bij|uit|door",
         [IS_BACK] = "hij|zij|ze|hem|haar|hun|hen|dit|deze|ervan|daarvan",
         [IS_START] = "en|hoe zit het met|en wat|en hoe zit het met|ook|maar|of|en wie|en "
                      "wanneer|en waar|wat met",
         [IS_PAGE] = "pagina|p|blz|bladzijde|pagina s",
     }},
    {"ru",
     {
         [ASKS_WHEN] = "когда|какого числа|какая дата|в какой день|с какого|до какого|в каком "
                       "году|какой год|в какой срок|какова дата",
         [ASKS_HOW_MUCH] = "сколько стоит|какова цена|какая сумма|какова сумма|сколько|какая "
                           "цена|какова стоимость|какая стоимость",
         [ASKS_HOW_MANY] = "сколько|какой процент|как долго|как часто|сколько лет|какое количество",
         [ASKS_WHO] = "кто|кого|кому|кем|чей|чья|чье|какая компания|какой человек",
         [ASKS_WHERE] = "где|куда|откуда|в каком городе|какой город|в какой стране|какая "
                        "страна|какой адрес|в каком месте",
         [ASKS_WHY] = "почему|зачем|по какой причине|отчего",
         [ASKS_WHAT] = "что|какой|какая|какое|какие|каков|какова|каковы|каким|какую|каком|как|есть "
                       "ли|чем|чего|что такое|что значит|такое|такой|такая|как "
                       "расшифровывается|расшифровывается|означает",
         [ASKS_LIST] = "перечисли|перечислите|список|назови все|назовите все|какие",
         [ASKS_SUMMARY] = "о чем|кратко|краткое содержание|резюме|резюмируй|подведи итог|что это "
                          "за документ|какова тема|главная тема|суть документа|опиши документ",
         [MEANS_DATE] = "дата|дату|даты|день|срок|год",
         [MEANS_AMOUNT] =
             "сумма|сумму|цена|цену|стоимость|оплата|зарплата|аренда|стоит|стоят|заплатить",
         [MEANS_NUMBER] =
             "число|количество|процент|доля|возраст|вес|размер|длина|ставка|длительность",
         [MEANS_PERSON] = "автор|авторы|лицо|человек|директор|владелец|подписант",
         [MEANS_PLACE] = "место|город|страна|адрес",
         [MEANS_REASON] = "причина|причины|цель",
         [IS_FILLER] = "пожалуйста|скажи|скажите|покажи|покажите|укажи|укажите|указан|указана|"
                       "указано|указаны|упоминается|упомянут|согласно|содержит|мне|я|мы|вы|имя|"
                       "называется|все|вид|тип|написано|описан|говорится|называют|зовут|значение",
         [IS_DOCUMENT] =
             "документ|документе|документа|документу|файл|файле|текст|тексте|счет|счете|счета|"
             "договор|договоре|договора|письмо|письме|письма|отчет|отчете|отчета|статья|статье|"
             "статьи|форма|таблица|таблице|раздел|разделе|страница|чек|чеке|накладная|акт",
         [IS_AND] = "и|а также",
         [IS_OF] = "в|на|по|для|от|из|за|к|о",
         [IS_BACK] = "он|она|оно|они|его|ее|их|ему|ей|им|этот|эта|это|эти|этого|этой|этом|тот|та|"
                     "там|них|нем|ней",
         [IS_START] = "а|и|а что|а как|что насчет|а кто|а когда|а где|также|но|или|а какой|а какая",
         [IS_PAGE] = "страниц*|стр|с",
     }},
    {"zh",
     {
         [ASKS_WHEN] = "什么时候|何时|哪天|哪一天|什么日期|哪一年|哪年|几号|何日|几月|什麼時候|"
                       "何時|多久之前|截止日期",
         [ASKS_HOW_MUCH] = "多少钱|多少錢|价格是多少|金额是多少|多少金额",
         [ASKS_HOW_MANY] = "多少|几个|幾個|多长|多久|多大|多高|百分之几|几次|几名|多遠|多远",
         [ASKS_WHO] = "谁|誰|哪位|哪家公司|何人|哪个公司",
         [ASKS_WHERE] = "哪里|哪裡|在哪|哪儿|何处|什么地方|哪个城市|哪个国家|地址是",
         [ASKS_WHY] = "为什么|為什麼|为何|為何|什么原因|原因是什么",
         [ASKS_WHAT] = "什么|什麼|哪个|哪些|哪種|哪种|怎么|如何|是否|吗|嗎|呢|有没有",
         [ASKS_LIST] = "列出|哪些|有哪些|列举|列舉",
         [ASKS_SUMMARY] = "总结|總結|概括|摘要|主要内容|主要内容是什么|讲什么|讲的是什么|关于什么|"
                          "是什么文件|什么文件|主题|概述|说了什么|講什麼|關於什麼",
         [MEANS_DATE] = "日期|时间|時間|期限",
         [MEANS_AMOUNT] = "金额|金額|价格|價格|费用|費用|总价|工资|租金|单价|成本|卖|花费",
         [MEANS_NUMBER] = "数量|數量|百分比|比例|比率|人数|税率|年龄",
         [MEANS_PERSON] = "作者|姓名|负责人|联系人|签署人",
         [MEANS_PLACE] = "地点|地點|城市|国家|国|地址",
         [MEANS_REASON] = "原因|理由|目的",
         [IS_FILLER] = "请|請|告诉我|告訴我|是|的|了|在|中|里|上|文中|提到|根据|根據|写|說|说|给出|"
                       "显示|我|你|我们|请问|請問|有|为|為|被|会|所|这份|该|多少|名称|分别|意思|"
                       "指的|可以|需要|要|用|来|做|还|前|后|首先|什么",
         [IS_DOCUMENT] = "文件|文档|文檔|发票|發票|合同|信|信件|报告|報告|文章|论文|論文|表格|表|"
                         "手册|收据|页|頁|本文|这篇",
         [IS_AND] = "和|以及|与|與|及|还有|還有",
         [IS_OF] = "的|之",
         [IS_BACK] = "它|它们|他|她|他们|那个|此|其",
         [IS_START] = "那|那么|还有|那麼|以及|和|另外",
         [IS_PAGE] = "页|頁",
     }},
    {"ja",
     {
         [ASKS_WHEN] = "いつ|何日|何年|何月|日付は|期限は|いつまで|何時",
         [ASKS_HOW_MUCH] = "いくら|何円|金額は|価格は|料金は|値段は",
         [ASKS_HOW_MANY] = "いくつ|何人|何個|何回|何パーセント|どのくらい|どれくらい|何件|何枚|"
                           "何本|何歳|何台|何割",
         [ASKS_WHO] = "誰|だれ|どなた|どの会社|何という人",
         [ASKS_WHERE] = "どこ|どちら|何処|どの都市|どの国|住所は",
         [ASKS_WHY] = "なぜ|どうして|何故|理由は|なんで",
         [ASKS_WHAT] = "何|なに|なん|どの|どれ|どんな|どう|どのように|ですか|ますか|でしょうか",
         [ASKS_LIST] = "列挙|一覧|すべて挙げ|挙げて|リスト",
         [ASKS_SUMMARY] = "要約|概要|まとめ|何について|どんな文書|どのような文書|何の文書|主題|"
                          "テーマは|内容は何|何が書いて",
         [MEANS_DATE] = "日付|日|期限|期日|年月日",
         [MEANS_AMOUNT] = "金額|価格|料金|費用|値段|給与|賃料|代金|額|かかり",
         [MEANS_NUMBER] = "数|数量|割合|率|人数|年齢|重量|長さ|件数",
         [MEANS_PERSON] = "著者|氏名|担当者|名前|代表者|署名者",
         [MEANS_PLACE] = "場所|都市|国|住所|所在地",
         [MEANS_REASON] = "理由|原因|目的",
         [IS_FILLER] =
             "教えて|ください|下さい|です|ます|は|の|が|を|に|で|と|か|も|た|て|する|して|いる|"
             "ある|書かれて|記載|記載されて|よると|示されて|という|私|あなた|れ|さ|い|ん|よう|この|"
             "これ|ありま|あり|しま|した|まし|ました|ま|なり|でき|いま|おり|られ|れる|せる|には|"
             "では|とは|から|まで|より|など|もの|こと|使い|使う|何|どこ|いつ|いくら|向け",
         [IS_DOCUMENT] = "文書|書類|ファイル|請求書|契約書|手紙|報告書|記事|論文|表|マニュアル|"
                         "領収書|ページ|本文|資料",
         [IS_AND] = "と|および|及び|ならびに|そして|それと",
         [IS_OF] = "の",
         [IS_BACK] = "それ|これ|あれ|その|彼|彼女|彼ら|そこ",
         [IS_START] = "では|それでは|じゃあ|また|そして|あと",
         [IS_PAGE] = "ページ|頁",
     }},
    {"ar",
     {
         [ASKS_WHEN] =
             "متى|في أي تاريخ|ما تاريخ|ما هو تاريخ|في أي يوم|في أي عام|منذ متى|حتى متى|أي سنة",
         [ASKS_HOW_MUCH] =
             "كم يبلغ|كم سعر|كم ثمن|بكم|كم تكلفة|كم المبلغ|ما المبلغ|ما هو المبلغ|كم تبلغ",
         [ASKS_HOW_MANY] = "كم|كم عدد|ما نسبة|كم مرة|ما عدد|كم مدة|ما هي نسبة",
         [ASKS_WHO] = "من|من هو|من هي|لمن|أي شركة|من هم",
         [ASKS_WHERE] = "أين|اين|من أين|في أي مدينة|في أي بلد|ما عنوان|ما هو عنوان|في أي مكان",
         [ASKS_WHY] = "لماذا|لم|ما سبب|ما هو سبب|ما السبب",
         [ASKS_WHAT] = "ما|ماذا|ما هو|ما هي|أي|كيف|هل|ما هما",
         [ASKS_LIST] = "اذكر|عدد|قائمة|ما هي|اسرد",
         [ASKS_SUMMARY] = "لخص|ملخص|عن ماذا|عم|عما|ما موضوع|ما هو موضوع|ما هذا المستند|ما هذه "
                          "الوثيقة|موضوع الوثيقة|ما هو محتوى|ما نوع المستند|ما نوع الوثيقة",
         [MEANS_DATE] = "تاريخ|التاريخ|يوم|موعد|عام|سنة",
         [MEANS_AMOUNT] =
             "المبلغ|مبلغ|سعر|السعر|تكلفة|التكلفة|ثمن|رسوم|قيمة|القيمة|راتب|إيجار|يكلف|تكلف",
         [MEANS_NUMBER] = "عدد|نسبة|النسبة|العدد|مدة|عمر|معدل",
         [MEANS_PERSON] = "مؤلف|المؤلف|اسم|الكاتب|كاتب|المدير|مدير",
         [MEANS_PLACE] = "مكان|المكان|مدينة|المدينة|عنوان|العنوان|بلد|الدولة",
         [MEANS_REASON] = "سبب|السبب|أسباب|الهدف|هدف",
         [IS_FILLER] = "من "
                       "فضلك|أخبرني|اخبرني|هو|هي|هم|ذكر|المذكور|المذكورة|حسب|وفقا|يحتوي|لي|أنا|نحن|"
                       "اسم|يسمى|كل|جميع|نوع|يوجد|ورد|تقول|يقول|يتحدث|تتحدث|كيف|وكيف|ينص|تنص",
         [IS_DOCUMENT] = "المستند|الوثيقة|الملف|النص|الفاتورة|فاتورة|العقد|عقد|الرسالة|التقرير|"
                         "المقال|النموذج|الصفحة|الجدول|الإيصال|الكتاب",
         [IS_AND] = "و|وكذلك|وأيضا",
         [IS_OF] = "في|من|على|إلى|عن|ب|ل",
         [IS_BACK] = "ذلك|تلك|له|لها|لهم|منه|فيه|عنه|فيها|هناك",
         [IS_START] = "وماذا عن|ماذا عن|و|أيضا|لكن|وما|ومن|ومتى|وأين",
         [IS_PAGE] = "صفحة|الصفحة|ص",
     }},
    {"hi",
     {
         [ASKS_WHEN] = "कब|किस तारीख|किस दिन|किस वर्ष|किस साल|कब तक|कब से|किस तिथि",
         [ASKS_HOW_MUCH] = "कितना|कितनी|कितने रुपये|कितने का|कितनी राशि|कितनी कीमत|क्या कीमत",
         [ASKS_HOW_MANY] = "कितने|कितनी बार|कितने प्रतिशत|कितना प्रतिशत|कितनी संख्या|कितने समय",
         [ASKS_WHO] = "कौन|किसने|किसका|किसकी|किसके|किसको|किसे|कौन सी कंपनी",
         [ASKS_WHERE] = "कहाँ|कहां|किस जगह|किस शहर|किस देश|किस स्थान",
         [ASKS_WHY] = "क्यों|किस कारण|किसलिए|किस वजह",
         [ASKS_WHAT] = "क्या|कौन सा|कौन सी|कौनसा|कैसे|कैसा|किस",
         [ASKS_LIST] = "सूची|कौन कौन|सूचीबद्ध|कौन से",
         [ASKS_SUMMARY] =
             "सारांश|संक्षेप|किस बारे में|किसके बारे में|यह दस्तावेज क्या|विषय क्या|मुख्य विषय|यह दस्तावेज़ क्या",
         [MEANS_DATE] = "तारीख|तिथि|दिनांक|वर्ष|दिन",
         [MEANS_AMOUNT] = "राशि|कीमत|मूल्य|लागत|शुल्क|वेतन|किराया|रकम|खर्च",
         [MEANS_NUMBER] = "संख्या|प्रतिशत|दर|अवधि|उम्र|आयु|वजन|मात्रा",
         [MEANS_PERSON] = "लेखक|व्यक्ति|निदेशक|मालिक|अध्यक्ष",
         [MEANS_PLACE] = "स्थान|शहर|देश|पता|जगह",
         [MEANS_REASON] = "कारण|वजह|उद्देश्य",
         [IS_FILLER] = "कृपया|बताइए|बताओ|बताएं|है|हैं|था|थे|थी|में|का|की|के|को|से|पर|ने|अनुसार|लिखा|दिया|गया|"
                       "उल्लेख|मुझे|मैं|हम|आप|नाम|सभी|प्रकार|हुआ|हुई|होगा|दी|गई",
         [IS_DOCUMENT] =
             "दस्तावेज|दस्तावेज़|फाइल|पाठ|चालान|बिल|रसीद|अनुबंध|पत्र|रिपोर्ट|लेख|फॉर्म|तालिका|पृष्ठ|इनवॉइस",
         [IS_AND] = "और|तथा|एवं",
         [IS_OF] = "का|की|के|में|पर|से",
         [IS_BACK] = "वह|वे|उस|उसका|उसकी|उसके|इसका|इसकी|इसके|उनका|उनके|वहाँ|उसने",
         [IS_START] = "और|और क्या|के बारे में क्या|लेकिन|या|भी",
         [IS_PAGE] = "पृष्ठ|पेज|पन्ना",
     }},
};

const struct question_words *question_words_of(const char *language)
{
    for (size_t i = 0; i < ARRAY_LENGTH(languages); i++)
        if (strcmp(languages[i].language, language) == 0)
            return &languages[i];
    return &languages[0];
}

const struct question_words *question_words_all(size_t *ret_count)
{
    *ret_count = ARRAY_LENGTH(languages);
    return languages;
}

struct str question_phrases(const struct question_words *words, question_role role)
{
    return str_of(words->phrases[role]);
}
