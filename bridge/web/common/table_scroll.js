// A table that may be wider than its place: it is scrolled by itself, by keyboard too.

import { h } from "./dom.js";

export function tableScroll(label, table) {
  return h("div", { class: "table-scroll", role: "group", tabindex: "0", "aria-label": label }, table);
}
