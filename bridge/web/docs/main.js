// The documentation: samples for this host, in the programming language that was chosen last.

import { copyButton } from "../common/clipboard.js";
import { h } from "../common/dom.js";
import { startFrame } from "../common/frame.js";
import { t } from "../common/messages.js";
import { makeTabs } from "../common/tabs.js";

const KEPT = "docs.language";
const NAMES = { curl: "curl", python: "Python", javascript: "JavaScript" };
const WRITTEN_HOST = "http://127.0.0.1:8080"; // as the samples are written

const groups = [];

function choose(language) {
  localStorage.setItem(KEPT, language);
  for (const tabs of groups) if (tabs.shown !== language) tabs.show(language);
}

function startGroup(element) {
  const samples = [...element.querySelectorAll(".sample")];
  let isStarted = false;
  const tabs = makeTabs(
    t("docs.samples"),
    samples.map((sample) => ({ name: sample.dataset.language, label: NAMES[sample.dataset.language], make: () => sample })),
    (name) => {
      if (isStarted && tabs.shown !== name) {
        tabs.shown = name;
        choose(name);
      }
    },
  );
  const shown = () => samples.find((sample) => sample.dataset.language === tabs.shown).textContent;

  isStarted = true;
  tabs.shown = samples[0].dataset.language;
  element.replaceChildren(h("div", { class: "samples-bar" }, tabs.list, copyButton(shown)), ...tabs.panels);
  groups.push(tabs);
}

function nameHost() {
  for (const sample of document.querySelectorAll(".sample code")) {
    if (sample.textContent.includes(WRITTEN_HOST)) sample.textContent = sample.textContent.replaceAll(WRITTEN_HOST, location.origin);
  }
}

startFrame();
nameHost();
document.querySelectorAll(".samples").forEach(startGroup);
const kept = localStorage.getItem(KEPT);
if (kept in NAMES) choose(kept);
