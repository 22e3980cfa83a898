// The job as programs get it.

import { copyButton } from "../common/clipboard.js";
import { h } from "../common/dom.js";
import { t } from "../common/messages.js";

const SHOWN_MAX = 300_000; // characters: a document of many pages would stop the browser

export function jsonTab(job) {
  const text = JSON.stringify(job, null, 2);

  return h(
    "div",
    {},
    h("div", { class: "tab-bar end" }, copyButton(() => text, t("copy.json"))),
    h("pre", { dir: "ltr", class: "json", tabindex: "0" }, text.slice(0, SHOWN_MAX)),
    text.length > SHOWN_MAX ? h("p", { class: "fine" }, t("json.cut")) : null,
  );
}
