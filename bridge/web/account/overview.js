// What is left of this period.

import { h } from "../common/dom.js";
import { day, hasText, number, t } from "../common/messages.js";

function meter(label, used, cap) {
  const bar = h("span", { class: "meter-value" });

  bar.style.inlineSize = `${(100 * Math.min(used, cap)) / Math.max(cap, 1)}%`;
  return h(
    "div",
    { class: "meter" },
    h("p", { class: "meter-label" }, h("span", {}, label), h("span", { class: "figures" }, t("overview.of", { used, cap }))),
    h("div", { class: "meter-bar", role: "meter", "aria-label": label, "aria-valuemin": "0", "aria-valuemax": String(Math.max(cap, used)), "aria-valuenow": String(used) }, bar),
  );
}

export function planName(plan) {
  return hasText(`plan.${plan}`) ? t(`plan.${plan}`) : plan;
}

export function overview(account) {
  return h(
    "section",
    { class: "card card-overview" },
    h("div", { class: "row between" }, h("h2", {}, t("overview.title")), h("span", { class: "badge" }, planName(account.plan))),
    h("p", { class: "credits" }, h("strong", {}, number(account.credits)), " ", t("overview.credits")),
    meter(t("overview.pages"), account.used, account.cap),
    meter(t("overview.questions"), account.questions.used, account.questions.cap),
    account.resets_at ? h("p", { class: "fine" }, t("overview.resets", { day: day(account.resets_at, "long") })) : null,
  );
}
