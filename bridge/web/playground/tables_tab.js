// Every table of the document, each with its own file and copy.

import { url } from "../common/api.js";
import { copyButton } from "../common/clipboard.js";
import { h } from "../common/dom.js";
import { icon } from "../common/icons.js";
import { t } from "../common/messages.js";
import { cellTable } from "./text_tab.js";

// [{ place, table, text }] in the order of the document.
export function tablesOf(job) {
  return job.pages.flatMap((page, pageIndex) =>
    (page.blocks ?? []).flatMap((block, index) => (block.table ? [{ place: { page: pageIndex, block: index }, table: block.table, text: block.text, page: page.index + 1 }] : [])),
  );
}

export function tablesTab(job, link, tables) {
  return h(
    "div",
    {},
    tables.map(({ place, table, text, page }, i) =>
      h(
        "section",
        {
          class: "table-card",
          "aria-label": t("tables.table", { count: i + 1, page }),
          onpointerover: (event) => link.point({ ...place, boxes: [event.target.closest("td, th")?.bbox] }),
          onpointerleave: () => link.point(null),
          onclick: (event) => link.choose({ ...place, boxes: [event.target.closest("td, th")?.bbox] }, null),
        },
        h(
          "div",
          { class: "tab-bar" },
          h("h2", { class: "card-title" }, t("tables.table", { count: i + 1, page })),
          h(
            "div",
            { class: "row" },
            h("a", { class: "button small", href: url(`/ocr/${job.uuid}/download/?format=csv&table=${i + 1}`), download: "" }, icon("download"), "CSV"),
            copyButton(() => text),
          ),
        ),
        cellTable(table),
      ),
    ),
  );
}
