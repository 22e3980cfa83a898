// Password, sign-ins, a copy of everything, and the end of the account.

import { call, url } from "../common/api.js";
import { h } from "../common/dom.js";
import { apiForm, field } from "../common/form.js";
import { icon } from "../common/icons.js";
import { t } from "../common/messages.js";
import { notify } from "../common/notice.js";

function passwordField(name, label, autocomplete, hint) {
  return field(label, { name, type: "password", autocomplete, dir: "ltr" }, hint);
}

// Password managers want to know whose password it is.
function userName(email) {
  return h("input", { type: "text", name: "username", autocomplete: "username", value: email, readonly: true, class: "visually-hidden", tabindex: "-1", "aria-hidden": "true" });
}

function changePassword(email) {
  return h(
    "details",
    { class: "fold" },
    h("summary", {}, t("security.password")),
    apiForm({
      class: "stack",
      fields: [
        userName(email),
        passwordField("current_password", t("security.current_password"), "current-password"),
        passwordField("new_password", t("security.new_password"), "new-password", t("entrance.password.hint")),
      ],
      action: t("security.password.change"),
      submit: async ({ current_password, new_password }, form) => {
        await call("/account/password/", { method: "POST", json: { current_password, new_password } });
        form.reset();
        notify(t("security.password.done"), "good");
      },
    }),
  );
}

function deleteAccount(email, onleft) {
  return h(
    "details",
    { class: "fold danger" },
    h("summary", {}, t("security.delete")),
    h("p", { class: "muted" }, t("security.delete.about")),
    apiForm({
      class: "stack",
      fields: [...(email ? [userName(email)] : []), passwordField("password", t("entrance.password"), "current-password")],
      action: t("security.delete.action"),
      submit: async ({ password }) => {
        await call("/account/", { method: "DELETE", json: { password } });
        notify(t("security.delete.done"), "good");
        await onleft();
      },
    }),
  );
}

const exportLink = () => h("a", { class: "button", href: url("/account/export/"), download: "" }, icon("download"), t("security.export"));

// What who has a suspended account may do all the same. @reason: what the server says of it.
export function suspended(reason, onleft) {
  return h("section", { class: "card card-wide" }, h("p", { role: "status" }, reason), h("div", { class: "row" }, exportLink()), deleteAccount("", onleft));
}

export function security(account, onleft) {
  const everywhere = async () => {
    await call("/account/session/?everywhere=true", { method: "DELETE" }).catch(() => {});
    await onleft();
  };

  return h(
    "section",
    { class: "card card-wide" },
    h("h2", {}, t("security.title")),
    h(
      "div",
      { class: "row" },
      exportLink(),
      h("button", { type: "button", class: "button", onclick: everywhere }, t("security.everywhere")),
    ),
    changePassword(account.email),
    deleteAccount(account.email, onleft),
  );
}
