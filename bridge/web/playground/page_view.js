// The picture of a page, and on it the boxes of its blocks. They are buttons, one of them in the order of the Tab key;
// arrow keys go from one to the next.

import { h, replace } from "../common/dom.js";
import { icon } from "../common/icons.js";
import { t } from "../common/messages.js";
import { url } from "../common/api.js";
import { moveAmong } from "../common/roving.js";
import { confidenceText, isLow, level } from "./confidence.js";
import { isSameBlock } from "./link.js";

function put(element, [x0, y0, x1, y1], page) {
  element.style.left = `${(100 * x0) / page.width}%`;
  element.style.top = `${(100 * y0) / page.height}%`;
  element.style.width = `${(100 * (x1 - x0)) / page.width}%`;
  element.style.height = `${(100 * (y1 - y0)) / page.height}%`;
  return element;
}

function lowWords(block) {
  return (block.lines ?? []).flatMap((line) => line.words).filter((word) => word.bbox && isLow(word.confidence));
}

export class PageView {
  #job;
  #link;
  #boxes = [];
  #spots = h("div", {});
  #marks = h("div", { class: "marks" });

  constructor(job, link) {
    this.#job = job;
    this.#link = link;
    this.sheet = h("div", { class: "sheet", dir: "ltr" });
    this.scroller = h("div", { class: "sheet-scroll", tabindex: "0", role: "region", "aria-label": t("page.picture") }, this.sheet);
    this.element = h("section", { class: "page-pane", "aria-label": t("page.pane") }, this.#toolbar(), this.scroller);
    link.on("turn", () => this.#show());
    link.on("point", (place) => this.#point(place));
    link.on("choose", ({ place, from }) => this.#choose(place, from));
    this.#show();
  }

  get #page() {
    return this.#job.pages[this.#link.page];
  }

  // --- turning pages ---

  #toolbar() {
    const turn = (step) => this.#link.turn(this.#link.page + step, this);

    this.back = h("button", { type: "button", class: "icon-button flip", "aria-label": t("page.back"), onclick: () => turn(-1) }, icon("back"));
    this.forward = h("button", { type: "button", class: "icon-button flip", "aria-label": t("page.forward"), onclick: () => turn(1) }, icon("forward"));
    this.place = h("span", { class: "page-place", "aria-live": "polite" });
    const toggle = h(
      "button",
      {
        type: "button",
        class: "button small toggle",
        "aria-pressed": "true",
        onclick: () => {
          const isShown = toggle.getAttribute("aria-pressed") !== "true";

          toggle.setAttribute("aria-pressed", String(isShown));
          this.sheet.classList.toggle("is-bare", !isShown);
        },
      },
      icon("boxes"),
      t("page.boxes"),
    );
    return h("div", { class: "pane-bar" }, h("div", { class: "row" }, this.back, this.place, this.forward), toggle);
  }

  #show() {
    const page = this.#page;
    const number = page.index + 1;
    const image = h("img", { src: url(`/ocr/${this.#job.uuid}/pages/${number}/image/`), alt: t("page.alt", { page: number }), width: page.width, height: page.height, draggable: "false" });

    image.addEventListener("error", () => this.sheet.classList.add("has-no-picture"));
    this.sheet.classList.remove("has-no-picture");
    if (page.width && page.height) this.sheet.style.aspectRatio = `${page.width} / ${page.height}`;
    this.#boxes = (page.blocks ?? []).map((block, index) => this.#box(page, block, index));
    replace(this.#marks, (page.blocks ?? []).flatMap(lowWords).map((word) => put(h("span", { class: "low-mark" }), word.bbox, page)));
    replace(this.#spots);
    replace(this.sheet, page.error ? h("p", { class: "page-error" }, page.error.message) : image, this.#marks, this.#group(), this.#spots);
    this.place.textContent = t("page.place", { page: number, pages: this.#job.page_count });
    this.back.disabled = this.#link.page === 0;
    this.forward.disabled = this.#link.page + 1 >= this.#job.pages.length;
    this.scroller.scrollTop = 0;
  }

  // --- boxes ---

  #group() {
    const boxes = this.#boxes.filter(Boolean);

    if (boxes.length > 0) boxes[0].tabIndex = 0;
    return h("div", { role: "group", "aria-label": t("page.boxes.label"), class: "boxes", onkeydown: (event) => moveAmong(boxes, event) }, boxes);
  }

  #box(page, block, index) {
    if (!block.bbox || block.bbox[2] <= block.bbox[0]) return null;
    const place = { page: this.#link.page, block: index };
    const text = block.text || t(`kind.${block.kind}`);

    return put(
      h("button", {
        type: "button",
        class: `box is-${level(block.confidence)} kind-${block.kind}`,
        tabindex: "-1",
        "aria-label": `${text.slice(0, 120)} (${confidenceText(block.confidence)})`,
        title: confidenceText(block.confidence),
        onpointerenter: () => this.#link.point(place),
        onpointerleave: () => this.#link.point(null),
        onfocus: () => this.#link.point(place),
        onclick: () => this.#link.choose(place, this),
      }),
      block.bbox,
      page,
    );
  }

  // --- what others point at and choose ---

  #point(place) {
    const isHere = place !== null && place.page === this.#link.page;

    this.#boxes.forEach((box, index) => box?.classList.toggle("is-pointed", isHere && place.block === index));
    this.#spot(isHere ? place.boxes : []);
  }

  #spot(boxes = []) {
    replace(this.#spots, boxes.filter(Boolean).map((box) => put(h("div", { class: "spot" }), box, this.#page)));
  }

  #choose(place, from) {
    const box = this.#boxes[place.block];

    this.#boxes.forEach((one, index) => one?.classList.toggle("is-chosen", isSameBlock(place, { page: this.#link.page, block: index })));
    this.#spot(place.boxes);
    if (from !== this) (this.#spots.firstChild ?? box)?.scrollIntoView({ block: "center", inline: "nearest", behavior: "instant" });
  }
}
