// API tokens: made here, shown once, taken back.

import { call, errorText } from "../common/api.js";
import { copyButton } from "../common/clipboard.js";
import { confirmed } from "../common/dialog.js";
import { h, replace } from "../common/dom.js";
import { apiForm, field } from "../common/form.js";
import { day, t } from "../common/messages.js";
import { notify } from "../common/notice.js";
import { tableScroll } from "../common/table_scroll.js";

const PAGE_SIZE = 100; // as many as there may be

function secretBox(secret) {
  return h(
    "div",
    { class: "secret", role: "status" },
    h("p", {}, t("tokens.once")),
    h("div", { class: "secret-row" }, h("code", { dir: "ltr" }, secret), copyButton(() => secret)),
  );
}

// @first: the secret of a token that was just made, or undefined
export function tokens(first) {
  const secret = h("div", {}, first ? secretBox(first) : null);
  const list = h("div", {});

  async function act(question, action, path, method) {
    if (!(await confirmed(question, action))) return;
    try {
      const answer = await call(path, { method });

      replace(secret, answer?.token ? secretBox(answer.token) : null);
      await load();
    } catch (error) {
      notify(errorText(error), "bad");
    }
  }

  function row(token) {
    const used = token.last_used_at ? t("tokens.used", { day: day(token.last_used_at) }) : t("tokens.never");

    return h(
      "tr",
      {},
      h("th", { scope: "row", dir: "auto" }, token.name),
      h("td", {}, h("code", { dir: "ltr" }, `${token.hint}…`)),
      h("td", {}, t("tokens.made", { day: day(token.created_at) }), h("br"), h("span", { class: "muted" }, used)),
      h(
        "td",
        { class: "token-actions" },
        h("button", { type: "button", class: "button small", onclick: () => act(t("tokens.rotate.question", { name: token.name }), t("tokens.rotate"), `/account/tokens/${token.id}/rotate/`, "POST") }, t("tokens.rotate")),
        h("button", { type: "button", class: "button small danger", onclick: () => act(t("tokens.delete.question", { name: token.name }), t("delete"), `/account/tokens/${token.id}/`, "DELETE") }, t("delete")),
      ),
    );
  }

  async function load() {
    const answer = await call(`/account/tokens/?page_size=${PAGE_SIZE}`);

    replace(
      list,
      answer.tokens.length === 0
        ? h("p", { class: "muted" }, t("tokens.none"))
        : tableScroll(
            t("tokens.title"),
            h("table", { class: "plain-table" }, h("thead", {}, h("tr", {}, ["name", "hint", "time", "actions"].map((name) => h("th", { scope: "col" }, t(`tokens.column.${name}`))))), h("tbody", {}, answer.tokens.map(row))),
          ),
    );
  }

  load().catch((error) => notify(errorText(error), "bad"));
  return h(
    "section",
    { class: "card card-wide" },
    h("h2", {}, t("tokens.title")),
    h("p", { class: "muted" }, t("tokens.about")),
    secret,
    list,
    apiForm({
      class: "inline-form",
      fields: [field(t("tokens.name"), { name: "name", maxlength: "60", autocomplete: "off", dir: "auto" })],
      action: t("tokens.make"),
      submit: async (values, form) => {
        const made = await call("/account/tokens/", { method: "POST", json: values });

        form.reset();
        replace(secret, secretBox(made.token));
        await load();
      },
    }),
  );
}
