// The list of documents beside the page.

import { byId, h, replace } from "../common/dom.js";
import { errorText } from "../common/api.js";
import { confirmed } from "../common/dialog.js";
import { icon } from "../common/icons.js";
import { percent, t } from "../common/messages.js";
import { notify } from "../common/notice.js";

function stateOf(entry) {
  if (entry.state === "sending") return [t(entry.share === null ? "state.reading" : "state.sending"), entry.share];
  if (entry.state === "reading") {
    const isKnown = entry.pages > 1; // of one page there is nothing to count

    return [
      isKnown ? t("state.reading.pages", { done: entry.pagesDone ?? 0, pages: entry.pages }) : t("state.reading"),
      isKnown ? (entry.pagesDone ?? 0) / entry.pages : null,
    ];
  }
  if (entry.state === "failed") return [entry.error ?? t("state.failed"), undefined];
  return [`${t("pages", { count: entry.pages })} · ${percent(entry.confidence ?? 0)}`, undefined];
}

function progress(share, name) {
  const bar = h("progress", { max: "1", "aria-label": name });

  if (typeof share === "number") bar.value = share;
  return bar;
}

async function remove(documents, entry) {
  if (!(await confirmed(t("delete.question", { name: entry.name }), t("delete")))) return;
  try {
    await documents.remove(entry.key);
    notify(t("delete.done"), "good");
  } catch (error) {
    notify(errorText(error), "bad");
  }
}

function item(documents, entry, openKey) {
  const [text, share] = stateOf(entry);
  const name = h("span", { class: "rail-name", dir: "auto" }, entry.name);
  const body = [name, h("span", { class: "rail-state" }, text), share === undefined ? null : progress(share, entry.name)];
  const isOpen = entry.key === openKey;

  return h(
    "li",
    { class: `rail-item is-${entry.state}${isOpen ? " is-open" : ""}` },
    entry.uuid
      ? h("a", { class: "rail-link", href: `#${entry.uuid}`, "aria-current": isOpen ? "true" : null }, body)
      : h("div", { class: "rail-link" }, body),
    entry.state === "sending"
      ? null
      : h(
          "button",
          {
            type: "button",
            class: "icon-button rail-delete",
            "aria-label": t("delete.label", { name: entry.name }),
            onclick: () => (entry.uuid ? remove(documents, entry) : documents.drop(entry.key)),
          },
          icon(entry.uuid ? "trash" : "close"),
        ),
  );
}

// @openKey: () => the key of the document that is open
export function startRail(documents, openKey) {
  const draw = () => {
    const all = documents.all;

    byId("rail").hidden = all.length === 0;
    replace(byId("rail-list"), all.map((entry) => item(documents, entry, openKey())));
    byId("rail-more").hidden = !documents.hasMore;
    byId("rail-note").textContent = documents.isAccount ? "" : t("rail.anonymous");
  };

  documents.addEventListener("change", draw);
  byId("rail-more").addEventListener("click", () =>
    documents.loadMore().catch((error) => notify(errorText(error), "bad")),
  );
  return draw;
}
