// Tables of HTML in Markdown, cells with spans: rows of { text, isHeader, rowSpan, columnSpan }. The text is plain;
// tags other than those of tables are text, too.

const TOKEN = /<(\/?)(table|thead|tbody|tr|td|th|br)\b([^<>]*)>/gi;
const ENTITIES = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'", nbsp: "\u00a0" };
const SPAN_MAX = 1000; // what browsers take, too

export function decodeEntities(text) {
  return text.replace(/&(amp|lt|gt|quot|#39|nbsp);/g, (_, name) => ENTITIES[name]);
}

function span(attributes, name) {
  const found = new RegExp(`\\b${name}\\s*=\\s*"?(\\d{1,4})`).exec(attributes);

  return Math.min(Math.max(found ? Number(found[1]) : 1, 1), SPAN_MAX);
}

export function parseHtmlTable(text) {
  const rows = [];
  let cell = null;
  let last = 0;

  for (const token of text.matchAll(TOKEN)) {
    const [whole, slash, name, attributes] = token;
    const tag = name.toLowerCase();

    if (cell) cell.text += decodeEntities(text.slice(last, token.index));
    last = token.index + whole.length;
    if (tag === "br") cell && (cell.text += "\n");
    else if (slash) cell = tag === "td" || tag === "th" ? null : cell;
    else if (tag === "tr") rows.push([]);
    else if (tag === "td" || tag === "th") {
      cell = { text: "", isHeader: tag === "th", rowSpan: span(attributes, "rowspan"), columnSpan: span(attributes, "colspan") };
      if (rows.length === 0) rows.push([]);
      rows.at(-1).push(cell);
    }
  }
  return rows;
}
