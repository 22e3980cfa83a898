// The Markdown, as it looks and as it is written.

import { copyButton } from "../common/clipboard.js";
import { h, replace } from "../common/dom.js";
import { t } from "../common/messages.js";
import { parseMarkdown } from "./markdown.js";
import { markdownNodes } from "./markdown_dom.js";

export function markdownTab(markdown) {
  const body = h("div", { class: "markdown-body" });
  const show = (isSource) => {
    body.classList.toggle("is-source", isSource);
    replace(body, ...(isSource ? [h("pre", { dir: "auto" }, markdown)] : markdownNodes(parseMarkdown(markdown))));
    button.setAttribute("aria-pressed", String(isSource));
  };
  const button = h(
    "button",
    { type: "button", class: "button small toggle", onclick: () => show(button.getAttribute("aria-pressed") !== "true") },
    t("markdown.source"),
  );

  show(false);
  return h("div", {}, h("div", { class: "tab-bar end" }, button, copyButton(() => markdown, t("copy.markdown"))), body);
}
