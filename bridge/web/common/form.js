// Forms that ask the API: a field with its label, what went wrong in words, and a button that waits.

import { errorText } from "./api.js";
import { h } from "./dom.js";

export function field(label, attributes, hint) {
  const id = `field-${attributes.name}-${Math.random().toString(36).slice(2, 8)}`;

  return h(
    "div",
    { class: "field" },
    h("label", { for: id, class: "field-label" }, label),
    h("input", { id, required: true, "aria-describedby": hint ? `${id}-hint` : null, ...attributes }),
    hint ? h("p", { id: `${id}-hint`, class: "fine" }, hint) : null,
  );
}

// @submit: gets the fields' values by name; what it throws is told beneath the fields.
export function apiForm({ fields, action, submit, ...attributes }) {
  const failure = h("p", { class: "form-error", role: "alert", hidden: true });
  const button = h("button", { class: "button primary" }, action);
  const form = h("form", { ...attributes, onsubmit: (event) => send(event) }, fields, failure, h("div", { class: "row" }, button));

  async function send(event) {
    event.preventDefault();
    button.disabled = true;
    failure.hidden = true;
    try {
      await submit(Object.fromEntries(new FormData(form)), form);
    } catch (error) {
      failure.textContent = errorText(error);
      failure.hidden = false;
    }
    button.disabled = false;
  }

  return form;
}
