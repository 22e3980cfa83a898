// Plans and packs, as the server has them: what this page says is what holds.

import { call, errorText } from "../common/api.js";
import { byId, h, replace } from "../common/dom.js";
import { startFrame } from "../common/frame.js";
import { bytes, hasText, money, number, t } from "../common/messages.js";
import { notify } from "../common/notice.js";
import { tableScroll } from "../common/table_scroll.js";

const DAY_SECONDS = 24 * 3600;

function planName(plan) {
  return hasText(`plan.${plan}`) ? t(`plan.${plan}`) : plan;
}

function free(plan) {
  if (!plan.free) return [h("strong", {}, t("pricing.by_credits")), h("span", {}, t("pricing.by_credits.about"))];
  return [h("strong", {}, number(plan.free.credits)), h("span", {}, t(`pricing.free.${plan.free.period}`))];
}

function allowances(plan) {
  const lines = [
    t("pricing.file", { pages: plan.pages_per_file, size: bytes(plan.bytes_per_file) }),
    plan.questions_per_day > 0 ? t("pricing.questions", { count: plan.questions_per_day }) : t("pricing.no_questions"),
    plan.jobs_at_once ? t("pricing.jobs", { count: plan.jobs_at_once }) : t("pricing.jobs.any"),
    t("pricing.kept", { count: Math.round(plan.retention_seconds / DAY_SECONDS) }),
  ];

  return h("ul", { class: "plan-lines" }, lines.map((line) => h("li", {}, line)));
}

function action(plan) {
  if (plan.plan === "anonymous") return h("a", { class: "button", href: "/" }, t("pricing.try"));
  if (plan.plan === "free") return h("a", { class: "button primary", href: "/account/" }, t("entrance.sign_up"));
  return h("a", { class: "button", href: "/account/" }, t("pricing.get_credits"));
}

function planCard(plan) {
  return h(
    "article",
    { class: `card plan${plan.plan === "free" ? " is-first" : ""}` },
    h("h2", {}, planName(plan.plan)),
    h("p", { class: "plan-free" }, free(plan)),
    allowances(plan),
    h("p", { class: "fine" }, t("pricing.page_prices", { cpu: plan.page_price_credits.cpu, vlm: plan.page_price_credits.vlm })),
    action(plan),
  );
}

function packTable(packs) {
  const table = h(
    "table",
    { class: "plain-table" },
    h("thead", {}, h("tr", {}, ["pack", "credits", "price"].map((name) => h("th", { scope: "col" }, t(`pricing.column.${name}`))))),
    h("tbody", {}, packs.map((pack) => h("tr", {}, h("th", { scope: "row" }, pack.title), h("td", {}, number(pack.credits)), h("td", {}, money(pack.price_minor, pack.currency))))),
  );

  return [tableScroll(t("pricing.packs"), table), h("p", {}, h("a", { class: "button primary", href: "/account/" }, t("pricing.get_credits")))];
}

startFrame();
try {
  const [{ plans }, { offered, packs }] = await Promise.all([call("/plans/"), call("/packs/")]);

  replace(byId("plans"), plans.map(planCard));
  replace(byId("packs"), offered ? packTable(packs) : h("p", { class: "muted" }, t("purchases.off")));
} catch (error) {
  notify(errorText(error), "bad");
}
