// The account page: for who is not signed in the way in, for who is all that there is of the account.

import { call, errorText } from "../common/api.js";
import { byId, h, replace } from "../common/dom.js";
import { startFrame } from "../common/frame.js";
import { t } from "../common/messages.js";
import { notify } from "../common/notice.js";
import { overview } from "./overview.js";
import { purchases, tellPurchase } from "./purchases.js";
import { security, suspended } from "./security.js";
import { entrance } from "./entrance.js";
import { tokens } from "./tokens.js";
import { usage } from "./usage.js";

const main = byId("main");

function heading(email) {
  const leave = async () => {
    await call("/account/session/", { method: "DELETE" }).catch(() => {});
    show();
  };

  return h(
    "div",
    { class: "account-head" },
    h("div", {}, h("h1", { class: "display", tabindex: "-1" }, t("account.heading")), h("p", { class: "lead", dir: "auto" }, email)),
    h("button", { type: "button", class: "button", onclick: leave }, t("account.sign_out")),
  );
}

async function showAccount(token) {
  const account = await call("/account/");

  replace(
    main,
    heading(account.email),
    h("div", { class: "cards" }, overview(account), purchases(), usage(), tokens(token), security(account, show)),
  );
}

// @token: a secret that was given to who has just signed up
async function show(token) {
  try {
    const { plan } = await call("/limits/");

    if (plan === "anonymous") replace(main, entrance(show));
    else await showAccount(typeof token === "string" ? token : undefined);
    main.querySelector("h1").focus({ preventScroll: true });
  } catch (error) {
    if (error.code === "suspended") {
      replace(main, heading(""), h("div", { class: "cards" }, suspended(errorText(error), show)));
      main.querySelector("h1").focus({ preventScroll: true });
    } else notify(errorText(error), "bad");
  }
}

startFrame();
tellPurchase();
show();
