// The text as it was read, block by block: words of which the reader was not sure are marked, and each block is joined
// with its box. A page is made when it comes near.

import { h } from "../common/dom.js";
import { copyButton } from "../common/clipboard.js";
import { moveAmong } from "../common/roving.js";
import { t } from "../common/messages.js";
import { tableScroll } from "../common/table_scroll.js";
import { confidenceText, isLow, level } from "./confidence.js";
import { isSameBlock } from "./link.js";

const NEAR = "600px";

function wordNode(word) {
  const low = isLow(word.confidence);
  const node = h(low ? "mark" : "span", { class: `word is-${level(word.confidence)}`, title: low ? confidenceText(word.confidence) : null }, word.text);

  node.bbox = word.bbox;
  return node;
}

// Scripts that put no space between words need none where a line ends either.
const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}]$/u;

function lineEnd(line) {
  return UNSPACED.test(line.words.at(-1)?.text ?? "") ? "" : " ";
}

function lineNodes(lines) {
  return lines.flatMap((line, i) => [
    i > 0 ? lineEnd(lines[i - 1]) : "",
    ...line.words.flatMap((word, j) => [wordNode(word), j + 1 < line.words.length && !word.no_space_after ? " " : null]),
  ]);
}

export function cellTable(table) {
  const rows = Array.from({ length: table.row_count }, () => h("tr"));
  const taken = new Set();

  for (const cell of table.cells) {
    for (let row = cell.row; row < cell.row + cell.row_span; row++)
      for (let column = cell.column; column < cell.column + cell.column_span; column++) taken.add(`${row}.${column}`);
  }
  const byPlace = new Map(table.cells.map((cell) => [`${cell.row}.${cell.column}`, cell]));
  rows.forEach((tr, row) => {
    for (let column = 0; column < table.column_count; column++) {
      const cell = byPlace.get(`${row}.${column}`);

      if (cell) tr.append(cellNode(cell));
      else if (!taken.has(`${row}.${column}`)) tr.append(h("td"));
    }
  });
  return tableScroll(t("kind.table"), h("table", {}, h("tbody", {}, rows)));
}

function cellNode(cell) {
  const node = h(
    cell.is_header ? "th" : "td",
    { rowspan: cell.row_span > 1 ? cell.row_span : null, colspan: cell.column_span > 1 ? cell.column_span : null, dir: "auto", class: isLow(cell.confidence) ? "is-poor" : null },
    cell.text,
  );

  node.bbox = cell.bbox;
  return node;
}

function contentOf(block) {
  if (block.table) return cellTable(block.table);
  if (block.kind === "figure" && !block.text) return h("span", { class: "muted" }, t("kind.figure"));
  if (block.latex) return h("code", { class: "formula", dir: "ltr" }, block.latex);
  return block.lines?.length ? lineNodes(block.lines) : block.text;
}

export class TextTab {
  #job;
  #link;
  #sections;

  constructor(job, link) {
    this.#job = job;
    this.#link = link;
    this.#sections = job.pages.map((page, index) => this.#section(page, index));
    this.body = h(
      "div",
      {
        class: "text-body",
        onpointerover: (event) => this.#link.point(this.#placeOf(event.target)),
        onpointerleave: () => this.#link.point(null),
        onclick: (event) => this.#clicked(event),
        onkeydown: (event) => this.#key(event),
      },
      this.#sections,
    );
    const legend = ["sure", "fair", "poor"].map((name) => h("span", { class: `legend is-${name}` }, t(`confidence.${name}`)));
    this.element = h("div", { class: "text-tab" }, h("div", { class: "tab-bar" }, h("p", { class: "legends" }, legend), copyButton(() => job.text, t("copy.text"))), this.body);
    const near = new IntersectionObserver((entries) => entries.forEach((one) => one.isIntersecting && this.#fill(one.target)), { rootMargin: NEAR });
    this.#sections.forEach((section) => near.observe(section));
    this.#fill(this.#sections[link.page]);
    this.body.querySelector(".text-block")?.setAttribute("tabindex", "0");
    link.on("point", (place) => this.#mark(place, "is-pointed"));
    link.on("choose", ({ place, from }) => this.#choose(place, from));
    link.on("turn", ({ page, from }) => from !== this && this.#sections[page].scrollIntoView({ block: "start", behavior: "instant" }));
  }

  #section(page, index) {
    const section = h("section", { class: "text-page", "aria-label": t("page", { page: page.index + 1 }) });

    section.pageIndex = index;
    return section;
  }

  #fill(section) {
    if (section.hasChildNodes()) return;
    const page = this.#job.pages[section.pageIndex];

    if (this.#job.pages.length > 1) section.append(h("p", { class: "page-mark" }, t("page", { page: page.index + 1 })));
    if (page.error) section.append(h("p", { class: "page-error" }, page.error.message));
    else if (page.blocks.length === 0) section.append(h("p", { class: "muted" }, t("text.none")));
    section.append(...(page.blocks ?? []).map((block, index) => this.#block(block, section.pageIndex, index)));
  }

  #block(block, page, index) {
    const node = h(
      "div",
      { class: `text-block kind-${block.kind} is-${level(block.confidence)}`, tabindex: "-1", role: "group", "aria-label": t(`kind.${block.kind}`), dir: block.direction === "rtl" ? "rtl" : "auto" },
      contentOf(block),
      block.translation ? h("p", { class: "translation", dir: "auto" }, block.translation) : null,
    );

    node.place = { page, block: index };
    return node;
  }

  #placeOf(target) {
    const block = target.closest(".text-block");
    const inner = target.closest(".word, td, th");

    return block ? { ...block.place, boxes: [inner?.bbox] } : null;
  }

  #clicked(event) {
    const place = this.#placeOf(event.target);

    if (place && String(getSelection()) === "") this.#link.choose(place, this);
  }

  #find(place) {
    return place ? [...this.#sections[place.page].querySelectorAll(".text-block")].find((node) => isSameBlock(node.place, place)) : undefined;
  }

  #key(event) {
    if (event.key === "Enter") this.#clicked(event);
    else moveAmong([...this.body.querySelectorAll(".text-block")], event);
  }

  #mark(place, name) {
    for (const marked of this.body.querySelectorAll(`.${name}`)) marked.classList.remove(name);
    this.#find(place)?.classList.add(name);
  }

  #choose(place, from) {
    this.#fill(this.#sections[place.page]);
    this.#mark(place, "is-chosen");
    if (from !== this) this.#find(place)?.scrollIntoView({ block: "center", behavior: "instant" });
  }
}
