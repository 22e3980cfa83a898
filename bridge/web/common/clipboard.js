// Copying text, also where the page came over plain HTTP, for which browsers have no clipboard.

import { icon } from "./icons.js";
import { h } from "./dom.js";
import { t } from "./messages.js";
import { notify } from "./notice.js";

function copyBySelection(text) {
  const field = h("textarea", { class: "visually-hidden", readonly: true, "aria-hidden": "true" });
  const focused = document.activeElement;

  field.value = text;
  document.body.append(field);
  field.select();
  const isCopied = document.execCommand("copy");
  field.remove();
  focused?.focus();
  return isCopied;
}

export async function copy(text) {
  let isCopied = true;

  if (navigator.clipboard) await navigator.clipboard.writeText(text).catch(() => (isCopied = copyBySelection(text)));
  else isCopied = copyBySelection(text);
  notify(t(isCopied ? "copy.done" : "copy.failed"), isCopied ? "good" : "bad");
}

// `text()` is asked for when the button is pressed.
export function copyButton(text, label = t("copy")) {
  return h("button", { type: "button", class: "button small", onclick: () => copy(text()) }, icon("copy"), label);
}
