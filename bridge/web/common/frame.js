// What every page has around its content: the choices of language and colours, and where one is.

import { byId } from "./dom.js";
import { startTheme } from "./theme.js";

const YEAR_SECONDS = 365 * 24 * 3600;

// A cookie, so that the server fills the page's texts in before the page comes.
function chooseLanguage(language) {
  const address = new URL(location.href);

  document.cookie = `ocrmesh_language=${language}; path=/; max-age=${YEAR_SECONDS}; samesite=lax`;
  address.searchParams.delete("lang");
  history.replaceState(null, "", address);
  location.reload();
}

export function startFrame() {
  startTheme(byId("theme"));
  byId("page-language").addEventListener("change", (event) => chooseLanguage(event.target.value));
  for (const link of document.querySelectorAll(".site-nav a"))
    if (link.pathname === location.pathname.replace(/\/?$/, "/")) link.setAttribute("aria-current", "page");
}
