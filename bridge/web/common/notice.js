// Short notices that come and go, read out by screen readers.

import { byId, h } from "./dom.js";

const SHOWN_MS = 6000;
const SHOWN_AT_ONCE = 3;

export function notify(text, kind = "") {
  const notices = byId("notices");
  const notice = h("p", { class: `notice ${kind}` }, text);

  while (notices.childElementCount >= SHOWN_AT_ONCE) notices.firstChild.remove();
  notices.append(notice);
  setTimeout(() => notice.remove(), SHOWN_MS);
}
