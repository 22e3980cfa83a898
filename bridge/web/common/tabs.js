// Tabs as the ARIA Authoring Practices have them: arrow keys move, the panel is made when first seen.

import { h } from "./dom.js";

let count = 0;

// @tabs: [{ name, label, make: () => node }]. The object's show(name) turns to one.
export function makeTabs(label, tabs, onshow = () => {}) {
  const prefix = `tabs-${++count}`;
  const buttons = tabs.map((tab) =>
    h(
      "button",
      {
        type: "button",
        role: "tab",
        id: `${prefix}-${tab.name}`,
        "aria-controls": `${prefix}-panel-${tab.name}`,
        "aria-selected": "false",
        tabindex: "-1",
        onclick: () => show(tab.name),
      },
      tab.label,
    ),
  );
  const panels = tabs.map((tab) =>
    h("div", {
      role: "tabpanel",
      id: `${prefix}-panel-${tab.name}`,
      "aria-labelledby": `${prefix}-${tab.name}`,
      class: `panel panel-${tab.name}`,
      tabindex: "0",
      hidden: true,
    }),
  );
  const list = h("div", { role: "tablist", "aria-label": label, class: "tablist", onkeydown: move }, buttons);

  function show(name) {
    tabs.forEach((tab, i) => {
      const isShown = tab.name === name;

      buttons[i].setAttribute("aria-selected", String(isShown));
      buttons[i].tabIndex = isShown ? 0 : -1;
      panels[i].hidden = !isShown;
      if (isShown && !panels[i].hasChildNodes()) panels[i].append(tab.make());
    });
    onshow(name);
  }

  function move(event) {
    const isRtl = document.documentElement.dir === "rtl";
    const steps = { ArrowRight: isRtl ? -1 : 1, ArrowLeft: isRtl ? 1 : -1 };
    const now = buttons.indexOf(document.activeElement);
    let next = now + (steps[event.key] ?? 0);

    if (event.key === "Home") next = 0;
    if (event.key === "End") next = buttons.length - 1;
    if (next === now || now < 0) return;
    event.preventDefault();
    next = (next + buttons.length) % buttons.length;
    buttons[next].focus();
    show(tabs[next].name);
  }

  show(tabs[0].name);
  return { list, panels, show };
}
