// Credits to buy, where they are sold; and what became of a purchase, for who comes back from the payment.

import { call, errorText, randomKey } from "../common/api.js";
import { h, replace } from "../common/dom.js";
import { money, t } from "../common/messages.js";
import { notify } from "../common/notice.js";

export function tellPurchase() {
  const address = new URL(location.href);
  const outcome = address.searchParams.get("purchase");

  if (outcome === "paid") notify(t("purchases.paid"), "good");
  else if (outcome === "cancelled") notify(t("purchases.cancelled"));
  else return;
  address.searchParams.delete("purchase"); // a second look at the page is no second purchase
  history.replaceState(null, "", address);
}

async function buy(pack, button) {
  button.disabled = true;
  try {
    const { checkout_url: checkout } = await call("/account/purchases/", {
      method: "POST",
      json: { pack },
      headers: { "Idempotency-Key": randomKey() },
    });

    location.assign(checkout);
  } catch (error) {
    notify(errorText(error), "bad");
    button.disabled = false;
  }
}

function packRow(pack) {
  const button = h("button", { type: "button", class: "button small", onclick: () => buy(pack.pack, button) }, t("purchases.buy"));

  return h(
    "li",
    { class: "pack" },
    h("span", {}, h("strong", {}, t("credits", { count: pack.credits })), h("span", { class: "muted" }, money(pack.price_minor, pack.currency))),
    button,
  );
}

export function purchases() {
  const list = h("div", {}, h("p", { class: "muted" }, t("account.wait")));

  call("/packs/").then(
    ({ offered, packs }) => replace(list, offered ? h("ul", { class: "packs" }, packs.map(packRow)) : h("p", { class: "muted" }, t("purchases.off"))),
    (error) => replace(list, h("p", { class: "form-error" }, errorText(error))),
  );
  return h("section", { class: "card" }, h("h2", {}, t("purchases.title")), h("p", { class: "muted" }, t("purchases.about")), list);
}
