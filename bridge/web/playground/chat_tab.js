// Questions about the document. Answers come as they are written; what they cite leads to its place on the page.

import { ApiError, call, errorText, randomKey, request } from "../common/api.js";
import { h } from "../common/dom.js";
import { readEvents } from "../common/event_stream.js";
import { icon } from "../common/icons.js";
import { t } from "../common/messages.js";

const MESSAGE_MAX = 8000;

export class ChatTab {
  #job;
  #link;
  #log = h("div", { class: "chat-log", role: "log", "aria-label": t("chat.log"), tabindex: "0" });

  constructor(job, link, isAccount) {
    this.#job = job;
    this.#link = link;
    this.element = h("div", { class: "chat" }, this.#log, isAccount ? this.#form() : this.#invitation());
    if (isAccount) this.#load();
    else this.#hint();
  }

  #invitation() {
    return h("p", { class: "chat-invitation" }, t("chat.account"), " ", h("a", { class: "button primary", href: "/account/" }, t("chat.sign_in")));
  }

  #hint() {
    this.#log.append(h("p", { class: "chat-hint" }, t("chat.hint")));
  }

  #form() {
    this.field = h("textarea", {
      rows: "1",
      maxlength: MESSAGE_MAX,
      placeholder: t("chat.placeholder"),
      "aria-label": t("chat.placeholder"),
      dir: "auto",
      onkeydown: (event) => {
        if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
        event.preventDefault();
        this.#submit();
      },
    });
    this.button = h("button", { class: "button primary chat-send flip", "aria-label": t("chat.send") }, icon("send"));
    return h(
      "form",
      {
        class: "chat-form",
        onsubmit: (event) => {
          event.preventDefault();
          this.#submit();
        },
      },
      this.field,
      this.button,
    );
  }

  async #load() {
    try {
      const { messages } = await call(`/chat/${this.#job.uuid}/history/`);

      if (messages.length === 0) this.#hint();
      for (const message of messages) this.#add(message.role).fill(message);
    } catch (error) {
      this.#log.append(h("p", { class: "chat-hint" }, errorText(error)));
    }
  }

  // --- one question ---

  async #submit() {
    const message = this.field.value.trim();

    if (message === "" || this.button.disabled) return;
    this.field.value = "";
    this.button.disabled = true;
    this.#log.querySelector(".chat-hint")?.remove();
    this.#add("user").fill({ content: message });
    const bubble = this.#add("assistant");
    try {
      await this.#ask(message, bubble);
    } catch (error) {
      bubble.fail(errorText(error));
    }
    this.button.disabled = false;
    this.field.focus();
  }

  async #ask(message, bubble) {
    const answer = await request(`/chat/${this.#job.uuid}/`, {
      method: "POST",
      json: { message },
      headers: { Accept: "text/event-stream", "Idempotency-Key": randomKey() },
    });

    for await (const event of readEvents(answer)) {
      const data = JSON.parse(event.data);

      if (event.name === "delta") bubble.append(data.content);
      else if (event.name === "message") return bubble.fill(data.message);
      else if (event.name === "error") throw new ApiError(answer.status, data);
      this.#log.scrollTop = this.#log.scrollHeight;
    }
    throw new ApiError(0, { code: "network" });
  }

  #add(role) {
    const content = h("p", { class: "bubble-text", dir: "auto" });
    const node = h("div", { class: `bubble is-${role}` }, h("span", { class: "visually-hidden" }, t(`chat.${role}`)), content);
    const settle = () => (this.#log.scrollTop = this.#log.scrollHeight);

    if (role === "assistant") node.classList.add("is-waiting");
    this.#log.append(node);
    settle();
    return {
      append: (text) => {
        node.classList.remove("is-waiting");
        content.append(text);
      },
      fill: (message) => {
        node.classList.remove("is-waiting");
        node.classList.toggle("is-not-grounded", message.grounded === false);
        content.textContent = message.content;
        if (message.citations?.length) node.append(this.#citations(message.citations));
        settle();
      },
      fail: (text) => {
        node.classList.remove("is-waiting");
        node.classList.add("is-failed");
        content.textContent = text;
      },
    };
  }

  #citations(citations) {
    return h(
      "ul",
      { class: "citations", "aria-label": t("chat.citations") },
      citations.map((citation) =>
        h(
          "li",
          {},
          h("button", { type: "button", class: "citation", onclick: () => this.#goto(citation) }, h("b", {}, t("page", { page: citation.page })), h("span", { dir: "auto" }, citation.snippet)),
        ),
      ),
    );
  }

  #goto(citation) {
    const page = this.#job.pages.findIndex((one) => one.index === citation.page - 1);

    if (page >= 0) this.#link.choose({ page, block: citation.block, boxes: citation.bbox }, this);
  }
}
