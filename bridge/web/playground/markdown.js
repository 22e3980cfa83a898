// Markdown as this server writes it (CommonMark's headings, paragraphs, lists, quotes and rules, GFM's tables, tables
// of HTML, formulas between "$$") into a tree of plain objects. What is none of these stays text.

import { parseHtmlTable } from "./markdown_table.js";

const HEADING = /^(#{1,6})\s+(.*?)\s*#*$/;
const RULE = /^\s{0,3}(?:(?:-\s*){3,}|(?:\*\s*){3,}|(?:_\s*){3,})$/;
const ITEM = /^(\s*)([-*+]|\d{1,9}[.)])\s+(.*)$/;
const TABLE_RULE = /^\s*\|?(?:\s*:?-+:?\s*\|)+\s*(?::?-+:?\s*)?$/;
const DEPTH_MAX = 8; // of lists and quotes in each other

function splitRow(line) {
  const cells = [];
  let cell = "";

  for (let i = 0; i < line.length; i++) {
    if (line[i] === "\\" && i + 1 < line.length) cell += line[i] + line[++i];
    else if (line[i] === "|") (cells.push(cell), (cell = ""));
    else cell += line[i];
  }
  cells.push(cell);
  if (cells[0].trim() === "") cells.shift();
  if (cells.at(-1)?.trim() === "") cells.pop();
  return cells.map((text) => text.trim());
}

function pipeTable(lines) {
  const [head, , ...rows] = lines.map(splitRow);
  const row = (cells, isHeader) =>
    head.map((_, column) => ({ text: cells[column] ?? "", isHeader, rowSpan: 1, columnSpan: 1 }));

  return { type: "table", rows: [row(head, true), ...rows.map((cells) => row(cells, false))] };
}

class Reader {
  constructor(lines, depth) {
    this.lines = lines;
    this.depth = depth;
    this.at = 0;
  }

  get line() {
    return this.lines[this.at];
  }

  takeWhile(belongs) {
    const start = this.at;

    while (this.at < this.lines.length && belongs(this.line)) this.at++;
    return this.lines.slice(start, this.at);
  }

  fenced(close) {
    this.at++;
    const inside = this.takeWhile((line) => line.trim() !== close);
    this.at++;
    return inside.join("\n");
  }

  list() {
    const [, indent, marker] = ITEM.exec(this.line);
    const list = { type: "list", isOrdered: /\d/.test(marker), start: parseInt(marker, 10) || 1, items: [] };

    while (this.at < this.lines.length) {
      const found = ITEM.exec(this.line);

      if (!found || found[1].length !== indent.length || /\d/.test(found[2]) !== list.isOrdered) break;
      const width = found[1].length + found[2].length + 1;
      this.at++;
      const more = this.takeWhile(
        (line) => /^\s+\S/.test(line) && (line.length - line.trimStart().length >= width || ITEM.exec(line)?.[1].length > indent.length),
      );
      const inner = [found[3], ...more.map((line) => line.slice(Math.min(width, line.length - line.trimStart().length)))];
      list.items.push(parseLines(inner, this.depth + 1));
      if (this.line === "" && ITEM.test(this.lines[this.at + 1] ?? "")) this.at++;
    }
    return list;
  }

  paragraph() {
    const lines = this.takeWhile((line) => line.trim() !== "" && !this.startsOther(line));

    if (lines.length === 0) lines.push(this.lines[this.at++]); // text after all
    return { type: "paragraph", text: lines.join("\n") };
  }

  startsOther(line) {
    return HEADING.test(line) || RULE.test(line) || ITEM.test(line) || /^\s{0,3}(?:>|```|\$\$|<table>)/.test(line);
  }

  block() {
    const heading = HEADING.exec(this.line);

    if (heading) return (this.at++, { type: "heading", level: heading[1].length, text: heading[2] });
    if (RULE.test(this.line)) return (this.at++, { type: "rule" });
    if (this.line.startsWith("```")) return { type: "code", text: this.fenced("```") };
    if (this.line.trim() === "$$") return { type: "formula", text: this.fenced("$$") };
    if (/^\$\$.+\$\$$/.test(this.line)) return { type: "formula", text: this.lines[this.at++].slice(2, -2) };
    if (this.line.startsWith("<table>")) return this.htmlTable();
    if (this.line.includes("|") && TABLE_RULE.test(this.lines[this.at + 1] ?? ""))
      return pipeTable(this.takeWhile((line) => line.includes("|")));
    if (this.depth < DEPTH_MAX && ITEM.test(this.line)) return this.list();
    if (this.depth < DEPTH_MAX && this.line.startsWith(">"))
      return { type: "quote", blocks: parseLines(this.takeWhile((line) => line.startsWith(">")).map((line) => line.replace(/^> ?/, "")), this.depth + 1) };
    return this.paragraph();
  }

  htmlTable() {
    const lines = this.takeWhile((line) => !line.includes("</table>"));

    if (this.at < this.lines.length) lines.push(this.lines[this.at++]);
    return { type: "table", isHtml: true, rows: parseHtmlTable(lines.join("\n")) };
  }
}

function parseLines(lines, depth) {
  const reader = new Reader(lines, depth);
  const blocks = [];

  for (;;) {
    reader.takeWhile((line) => line.trim() === "");
    if (reader.at >= lines.length) return blocks;
    blocks.push(reader.block());
  }
}

export function parseMarkdown(text) {
  return parseLines(text.split(/\r?\n/), 0);
}
