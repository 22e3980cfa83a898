#include "services/ocr/extract/label.h"

#include <string.h>

#include "lib/base/str.h"

#define PHRASES(...) ((const char *const[]){__VA_ARGS__, NULL})

static const struct label_field fields[] = {
    {"invoice_number", LABEL_IDENTIFIER, 2,
     PHRASES("invoice number", "invoice no", "invoice num", "invoice id", "invoice", "inv no",
             "inv number", "bill number", "bill no", "receipt number", "receipt no", "receipt id",
             "document number", "rechnungsnummer", "rechnungs nr", "rechnung nr", "rechnungsnr",
             "rechnungs nummer", "belegnummer", "beleg nr", "numero de facture", "facture no",
             "facture n", "facture", "numero de factura", "factura no", "factura n", "n factura",
             "numero factura", "numero fattura", "fattura n", "fattura no", "factuurnummer",
             "factuur nr", "numero da fatura", "fatura no", "fatura n", "fakturanummer",
             "faktura nr", "numer faktury", "请求书番号", "发票号码", "請求書番号")},
    {"order_number", LABEL_IDENTIFIER, 1,
     PHRASES("order number", "order no", "order id", "purchase order", "po number", "p o number",
             "po no", "bestellnummer", "auftragsnummer", "numero de commande", "commande n",
             "numero de pedido", "ordernummer", "ordine n")},
    {"tax_id", LABEL_IDENTIFIER, 1,
     PHRASES("vat number", "vat no", "vat id", "vat reg no", "vat registration number", "tax id",
             "tax number", "tax no", "tin", "gstin", "gst no", "gst number", "gst registration no",
             "gst reg no", "abn", "ein", "ust idnr", "ust id nr", "ust id", "umsatzsteuer id",
             "steuernummer", "steuer nr", "siret", "n tva", "tva intracommunautaire", "nif", "cif",
             "partita iva", "p iva", "btw nummer", "btw nr", "cnpj", "nip", "pan no")},
    {"invoice_date", LABEL_DATE, 3,
     PHRASES("invoice date", "date of issue", "issue date", "date issued", "bill date",
             "receipt date", "rechnungsdatum", "ausstellungsdatum", "date de facture",
             "date de facturation", "date facture", "date d emission", "fecha de factura",
             "fecha de emision", "fecha factura", "data fattura", "data della fattura",
             "data emissione", "factuurdatum", "data da fatura", "data de emissao", "fakturadatum",
             "fakturadato", "data wystawienia", "发票日期", "請求日")},
    {"invoice_date", LABEL_DATE, 1,
     PHRASES("date", "dated", "order date", "transaction date", "datum", "belegdatum", "fecha",
             "data", "dato", "日付", "日期")},
    {"due_date", LABEL_DATE, 1,
     PHRASES("due date", "payment due", "payment due date", "date due", "due by", "due on", "due",
             "pay by", "falligkeitsdatum", "fallig am", "fallig", "zahlbar bis", "date d echeance",
             "echeance", "fecha de vencimiento", "vencimiento", "scadenza", "data scadenza",
             "vervaldatum", "data de vencimento", "forfallodatum", "forfallsdato",
             "termin platnosci", "date limite de paiement", "date limite", "a payer avant le")},
    {"subtotal", LABEL_AMOUNT, 1,
     PHRASES("subtotal", "sub total", "sub ttl", "subtotal amount", "net amount", "net total",
             "total net", "total before tax", "total excl vat", "total ex vat", "total excl tax",
             "taxable amount", "zwischensumme", "nettobetrag", "summe netto", "gesamt netto",
             "netto", "sous total", "total ht", "montant ht", "base imponible", "subtotale",
             "imponibile", "totale imponibile", "subtotaal", "totaal excl btw", "delsumma",
             "razem netto")},
    {"discount", LABEL_AMOUNT, 1,
     PHRASES("discount", "total discount", "rabatt", "remise", "descuento", "sconto", "korting",
             "desconto", "coupon", "savings", "you saved")},
    {"shipping", LABEL_AMOUNT, 1,
     PHRASES("shipping", "shipping and handling", "shipping handling", "shipping charges",
             "delivery", "delivery fee", "delivery charge", "postage", "versand", "versandkosten",
             "frais de port", "livraison", "gastos de envio", "spedizione", "verzendkosten",
             "frete", "frakt")},
    {"tip", LABEL_AMOUNT, 1, PHRASES("tip", "gratuity", "trinkgeld", "pourboire", "propina")},
    {"tax", LABEL_AMOUNT, 1,
     PHRASES("tax", "total tax", "tax total", "sales tax", "vat", "total vat", "vat amount",
             "tax amount", "gst", "hst", "pst", "qst", "cgst", "sgst", "igst", "service tax", "tva",
             "total tva", "montant tva", "mwst", "ust", "umsatzsteuer", "mehrwertsteuer", "iva",
             "imposta", "btw", "moms", "steuer", "vat total", "podatek")},
    {"total", LABEL_AMOUNT, 3,
     PHRASES("grand total", "total amount", "total amount due", "amount due", "balance due",
             "total due", "invoice total", "total to pay", "total payable", "amount payable",
             "total incl vat", "total inc vat", "total incl tax", "order total", "gesamtbetrag",
             "gesamtsumme", "rechnungsbetrag", "endbetrag", "zu zahlen", "gesamt brutto",
             "bruttobetrag", "total ttc", "montant ttc", "net a payer", "montant total",
             "importe total", "total a pagar", "total factura", "totale fattura",
             "totale documento", "totale da pagare", "totaal incl btw", "te betalen", "att betala",
             "a betale", "do zaplaty", "合計", "总计", "總計")},
    {"total", LABEL_AMOUNT, 2,
     PHRASES("total", "net total amount", "gesamt", "summe", "totale", "totaal", "summa", "razem",
             "итого", "всего")},
    {"amount_paid", LABEL_AMOUNT, 1,
     PHRASES("cash", "amount paid", "paid", "tendered", "amount tendered", "cash tendered",
             "payment", "bar", "gegeben", "especes", "efectivo", "contanti", "contant", "card",
             "credit card", "debit card", "credit", "debit", "visa", "mastercard", "amex", "karte",
             "carte bancaire", "tarjeta")},
    {"change", LABEL_AMOUNT, 1,
     PHRASES("change", "change due", "ruckgeld", "rendu", "cambio", "resto", "wisselgeld")},
    {"seller", LABEL_PARTY, 1,
     PHRASES("from", "seller", "vendor", "supplier", "sold by", "bill from", "merchant", "issuer",
             "verkaufer", "lieferant", "absender", "vendeur", "fournisseur", "emetteur", "vendedor",
             "proveedor", "emisor", "venditore", "fornitore", "verkoper", "leverancier",
             "sprzedawca")},
    {"buyer", LABEL_PARTY, 1,
     PHRASES("bill to", "billed to", "billing address", "invoice to", "invoiced to", "sold to",
             "customer", "customer name", "client", "buyer", "purchaser", "to", "kunde",
             "rechnungsempfanger", "rechnungsadresse", "empfanger", "facture a", "adresse a",
             "acheteur", "cliente", "facturar a", "comprador", "destinatario", "klant",
             "factuuradres", "koper", "kund", "nabywca")},
    {"", LABEL_OTHER, 0,
     PHRASES("tax invoice", "total items", "total qty", "total quantity", "items", "item count",
             "total savings", "total discounts", "date of birth", "order date and time",
             "vat summary", "tax summary", "tax rate", "vat rate", "total weight",
             "invoice details", "due upon receipt", "due on receipt", "ship to", "shipping address",
             "delivery address", "delivery date", "delivery note", "payment terms",
             "payment method", "payment details", "tax registration", "tax payable on reverse",
             "place of supply", "auth code", "approval", "account", "rounding", "regular price",
             "return value", "you saved today", "unit price", "points")},
};

static const struct label_field columns[] = {
    {"description", LABEL_COLUMN, 0,
     PHRASES("description", "item description", "item", "items", "product", "products", "service",
             "services", "particulars", "details", "title", "article", "goods", "work",
             "product description", "description of goods", "beschreibung", "bezeichnung",
             "artikel", "leistung", "position", "designation", "libelle", "prestation",
             "descripcion", "concepto", "articulo", "producto", "descrizione", "articolo",
             "omschrijving", "descricao", "produto", "beskrivning", "beskrivelse", "nazwa")},
    {"quantity", LABEL_COLUMN, 0,
     PHRASES("quantity", "qty", "qnty", "units", "hours", "hrs", "nights", "count", "menge",
             "anzahl", "stuck", "quantite", "qte", "cantidad", "cant", "quantita", "qta", "aantal",
             "quantidade", "qtd", "antal", "antall", "ilosc")},
    {"unit_price", LABEL_COLUMN, 0,
     PHRASES("unit price", "price", "rate", "unit cost", "price each", "price per unit", "cost",
             "gross amount", "einzelpreis", "vk preis", "preis", "stuckpreis", "e preis",
             "prix unitaire", "pu", "p u", "prix", "prix unitaire ht", "pu ht", "precio unitario",
             "precio", "prezzo unitario", "prezzo", "stukprijs", "prijs", "preco unitario", "preco",
             "a pris", "pris", "cena")},
    {"amount", LABEL_COLUMN, 0,
     PHRASES("amount", "total", "line total", "total price", "net amount", "total amount",
             "extended", "ext price", "sum", "betrag", "gesamt", "gesamtpreis", "summe", "g preis",
             "montant", "montant ht", "total ht", "total ttc", "importe", "total linea", "importo",
             "totale", "bedrag", "totaal", "valor", "valor total", "belopp", "belop", "wartosc")},
    {"", LABEL_COLUMN, 0,
     PHRASES("sr no", "s no", "sl no", "no", "date", "tax", "vat", "discount", "tax rate",
             "tax type", "tax amount", "hsn", "sku", "pos", "mwst", "ust", "tva", "iva", "btw")},
};

/* How many tokens a phrase matches from `token` on; 0 when it does not. */
static size_t match(const struct row *row, size_t token, const char *phrase)
{
    struct str rest = str_of(phrase);
    struct str wanted;
    size_t count = 0;

    while (str_next_token(&rest, ' ', &wanted)) {
        if (token + count >= row->token_count ||
            !str_equal(str_of(row->tokens[token + count].text), wanted))
            return 0;
        count++;
    }
    return count;
}

static bool read_label(const struct label_field *table, size_t table_count, const struct row *row,
                       size_t token, struct label *ret_label)
{
    size_t longest = 0;

    for (size_t i = 0; i < table_count; i++)
        for (const char *const *phrase = table[i].phrases; *phrase != NULL; phrase++) {
            size_t length = match(row, token, *phrase);
            if (length <= longest)
                continue;
            longest = length;
            *ret_label = (struct label){&table[i], token, token + length - 1};
        }
    return longest > 0;
}

bool label_read(const struct row *row, size_t token, struct label *ret_label)
{
    return read_label(fields, ARRAY_LENGTH(fields), row, token, ret_label);
}

bool label_read_column(const struct row *row, size_t token, struct label *ret_label)
{
    return read_label(columns, ARRAY_LENGTH(columns), row, token, ret_label);
}
