// The document that is open: while it is read its progress, then its page beside what was read.

import { call, errorText } from "../common/api.js";
import { byId, h, replace } from "../common/dom.js";
import { percent, t } from "../common/messages.js";
import { makeTabs } from "../common/tabs.js";
import { ChatTab } from "./chat_tab.js";
import { level } from "./confidence.js";
import { downloadMenu } from "./downloads.js";
import { fieldsTab, hasFields } from "./fields_tab.js";
import { follow, hasEnded } from "./follow.js";
import { jsonTab } from "./json_tab.js";
import { Link } from "./link.js";
import { markdownTab } from "./markdown_tab.js";
import { PageView } from "./page_view.js";
import { tablesOf, tablesTab } from "./tables_tab.js";
import { TextTab } from "./text_tab.js";

// Beyond it the words with their confidences are left out: the job itself has blocks, and is far smaller.
const PAGES_WITH_WORDS_MAX = 60;

let leave = new AbortController();

export function closeDocument() {
  leave.abort();
  byId("document").hidden = true;
  replace(byId("document"));
}

function head(name, ...rest) {
  return h("header", { class: "document-head" }, h("h1", { id: "document-title", dir: "auto", tabindex: "-1" }, name), rest);
}

function fact(text, kind = "") {
  return h("li", { class: `fact ${kind}` }, text);
}

function facts(job) {
  return h(
    "ul",
    { class: "facts" },
    fact(t("pages", { count: job.page_count })),
    job.text === "" ? null : fact(t("confidence.of", { percent: percent(job.mean_confidence) }), `is-${level(job.mean_confidence)}`),
    fact(t(`tier.${job.tier}`)),
    fact(t("credits", { count: job.usage.credits })),
    job.failed_pages.length > 0 ? fact(t("pages.failed", { count: job.failed_pages.length }), "is-poor") : null,
  );
}

// --- while it is read ---

function showProgress(name) {
  const bar = h("progress", { max: "1", "aria-labelledby": "document-progress" });
  const text = h("p", { id: "document-progress", "aria-live": "polite" }, t("state.reading"));
  const pages = h("div", { class: "page-ticks", "aria-hidden": "true" });

  replace(byId("document"), head(name), h("div", { class: "progress-card" }, bar, text, pages));
  return (now) => {
    if (!now.page_count || now.page_count === 1) return; // of one page there is nothing to count
    bar.value = now.pages_done / now.page_count;
    text.textContent = t("state.reading.pages", { done: now.pages_done, pages: now.page_count });
    while (pages.childElementCount < Math.min(now.page_count, 200)) pages.append(h("span"));
    [...pages.children].forEach((tick, i) => tick.classList.toggle("is-done", i < now.pages_done));
  };
}

// --- when it has ended ---

async function loadDone(job, signal) {
  if (job.page_count > PAGES_WITH_WORDS_MAX) return job;
  return { ...job, ...(await call(`/ocr/${job.uuid}/download/?format=json`, { signal })) };
}

function showFailed(name, text) {
  replace(byId("document"), head(name), h("div", { class: "progress-card is-failed" }, h("p", {}, text)));
}

function tabsOf(job, link, isAccount) {
  const tables = tablesOf(job);
  const tabs = [
    { name: "text", label: t("tab.text"), make: () => new TextTab(job, link).element },
    { name: "markdown", label: t("tab.markdown"), make: () => markdownTab(job.markdown) },
  ];

  if (job.translated_markdown) tabs.push({ name: "translation", label: t("tab.translation"), make: () => markdownTab(job.translated_markdown) });
  if (tables.length > 0) tabs.push({ name: "tables", label: t("tab.tables"), make: () => tablesTab(job, link, tables) });
  if (hasFields(job)) tabs.push({ name: "fields", label: t("tab.fields"), make: () => fieldsTab(job, link) });
  tabs.push({ name: "json", label: t("tab.json"), make: () => jsonTab(job) });
  tabs.push({ name: "chat", label: t("tab.chat"), make: () => new ChatTab(job, link, isAccount).element });
  return tabs;
}

function showDone(name, job, isAccount) {
  const link = new Link();
  const view = new PageView(job, link);
  const tabs = makeTabs(t("tab.list"), tabsOf(job, link, isAccount));
  const warnings = job.warnings.length > 0 ? h("ul", { class: "warnings" }, job.warnings.map((text) => h("li", {}, text))) : null;

  replace(
    byId("document"),
    head(name, facts(job), h("div", { class: "row document-actions" }, downloadMenu(job))),
    warnings,
    h("div", { class: "panes" }, view.element, h("section", { class: "read-pane", "aria-label": t("read.pane") }, h("div", { class: "pane-bar" }, tabs.list), tabs.panels)),
  );
  if (hasFields(job)) tabs.show("fields");
}

// @documents: the list, which knows names and who is here.
export async function openDocument(uuid, { documents }) {
  const nameOf = (job) => documents.find(uuid)?.name ?? job?.file_name ?? t("document");

  leave.abort();
  leave = new AbortController();
  const { signal } = leave;
  byId("document").hidden = false;
  const progress = showProgress(nameOf());
  try {
    const job = await follow(await call(`/ocr/${uuid}/`, { signal }), progress, signal);
    if (!hasEnded(job)) return;
    if (job.status === "failed") return showFailed(nameOf(job), job.error?.message ?? t("state.failed"));
    const done = await loadDone(job, signal);
    await documents.ready;
    signal.throwIfAborted();
    showDone(nameOf(done), done, documents.isAccount);
    byId("document-title").focus({ preventScroll: true });
  } catch (error) {
    if (signal.aborted) return;
    showFailed(nameOf(), errorText(error));
  }
}
