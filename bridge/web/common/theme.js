// Light or dark: as the system says, until the button is pressed.

import { t } from "./messages.js";
import { notify } from "./notice.js";

export function startTheme(button) {
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");

  button.addEventListener("click", () => {
    const isDark = root.dataset.theme ? root.dataset.theme === "dark" : system.matches;
    const theme = isDark ? "light" : "dark";

    root.dataset.theme = theme;
    localStorage.setItem("theme", theme);
    notify(t(`frame.theme.${theme}`));
  });
}
