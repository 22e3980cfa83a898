// How a file is to be read: tier, language and tool, as the server offers them.

import { byId, h } from "../common/dom.js";
import { call } from "../common/api.js";
import { bytes, duration, hasText, inOrder, language as pageLanguage, languageName, t } from "../common/messages.js";

const KEPT = "playground.options";
const DURATIONS = [
  [3600, 1, "hour"],
  [86400, 1, "day"],
  [604800, 1, "week"],
  [1209600, 2, "week"],
];

let limits = null;

function addLanguages(form, languages) {
  const option = ({ code, name }) => h("option", { value: code }, name);
  const named = languages
    .map(({ code, name }) => ({ code, name: languageName(code, name) }))
    .sort((a, b) => inOrder(a.name, b.name));

  form.language.append(...named.map(option));
  form.translate_to.append(...named.filter(({ code }) => !code.startsWith("und")).map(option));
  form.translate_to.value = pageLanguage;
}

function toolName(tool) {
  return hasText(`tool.${tool.slug}`) ? t(`tool.${tool.slug}`) : tool.slug;
}

function addTools(form, tools) {
  for (const tool of tools) form.tool.append(h("option", { value: tool.slug }, toolName(tool)));
  form.tool.addEventListener("change", () => {
    const chosen = tools.find((tool) => tool.slug === form.tool.value);

    if (chosen) form.tier.value = chosen.default_tier;
    showTranslation(form);
  });
}

function showTranslation(form) {
  byId("translate-field").hidden = form.tool.value !== "translate";
}

// Shorter than what the plan keeps anyway.
function addDurations(form, most) {
  for (const [seconds, count, unit] of DURATIONS)
    if (seconds < most) form.delete_after.append(h("option", { value: seconds }, duration(count, unit)));
}

function showLimits(form, answer) {
  limits = answer;
  addDurations(form, answer.retention_seconds);
  byId("webhook-field").hidden = answer.plan === "anonymous";
  for (const [tier, credits] of Object.entries(answer.page_price_credits)) {
    const price = byId(`price-${tier}`);

    if (price) price.textContent = t("intake.price", { count: credits });
  }
  byId("intake-limits").textContent = t("intake.limits", {
    pages: answer.pages_per_file,
    size: bytes(answer.bytes_per_file),
  });
}

// What was chosen the last time, as far as it is still offered.
function restore(form) {
  let kept = {};

  try {
    kept = JSON.parse(localStorage.getItem(KEPT)) ?? {};
  } catch {
    // not ours
  }
  for (const [name, value] of Object.entries(kept)) {
    const field = form.elements[name];
    const isOffered = field instanceof RadioNodeList ? [...field].some((one) => one.value === value)
      : [...(field?.options ?? [])].some((one) => one.value === value);

    if (isOffered) field.value = value;
  }
  showTranslation(form);
  // What was chosen is not out of sight.
  if (form.delete_after.value) byId("more-options").open = true;
}

export function chosenOptions(form) {
  const options = { tier: form.tier.value, language: form.language.value };

  if (form.tool.value) options.tool = form.tool.value;
  if (form.tool.value === "translate") options.translate_to = form.translate_to.value;
  if (form.delete_after.value) options.delete_after = form.delete_after.value;
  for (const name of ["pages", "webhook_url"]) if (form[name].value.trim()) options[name] = form[name].value.trim();
  if (!form.retain.checked) options.retain = "false";
  return options;
}

// Not what is of one document alone: its pages, and who hears of it.
function keptOptions(form) {
  const { pages, webhook_url, retain, ...kept } = chosenOptions(form);

  return kept;
}

// The most bytes that a file may have, as far as that is known.
export function fileBytesMax() {
  return limits?.bytes_per_file ?? Infinity;
}

// Whether what was typed can be; says what is wrong where it cannot.
export function optionsAreSound(form) {
  if (!form.checkValidity()) byId("more-options").open = true; // where it can be seen
  return form.reportValidity();
}

export async function startOptions(form) {
  const [languages, tools] = await Promise.all([
    call("/languages/"),
    call("/tools/"),
    call("/limits/").then((answer) => showLimits(form, answer)),
  ]);

  addLanguages(form, languages.languages);
  addTools(form, tools.tools);
  restore(form);
  form.addEventListener("change", () => {
    showTranslation(form);
    localStorage.setItem(KEPT, JSON.stringify(keptOptions(form)));
  });
}
