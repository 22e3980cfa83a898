// A question before something that cannot be undone.

import { h } from "./dom.js";
import { t } from "./messages.js";

// True when it was confirmed.
export function confirmed(question, action) {
  return new Promise((resolve) => {
    const dialog = h(
      "dialog",
      { class: "dialog", "aria-labelledby": "dialog-question" },
      h(
        "form",
        { method: "dialog" },
        h("p", { id: "dialog-question", class: "dialog-question" }, question),
        h(
          "div",
          { class: "row end" },
          h("button", { class: "button", value: "" }, t("dialog.cancel")),
          h("button", { class: "button danger", value: "yes" }, action),
        ),
      ),
    );

    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
