// How a file is to be read: tier, language and tool, as the server offers them.

import { byId, h } from "../common/dom.js";
import { call } from "../common/api.js";
import { bytes, hasText, inOrder, language as pageLanguage, languageName, t } from "../common/messages.js";

const KEPT = "playground.options";

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

function showLimits(answer) {
  limits = answer;
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
}

export function chosenOptions(form) {
  const options = { tier: form.tier.value, language: form.language.value };

  if (form.tool.value) options.tool = form.tool.value;
  if (form.tool.value === "translate") options.translate_to = form.translate_to.value;
  return options;
}

// The most bytes that a file may have, as far as that is known.
export function fileBytesMax() {
  return limits?.bytes_per_file ?? Infinity;
}

export async function startOptions(form) {
  const [languages, tools] = await Promise.all([call("/languages/"), call("/tools/"), call("/limits/").then(showLimits)]);

  addLanguages(form, languages.languages);
  addTools(form, tools.tools);
  restore(form);
  form.addEventListener("change", () => {
    showTranslation(form);
    localStorage.setItem(KEPT, JSON.stringify(chosenOptions(form)));
  });
}
