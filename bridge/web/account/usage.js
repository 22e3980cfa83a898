// Use by day as a chart: a bar a day, one part a tier; the same as a table for who does not see it.

import { call, errorText } from "../common/api.js";
import { h, replace, svg } from "../common/dom.js";
import { day, number, t } from "../common/messages.js";

const DAY_MS = 24 * 3600 * 1000;
const TIERS = ["cpu", "vlm"];
const WIDTH = 720;
const HEIGHT = 200;
const LEFT = 44; // room for the scale
const BOTTOM = 26; // and for the days
const TOP = 8;

// A round number at or above `value`: 1, 2 or 5 and zeros.
function roundUp(value) {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 1)));

  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= value);
}

// Every day from the first to the last, also those without use.
function byDay(answer) {
  const days = [];

  for (let time = Date.parse(answer.first_day); time <= Date.parse(answer.last_day); time += DAY_MS) {
    const name = new Date(time).toISOString().slice(0, 10);
    const used = answer.days.filter((entry) => entry.day === name);

    days.push({ name, credits: Object.fromEntries(TIERS.map((tier) => [tier, used.filter((entry) => entry.tier === tier).reduce((sum, entry) => sum + entry.credits - entry.refunded_credits, 0)])) });
  }
  return days;
}

function total(entry) {
  return TIERS.reduce((sum, tier) => sum + entry.credits[tier], 0);
}

function scale(max) {
  return [0, max / 2, max].filter(Number.isInteger).map((value) => {
    const y = HEIGHT - BOTTOM - ((HEIGHT - BOTTOM - TOP) * value) / max;

    return svg("g", {}, svg("line", { x1: LEFT, x2: WIDTH, y1: y, y2: y, class: "grid" }), svg("text", { x: LEFT - 8, y: y + 4, "text-anchor": "end" }, number(value)));
  });
}

function bars(entry, x, width, max) {
  let y = HEIGHT - BOTTOM;
  const title = svg("title", {}, `${day(entry.name)}: ${t("credits", { count: total(entry) })}`);

  return svg(
    "g",
    {},
    title,
    svg("rect", { x, y: TOP, width, height: HEIGHT - BOTTOM - TOP, class: "hit" }),
    TIERS.map((tier) => {
      const height = ((HEIGHT - BOTTOM - TOP) * entry.credits[tier]) / max;

      y -= height;
      return svg("rect", { x: x + width * 0.14, y, width: width * 0.72, height, class: `bar bar-${tier}`, rx: Math.min(2, height / 2) });
    }),
  );
}

function chart(days) {
  const max = roundUp(Math.max(...days.map(total), 4));
  const width = (WIDTH - LEFT) / days.length;
  const label = (entry, anchor, x) => svg("text", { x, y: HEIGHT - 6, "text-anchor": anchor }, day(entry.name));

  return svg(
    "svg",
    { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "chart", role: "img", "aria-label": t("usage.chart"), direction: "ltr" },
    scale(max),
    days.map((entry, i) => bars(entry, LEFT + i * width, width, max)),
    label(days[0], "start", LEFT),
    label(days.at(-1), "end", WIDTH),
  );
}

function table(days) {
  const used = days.filter((entry) => total(entry) > 0);

  return h(
    "details",
    { class: "usage-table" },
    h("summary", {}, t("usage.table")),
    used.length === 0
      ? h("p", { class: "muted" }, t("usage.none"))
      : h(
          "table",
          { class: "plain-table" },
          h("thead", {}, h("tr", {}, h("th", { scope: "col" }, t("usage.day")), TIERS.map((tier) => h("th", { scope: "col" }, t(`tier.${tier}`))))),
          h("tbody", {}, used.map((entry) => h("tr", {}, h("th", { scope: "row" }, day(entry.name)), TIERS.map((tier) => h("td", {}, number(entry.credits[tier])))))),
        ),
  );
}

export function usage() {
  const body = h("div", {}, h("p", { class: "muted" }, t("account.wait")));

  call("/account/usage/").then(
    (answer) => {
      const days = byDay(answer);

      replace(body, chart(days), h("p", { class: "legends" }, TIERS.map((tier) => h("span", { class: `legend bar-${tier}` }, t(`tier.${tier}`)))), table(days));
    },
    (error) => replace(body, h("p", { class: "form-error" }, errorText(error))),
  );
  return h("section", { class: "card card-wide" }, h("h2", {}, t("usage.title")), body);
}
