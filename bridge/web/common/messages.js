// The texts of the pages in the page's language, and how that language writes numbers, dates and names.

// A number with its unit stays one thing among words that run the other way (Unicode's bidirectional algorithm).
const ISOLATE = "\u2068";
const POP_ISOLATE = "\u2069";

export const language = document.documentElement.lang;

const answer = await fetch(new URL(`../messages/${language}.json`, import.meta.url));
const messages = await answer.json();
const plurals = new Intl.PluralRules(language);
const numbers = new Intl.NumberFormat(language);
const percents = new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 0 });
// Making one takes long, and lists have more than a hundred names.
const names = {
  language: new Intl.DisplayNames([language], { type: "language", fallback: "none" }),
  script: new Intl.DisplayNames([language], { type: "script", fallback: "none" }),
};

// Compares texts as the language sorts them.
export const inOrder = new Intl.Collator(language).compare;

// The text of that name; `{count}` and the like are filled in. A text that differs by number has
// one form a plural category of the language, chosen by `count`.
export function t(name, values = {}) {
  let text = messages[name];

  if (typeof text === "object") text = text[plurals.select(values.count)] ?? text.other;
  return text.replace(/\{(\w+)\}/g, (_, key) =>
    typeof values[key] === "number" ? numbers.format(values[key]) : String(values[key]),
  );
}

export function hasText(name) {
  return name in messages;
}

export function number(value) {
  return numbers.format(value);
}

// A share of 1 as "98 %", the way the language writes it.
export function percent(share) {
  return percents.format(share);
}

export function money(minor, currency) {
  const format = new Intl.NumberFormat(language, { style: "currency", currency });
  const digits = format.resolvedOptions().maximumFractionDigits;

  return format.format(minor / 10 ** digits);
}

export function bytes(count) {
  const format = new Intl.NumberFormat(language, { style: "unit", unit: "megabyte", maximumFractionDigits: 1 });

  return ISOLATE + format.format(count / (1024 * 1024)) + POP_ISOLATE;
}

// 2 and "week" as "2 weeks".
export function duration(count, unit) {
  return new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "long" }).format(count);
}

export function day(value, style = "medium") {
  return new Intl.DateTimeFormat(language, { dateStyle: style, timeZone: "UTC" }).format(new Date(value));
}

export function moment(value) {
  return new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" }).format(new Date(value));
}

// "de" as this language says it; what it has no name for keeps the one that is given.
export function languageName(code, given) {
  const [type, subtag] = code.startsWith("und-") ? ["script", code.slice(4)] : ["language", code];

  try {
    return names[type].of(subtag) ?? given;
  } catch {
    return given; // not a code that browsers know
  }
}
