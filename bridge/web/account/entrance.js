// Signing in, signing up, and the way back in for who forgot a password.

import { call } from "../common/api.js";
import { h, replace } from "../common/dom.js";
import { apiForm, field } from "../common/form.js";
import { t } from "../common/messages.js";
import { notify } from "../common/notice.js";

const email = () => field(t("entrance.email"), { name: "email", type: "email", autocomplete: "username", dir: "ltr" });

function password(name, label, autocomplete, hint) {
  return field(label, { name, type: "password", autocomplete, dir: "ltr" }, hint);
}

async function signIn({ email: address, password: secret }) {
  await call("/account/session/", { method: "POST", json: { email: address, password: secret } });
}

// @onentered: called once there is a sign-in, with the first token after a sign-up.
export function entrance(onentered) {
  const card = h("section", { class: "card entrance" });
  const forms = { signIn: showSignIn, signUp: showSignUp };

  function switchTo(name) {
    const choice = (key, label) =>
      h("button", { type: "button", class: "button small toggle", "aria-pressed": String(key === name), onclick: () => forms[key]() }, label);

    return h("div", { class: "row entrance-choice", role: "group", "aria-label": t("entrance.choice") }, choice("signIn", t("entrance.sign_in")), choice("signUp", t("entrance.sign_up")));
  }

  function showSignIn() {
    replace(
      card,
      switchTo("signIn"),
      apiForm({
        class: "stack",
        fields: [email(), password("password", t("entrance.password"), "current-password")],
        action: t("entrance.sign_in"),
        submit: async (values) => {
          await signIn(values);
          await onentered();
        },
      }),
      h("button", { type: "button", class: "button quiet small", onclick: showForgotten }, t("entrance.forgotten")),
    );
  }

  function showSignUp() {
    replace(
      card,
      switchTo("signUp"),
      apiForm({
        class: "stack",
        fields: [email(), password("password", t("entrance.password"), "new-password", t("entrance.password.hint"))],
        action: t("entrance.sign_up"),
        submit: async (values) => {
          const { token } = await call("/account/", { method: "POST", json: values });

          await signIn(values);
          await onentered(token);
        },
      }),
    );
  }

  function showForgotten() {
    replace(
      card,
      h("h2", {}, t("reset.title")),
      h("p", { class: "muted" }, t("reset.about")),
      apiForm({
        class: "stack",
        fields: [email()],
        action: t("reset.send"),
        submit: async (values) => {
          await call("/account/password/reset/", { method: "POST", json: values });
          showCode();
        },
      }),
      h("button", { type: "button", class: "button quiet small", onclick: showSignIn }, t("reset.back")),
    );
  }

  function showCode() {
    replace(
      card,
      h("h2", {}, t("reset.title")),
      h("p", { class: "muted", role: "status" }, t("reset.sent")),
      apiForm({
        class: "stack",
        fields: [
          field(t("reset.code"), { name: "code", autocomplete: "one-time-code", dir: "ltr" }),
          password("new_password", t("security.new_password"), "new-password", t("entrance.password.hint")),
        ],
        action: t("reset.confirm"),
        submit: async (values) => {
          await call("/account/password/reset/confirm/", { method: "POST", json: values });
          notify(t("reset.done"), "good");
          showSignIn();
        },
      }),
      h("button", { type: "button", class: "button quiet small", onclick: showSignIn }, t("reset.back")),
    );
  }

  showSignIn();
  return h(
    "div",
    { class: "entrance-columns" },
    h(
      "div",
      {},
      h("h1", { class: "display", tabindex: "-1" }, t("entrance.heading")),
      h("p", { class: "lead" }, t("entrance.lead")),
      h("ul", { class: "reasons" }, ["pages", "chat", "tokens"].map((name) => h("li", {}, t(`entrance.reason.${name}`)))),
    ),
    card,
  );
}
