// Elements of a tree that markdown.js made. Nothing is ever read as HTML, and links go to the web or to mail alone.

import { h } from "../common/dom.js";
import { t } from "../common/messages.js";
import { tableScroll } from "../common/table_scroll.js";
import { decodeEntities } from "./markdown_table.js";

const SAFE_LINK = /^(?:https?:\/\/|mailto:)/i;
const INLINE =
  /\\([!-/:-@[-`{-~])|`([^`]+)`|\*\*(?=\S)([^*]+?)\*\*|\*(?=\S)([^*\n]+?)\*|\[([^\][]+)\]\(([^()\s]+)\)|(<br\s*\/?>)|\$([^$\n]+)\$/g;

function link(text, target) {
  return SAFE_LINK.test(target) ? h("a", { href: target, rel: "noopener noreferrer nofollow", target: "_blank" }, text) : text;
}

export function inline(text) {
  const nodes = [];
  let last = 0;

  for (const found of text.matchAll(INLINE)) {
    const [whole, escaped, code, strong, emphasis, label, target, lineBreak, formula] = found;

    nodes.push(decodeEntities(text.slice(last, found.index)));
    last = found.index + whole.length;
    if (escaped) nodes.push(escaped);
    else if (code) nodes.push(h("code", {}, code));
    else if (strong) nodes.push(h("strong", {}, inline(strong)));
    else if (emphasis) nodes.push(h("em", {}, inline(emphasis)));
    else if (label) nodes.push(link(label, target));
    else if (lineBreak) nodes.push(h("br"));
    else nodes.push(h("code", { class: "formula" }, formula));
  }
  nodes.push(decodeEntities(text.slice(last)));
  return nodes.filter((node) => node !== "");
}

function table(block) {
  const cell = ({ text, isHeader, rowSpan, columnSpan }) =>
    h(
      isHeader ? "th" : "td",
      { rowspan: rowSpan > 1 ? rowSpan : null, colspan: columnSpan > 1 ? columnSpan : null, dir: "auto" },
      block.isHtml ? text : inline(text),
    );

  return tableScroll(t("kind.table"), h("table", {}, h("tbody", {}, block.rows.map((row) => h("tr", {}, row.map(cell))))));
}

function element(block) {
  switch (block.type) {
    case "heading":
      return h(`h${block.shown ?? 6}`, { dir: "auto" }, inline(block.text));
    case "rule":
      return h("hr");
    case "code":
      return h("pre", { dir: "ltr" }, h("code", {}, block.text));
    case "formula":
      return h("pre", { dir: "ltr", class: "formula" }, h("code", {}, block.text));
    case "table":
      return table(block);
    case "quote":
      return h("blockquote", {}, block.blocks.map(element));
    case "list":
      return h(
        block.isOrdered ? "ol" : "ul",
        { start: block.isOrdered && block.start !== 1 ? block.start : null },
        block.items.map((item) => h("li", { dir: "auto" }, item.map((part) => (part.type === "paragraph" ? h("span", {}, inline(part.text)) : element(part))))),
      );
    default:
      return h("p", { dir: "auto" }, inline(block.text));
  }
}

// Headings begin at the second level, for the page has its own first one, and leave no level out: who listens to a
// page goes by them.
function settleHeadings(blocks) {
  let last = 1;

  for (const block of blocks) {
    if (block.type !== "heading") continue;
    block.shown = Math.min(block.level + 1, last + 1, 6);
    last = block.shown;
  }
}

export function markdownNodes(blocks) {
  settleHeadings(blocks);
  return blocks.map(element);
}
