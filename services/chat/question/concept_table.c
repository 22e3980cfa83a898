#include "services/chat/question/concept_table.h"

#include "lib/base/cleanup.h"

/* Folded as phrases.h says. What lib/forms has of a name is not said again. */
static const struct concept concepts[] = {
    {"total", CONCEPT_AMOUNT, ANSWER_AMOUNT,
     "total|altogether|paid altogether|total paid|paid in total|insgesamt|en tout|en total|in "
     "totale|no total|in totaal|一共|总共|全部で|total sum|total cost|total price|overall "
     "total|balance|outstanding balance|owe|owed|sum total|gesamtpreis|gesamtkosten|somme "
     "totale|prix total|cout total|importe|precio total|coste total|prezzo totale|importo "
     "totale|costo totale|valor total|total geral|preco total|totaalbedrag|totaalprijs|totale "
     "kosten|итоговая сумма|общая сумма|сумма к оплате|к оплате|всего к "
     "оплате|总额|总金额|合计|总价|總額|總金額|合計金額|総額|請求金額|ご請求金額|المجموع|الإجمالي|"
     "المبلغ الإجمالي|إجمالي|कुल|कुल राशि|कुल योग"},
    {"subtotal", CONCEPT_AMOUNT, ANSWER_AMOUNT,
     "sum before tax|nettosumme|montant net|importe neto|valor liquido|nettobedrag|промежуточный "
     "итог|без ндс|小计|小計|المجموع الفرعي|उप योग|उपयोग"},
    {"tax", CONCEPT_AMOUNT, ANSWER_AMOUNT,
     "tax|taxes|vat|value added "
     "tax|mwst|steuer|tva|iva|impuesto|impuestos|imposto|impostos|imposte|taxe|taxes|btw|belasting|"
     "ндс|налог|налога|税额|税金|税|消費税|增值税|ضريبة|الضريبة|ضريبة القيمة المضافة|कर|जीएसटी|वैट"},
    {"discount", CONCEPT_AMOUNT, ANSWER_AMOUNT,
     "discounts|nachlass|skonto|reduction|rebaja|ribasso|скидка|скидки|折扣|优惠|割引|値引|خصم|"
     "الخصم|छूट"},
    {"shipping", CONCEPT_AMOUNT, ANSWER_AMOUNT,
     "shipping cost|shipping costs|freight|delivery cost|shipping "
     "fee|lieferkosten|portes|доставка|стоимость доставки|运费|運賃|送料|配送費|الشحن|शिपिंग"},
    {"amount_paid", CONCEPT_AMOUNT, ANSWER_AMOUNT,
     "bezahlt|paye|pagado|pagato|pago|betaald|оплачено|已付|支払済|المدفوع|भुगतान"},
    {"deposit", CONCEPT_AMOUNT, ANSWER_AMOUNT,
     "deposit|security deposit|down payment|kaution|anzahlung|depot de "
     "garantie|caution|acompte|fianza|deposito|cauzione|caparra|caucao|sinal|waarborgsom|borg|"
     "aanbetaling|залог|депозит|押金|定金|敷金|保証金|التأمين|وديعة|जमानत"},
    {"rent", CONCEPT_AMOUNT, ANSWER_AMOUNT,
     "rent|monthly "
     "rent|miete|kaltmiete|mietzins|loyer|alquiler|renta|canone|affitto|aluguel|renda|huur|"
     "huurprijs|арендная плата|租金|家賃|賃料|الإيجار|किराया"},
    {"salary", CONCEPT_AMOUNT, ANSWER_AMOUNT,
     "salary|wage|wages|gross salary|net pay|gross "
     "pay|gehalt|bruttogehalt|lohn|salaire|remuneration|salario|sueldo|stipendio|retribuzione|"
     "salario|ordenado|salaris|loon|зарплата|оклад|工资|薪资|給与|給料|الراتب|वेतन"},
    {"invoice_number", CONCEPT_IDENTIFIER, ANSWER_ANY,
     "invoice nr|bill id|number of the invoice|rechnung nummer|numero de la facture|numero de la "
     "factura|numero della fattura|fatture numero|номер счета|счет no|счет n|номер счет "
     "фактуры|发票号|發票號碼|请求书番号|請求書no|رقم الفاتورة|चालान संख्या|इनवॉइस संख्या|बिल संख्या"},
    {"order_number", CONCEPT_IDENTIFIER, ANSWER_ANY,
     "order nr|purchase order number|po|bestellnr|bestell nr|bestellung nr|auftragsnr|numero d "
     "ordre|bon de commande|n de commande|pedido no|pedido n|numero ordine|numero d ordine|numero "
     "do pedido|encomenda n|bestelnummer|номер заказа|заказ no|订单号|订单编号|注文番号|رقم "
     "الطلب|आदेश संख्या"},
    {"customer_number", CONCEPT_IDENTIFIER, ANSWER_ANY,
     "customer number|customer no|customer id|client number|client id|account number|account "
     "no|member id|kundennummer|kunden nr|kundennr|kontonummer|numero client|numero de client|n "
     "client|code client|numero de cliente|cliente n|codice cliente|numero "
     "cliente|klantnummer|номер клиента|лицевой счет|客户编号|客户号|顧客番号|お客様番号|رقم "
     "العميل|ग्राहक संख्या"},
    {"reference", CONCEPT_TEXT, ANSWER_ANY,
     "reference number|reference no|ref no|our reference|your reference|case number|file "
     "number|aktenzeichen|geschaftszeichen|unser zeichen|ihr zeichen|referenznummer|numero de "
     "reference|reference|notre reference|votre reference|n de dossier|referencia|numero de "
     "referencia|riferimento|numero di riferimento|kenmerk|ons kenmerk|uw kenmerk|номер "
     "дела|参考编号|参照番号|整理番号|رقم المرجع|संदर्भ संख्या"},
    {"contract_number", CONCEPT_IDENTIFIER, ANSWER_ANY,
     "contract number|contract no|agreement number|agreement no|policy number|policy "
     "no|vertragsnummer|vertrags nr|versicherungsnummer|numero de contrat|contrat n|contrat "
     "no|numero de contrato|contrato n|numero de poliza|numero di contratto|contratto n|numero do "
     "contrato|contractnummer|polisnummer|номер договора|договор no|合同编号|合同号|契約番号|رقم "
     "العقد|अनुबंध संख्या"},
    {"tax_id", CONCEPT_IDENTIFIER, ANSWER_ANY,
     "tax identification number|vat identification number|vat registration|numero de tva|tva "
     "n|cif|codice fiscale|contribuinte|инн|税号|纳税人识别号|法人番号|登録番号|الرقم "
     "الضريبي|जीएसटीआईएन"},
    {"iban", CONCEPT_IDENTIFIER, ANSWER_ANY,
     "iban|bank account|bankverbindung|compte bancaire|cuenta bancaria|conto bancario|conta "
     "bancaria|bankrekening|银行账号|口座番号"},
    {"bic", CONCEPT_TEXT, ANSWER_ANY, "bic|swift|swift code|bic swift"},
    {"bank", CONCEPT_PARTY, ANSWER_ANY,
     "bank|bank name|name of bank|banque|banco|banca|банк|银行|开户行|銀行|銀行名|البنك|बैंक"},
    {"invoice_date", CONCEPT_DATE, ANSWER_DATE,
     "date|date of the invoice|date of invoice|issued on|date of issue|issued|issue|rechnung "
     "datum|datum der rechnung|date de la facture|date d emission|emise le|fecha de la "
     "factura|data fattura|emessa|data emissao|uitgegeven|дата счета|дата "
     "выставления|дата|开票日期|開票日期|発行日|請求日|تاريخ الفاتورة|تاريخ الإصدار|चालान तिथि|बिल "
     "तिथि|दिनांक|तारीख"},
    {"due_date", CONCEPT_DATE, ANSWER_DATE,
     "due date|payable by|payable until|payment deadline|payment is due|be "
     "paid|pay|due|zahlungsziel|zahlungsfrist|zu zahlen bis|zahlen bis|fallig|falligkeit|bezahlt "
     "werden|date d echeance|payable avant le|a regler avant le|a payer|payer|fecha limite de "
     "pago|fecha limite|fecha de pago|pagar antes|pagarse|entro il|pagare entro|pagata|da pagare "
     "entro|data limite|data de pagamento|pagar ate|vence|uiterlijk|te betalen voor|betalen "
     "voor|uiterste betaaldatum|betaald worden|срок оплаты|оплатить до|срок "
     "платежа|到期日|付款截止日|截止日期|付款期限|支払期限|支払期日|お支払期限|تاريخ الاستحقاق|मुदत "
     "तिथि|देय तिथि|नियत तिथि"},
    {"delivery_date", CONCEPT_DATE, ANSWER_DATE,
     "delivery date|date of delivery|ship date|shipping date|shipped "
     "on|lieferdatum|liefertermin|leistungsdatum|date de livraison|fecha de entrega|data di "
     "consegna|data de entrega|leverdatum|leveringsdatum|дата поставки|дата "
     "доставки|交货日期|发货日期|納期|納品日|تاريخ التسليم|डिलीवरी तिथि"},
    {"birth_date", CONCEPT_DATE, ANSWER_DATE,
     "date of birth|birth date|birthdate|birthday|dob|born|born on|geburtsdatum|geboren|geboren "
     "am|date de naissance|ne le|nee le|fecha de nacimiento|nacio|data di nascita|nato il|nata "
     "il|data de nascimento|geboortedatum|дата рождения|родился|родилась|出生日期|生年月日|تاريخ "
     "الميلاد|जन्म तिथि|जन्मतिथि"},
    {"start_date", CONCEPT_DATE, ANSWER_DATE,
     "start date|effective date|commencement "
     "date|commences|begins|starts|begin|start|commence|take effect|takes "
     "effect|effective|effective as "
     "of|beginning|vertragsbeginn|mietbeginn|beginn|beginnt|inkrafttreten|date de debut|date d "
     "effet|commence|prend effet|debute|entree en vigueur|fecha de inicio|comienza|empieza|entra "
     "en vigor|inicio|data di inizio|inizia|decorrenza|decorre|data de "
     "inicio|comeca|inicia|begindatum|ingangsdatum|gaat in|begint|ingaande|дата "
     "начала|начинается|вступает в силу|开始日期|起始日期|生效日期|开始|生效|開始日|開始|تاريخ "
     "البدء|يبدأ|प्रारंभ तिथि|आरंभ तिथि"},
    {"end_date", CONCEPT_DATE, ANSWER_DATE,
     "end date|expiry date|expiration date|expires|expire|ends|end|terminates|termination "
     "date|valid until|valid through|vertragsende|mietende|endet|ablaufdatum|gultig bis|lauft "
     "ab|date de fin|date d expiration|expire|prend fin|se termine|valable jusqu|fecha de "
     "finalizacion|fecha de vencimiento|fecha de fin|termina|finaliza|valido hasta|caduca|data di "
     "fine|scade|data di scadenza|valido fino|data de termino|data de "
     "validade|validade|einddatum|eindigt|verloopt|geldig tot|дата окончания|действителен "
     "до|истекает|заканчивается|结束日期|有效期至|有效期|終了日|有効期限|終了|تاريخ "
     "الانتهاء|ينتهي|समाप्ति तिथि|अंतिम तिथि"},
    {"payment_terms", CONCEPT_TEXT, ANSWER_ANY,
     "payment terms|terms of payment|terms|zahlungsbedingungen|zahlungsbedingung|conditions de "
     "paiement|modalites de paiement|condiciones de pago|forma de pago|condizioni di "
     "pagamento|modalita di pagamento|condicoes de pagamento|betalingsvoorwaarden|условия "
     "оплаты|付款条件|付款方式|支払条件|お支払い条件|شروط الدفع|भुगतान की शर्तें"},
    {"notice_period", CONCEPT_TEXT, ANSWER_NUMBER,
     "notice period|period of notice|kundigungsfrist|preavis|delai de preavis|preaviso|plazo de "
     "preaviso|preavviso|periodo di preavviso|aviso previo|opzegtermijn|срок "
     "уведомления|通知期|予告期間|فترة الإشعار|नोटिस अवधि"},
    {"seller", CONCEPT_PARTY, ANSWER_PERSON,
     "seller|sellers|vendor|supplier|issued by|issued the invoice|issuer|company|sent the "
     "invoice|sender|rechnungssteller|verkaufer|fournisseur|emetteur|proveedor|emisor|vendedor|"
     "emitente|emessa "
     "da|fornecedor|leverancier|afzender|продавец|поставщик|исполнитель|отправитель|卖方|销售方|"
     "供应商|開票方|销方|売主|発行者|販売者|البائع|المورد|विक्रेता|आपूर्तिकर्ता"},
    {"buyer", CONCEPT_PARTY, ANSWER_PERSON,
     "buyer|buyers|customer|client|purchaser|recipient|addressee|billed|invoiced|addressed "
     "to|kaufer|auftraggeber|destinataire|receptor|acquirente|committente|destinatario|adquirente|"
     "ontvanger|afnemer|покупатель|заказчик|получатель|клиент|买方|购买方|客户|客戶|購買方|收件人|"
     "買主|宛先|お客様|المشتري|العميل|खरीदार|क्रेता|ग्राहक"},
    {"author", CONCEPT_PARTY, ANSWER_PERSON,
     "author|authors|written by|wrote|prepared by|prepared|created "
     "by|autor|autorin|autoren|verfasser|verfasst|geschrieben|erstellt von|auteur|auteurs|ecrit "
     "par|redige par|redige|autores|escrito por|escribio|elaborado por|autore|autori|scritto "
     "da|redatto da|escreveu|geschreven door|auteurs|opgesteld "
     "door|автор|авторы|написал|составил|作者|撰写|编写|編者|著者|筆者|作成者|المؤلف|الكاتب|تأليف|"
     "लेखक|लिखा"},
    {"signatory", CONCEPT_PARTY, ANSWER_PERSON,
     "signed "
     "by|signed|signatory|signatories|signature|signs|unterzeichner|unterschrieben|unterschrift|"
     "unterzeichnet|gezeichnet|signataire|signe par|signe|signature|firmante|firmado "
     "por|firmado|firma|firmo|firmatario|firmato|firmato da|signatario|assinado "
     "por|assinado|assinatura|assinou|ondertekend|ondertekend "
     "door|handtekening|подписал|подпись|подписано|签署人|签字|签名|署名|署名者|التوقيع|الموقع|"
     "हस्ताक्षर|हस्ताक्षरकर्ता"},
    {"landlord", CONCEPT_PARTY, ANSWER_PERSON,
     "landlord|lessor|vermieter|vermieterin|bailleur|proprietaire|arrendador|casero|locatore|"
     "locador|senhorio|verhuurder|арендодатель|出租方|出租人|貸主|賃貸人|المؤجر|मकान मालिक"},
    {"tenant", CONCEPT_PARTY, ANSWER_PERSON,
     "tenant|tenants|lessee|mieter|mieterin|locataire|arrendatario|inquilino|locatario|conduttore|"
     "locatario|inquilino|huurder|арендатор|承租方|承租人|借主|賃借人|المستأجر|किरायेदार"},
    {"employer", CONCEPT_PARTY, ANSWER_PERSON,
     "employer|arbeitgeber|employeur|empleador|datore di lavoro|empregador|entidade "
     "patronal|werkgever|работодатель|雇主|用人单位|使用者|雇用主|صاحب العمل|नियोक्ता"},
    {"employee", CONCEPT_PARTY, ANSWER_PERSON,
     "employee|arbeitnehmer|mitarbeiter|employe|salarie|empleado|trabajador|dipendente|lavoratore|"
     "empregado|trabalhador|werknemer|работник|сотрудник|员工|劳动者|従業員|労働者|الموظف|العامل|"
     "कर्मचारी"},
    {"patient", CONCEPT_PARTY, ANSWER_PERSON,
     "patient|patient name|name of "
     "patient|patientin|paciente|paziente|patient|пациент|患者|患者姓名|患者氏名|المريض|मरीज|रोगी"},
    {"name", CONCEPT_PARTY, ANSWER_PERSON,
     "full name|first name|last name|surname|family name|given "
     "name|vorname|nachname|familienname|prenom|nom de "
     "famille|apellido|apellidos|cognome|sobrenome|apelido|voornaam|achternaam|фамилия|фио|имя и "
     "фамилия|姓名|氏名|お名前|الاسم|नाम"},
    {"contact", CONCEPT_TEXT, ANSWER_ANY,
     "contact person|contact|contact details|ansprechpartner|kontakt|personne a "
     "contacter|interlocuteur|persona de contacto|contacto|referente|persona di "
     "contatto|contatto|contato|contactpersoon|контактное "
     "лицо|контакт|联系人|聯絡人|担当者|連絡先|جهة الاتصال|संपर्क"},
    {"phone", CONCEPT_PHONE, ANSWER_NUMBER,
     "phone number|telephone number|phone|telephone|tel|tel no|mobile|mobile number|cell "
     "phone|call|telefon|telefonnummer|tel nr|rufnummer|handy|mobil|numero de "
     "telephone|tel|portable|telefono|numero de telefono|movil|numero di "
     "telefono|cellulare|telefone|numero de "
     "telefone|telemovel|celular|telefoon|telefoonnummer|mobiel|телефон|тел|номер "
     "телефона|моб|电话|电话号码|電話|手机|联系电话|電話番号|携帯|هاتف|الهاتف|رقم "
     "الهاتف|फोन|दूरभाष|मोबाइल|फ़ोन"},
    {"fax", CONCEPT_PHONE, ANSWER_NUMBER,
     "fax|fax number|fax no|telefax|faxnummer|telecopie|numero de "
     "fax|факс|传真|傳真|ファックス|فاكس|फैक्स"},
    {"email", CONCEPT_EMAIL, ANSWER_ANY,
     "email|e mail|email address|e mail address|mail|mail address|e mail "
     "adresse|mailadresse|courriel|adresse email|adresse e mail|adresse electronique|correo|correo "
     "electronico|posta elettronica|indirizzo email|indirizzo e mail|endereco de email|correio "
     "eletronico|e mailadres|emailadres|эл почта|электронная "
     "почта|почта|邮箱|电子邮件|電子郵件|メール|メールアドレス|البريد الإلكتروني|ईमेल|ई मेल"},
    {"website", CONCEPT_WEB, ANSWER_ANY,
     "website|web site|web|url|homepage|internet|webseite|site web|site internet|sitio web|pagina "
     "web|sito|sito web|site|сайт|网站|网址|網站|ウェブサイト|ホームページ|الموقع "
     "الإلكتروني|वेबसाइट"},
    {"address", CONCEPT_TEXT, ANSWER_PLACE,
     "address|postal address|street address|mailing address|located|headquarters|registered "
     "office|adresse|anschrift|sitz|ansassig|direccion|domicilio|indirizzo|sede|sede "
     "legale|endereco|morada|adres|vestigingsadres|gevestigd|адрес|юридический "
     "адрес|地址|住所|所在地|العنوان|पता"},
    {"delivery_address", CONCEPT_TEXT, ANSWER_PLACE,
     "delivery address|shipping address|ship to|deliver to|lieferadresse|lieferanschrift|adresse "
     "de livraison|direccion de entrega|direccion de envio|indirizzo di consegna|endereco de "
     "entrega|morada de entrega|afleveradres|bezorgadres|адрес "
     "доставки|送货地址|收货地址|届け先|納品先|عنوان التسليم|डिलीवरी पता"},
    {"subject", CONCEPT_TEXT, ANSWER_ANY,
     "subject|re|betreff|betr|objet|asunto|oggetto|assunto|onderwerp|betreft|тема|主题|主旨|件名|"
     "الموضوع|विषय"},
    {"currency", CONCEPT_TEXT, ANSWER_ANY,
     "currency|wahrung|devise|monnaie|moneda|divisa|valuta|moeda|валюта|货币|币种|幣別|通貨|العملة|"
     "मुद्रा"},
    {"price", CONCEPT_AMOUNT, ANSWER_AMOUNT,
     "price|unit price|price each|cost|costs|rate|einzelpreis|preis|kosten|kostet|prix|prix "
     "unitaire|coute|tarif|precio|precio unitario|cuesta|coste|costo|prezzo|prezzo "
     "unitario|costa|preco|preco "
     "unitario|custa|custo|prijs|stukprijs|kost|eenheidsprijs|цена|стоимость|стоит|价格|单价|單價|"
     "価格|単価|値段|料金|السعر|سعر|سعر الوحدة|कीमत|मूल्य|दर"},
    {"quantity", CONCEPT_IDENTIFIER, ANSWER_NUMBER,
     "quantity|qty|units|how many "
     "units|menge|anzahl|stuckzahl|quantite|qte|cantidad|cant|unidades|quantita|qta|quantidade|qtd|"
     "aantal|hoeveelheid|количество|кол во|数量|個数|الكمية|मात्रा"},
};

const struct concept *concept_table(size_t *ret_count)
{
    *ret_count = ARRAY_LENGTH(concepts);
    return concepts;
}
