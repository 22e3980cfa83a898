// What a tool found beside the text: values with their names, line items, and whether they add up.

import { h } from "../common/dom.js";
import { hasText, t } from "../common/messages.js";
import { tableScroll } from "../common/table_scroll.js";
import { confidenceText, level } from "./confidence.js";

const COLUMNS = ["description", "quantity", "unit_price", "amount"];

export function hasFields(job) {
  return Boolean(job.key_values?.length || job.line_items?.length);
}

function nameOf(name) {
  return hasText(`field.${name}`) ? t(`field.${name}`) : name.replaceAll("_", " ");
}

// The block in which a value stands, for the box.
function placeOf(job, value) {
  const page = job.pages.findIndex((one) => one.index === value.page - 1);
  const [x, y] = [(value.bbox[0] + value.bbox[2]) / 2, (value.bbox[1] + value.bbox[3]) / 2];
  const block = (job.pages[page]?.blocks ?? []).findIndex(({ bbox }) => bbox && bbox[0] <= x && x < bbox[2] && bbox[1] <= y && y < bbox[3]);

  return { page, block, boxes: [value.bbox] };
}

function valueNode(job, link, value) {
  if (!value) return "";
  if (!value.bbox) return value.value;
  const place = placeOf(job, value);

  return h(
    "button",
    {
      type: "button",
      class: `value is-${level(value.confidence)}`,
      title: confidenceText(value.confidence),
      dir: "auto",
      onpointerenter: () => link.point(place),
      onpointerleave: () => link.point(null),
      onfocus: () => link.point(place),
      onclick: () => link.choose(place, null),
    },
    value.value,
  );
}

function keyValues(job, link) {
  if (!job.key_values?.length) return null;
  return h(
    "dl",
    { class: "fields" },
    job.key_values.map((pair) =>
      h("div", {}, h("dt", { dir: "auto" }, pair.name ? nameOf(pair.name) : pair.label), h("dd", {}, valueNode(job, link, pair))),
    ),
  );
}

function lineItems(job, link) {
  if (!job.line_items?.length) return null;
  const columns = COLUMNS.filter((column) => job.line_items.some((item) => item[column]));

  return tableScroll(
    t("field.line_items"),
    h(
      "table",
      {},
      h("thead", {}, h("tr", {}, columns.map((column) => h("th", { scope: "col" }, nameOf(column))))),
      h("tbody", {}, job.line_items.map((item) => h("tr", {}, columns.map((column) => h("td", {}, valueNode(job, link, item[column])))))),
    ),
  );
}

function checks(job) {
  if (!job.checks?.length) return null;
  return h(
    "ul",
    { class: "checks" },
    job.checks.map((check) =>
      h("li", { class: check.holds ? "good" : "bad" }, t(check.holds ? "check.holds" : "check.differs", { name: nameOf(check.name), computed: check.computed, stated: check.stated })),
    ),
  );
}

export function fieldsTab(job, link) {
  return h("div", {}, keyValues(job, link), lineItems(job, link), checks(job));
}
