// Before anything is drawn: the colours that were chosen here, if any. What follows is theme.js's.
(() => {
  const theme = window.localStorage?.getItem("theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
})();
