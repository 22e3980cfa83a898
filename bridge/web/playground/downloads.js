// The document as a file, in every format there is; what suits the tool stands first.

import { url } from "../common/api.js";
import { h } from "../common/dom.js";
import { icon } from "../common/icons.js";
import { t } from "../common/messages.js";

const FORMATS = ["txt", "md", "docx", "pdf", "xlsx", "csv", "html", "json", "hocr", "alto"];

function closeOnLeave(menu) {
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
  menu.addEventListener("focusout", (event) => {
    if (event.relatedTarget && !menu.contains(event.relatedTarget)) menu.open = false;
  });
  document.addEventListener("pointerdown", (event) => {
    if (!menu.contains(event.target)) menu.open = false;
  });
}

export function downloadMenu(job) {
  const first = job.suggested_format;
  const formats = first ? [first, ...FORMATS.filter((format) => format !== first)] : FORMATS;
  const menu = h(
    "details",
    { class: "menu" },
    h("summary", { class: "button primary" }, icon("download"), t("download")),
    h(
      "ul",
      { class: "menu-list" },
      formats.map((format) =>
        h("li", {}, h("a", { href: url(`/ocr/${job.uuid}/download/?format=${format}`), download: "" }, h("b", {}, `.${format}`), h("span", {}, t(`format.${format}`)))),
      ),
    ),
  );

  closeOnLeave(menu);
  return menu;
}
