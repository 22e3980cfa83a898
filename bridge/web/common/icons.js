// Line drawings of 24 by 24, for buttons that say in words what they do as well.

import { svg } from "./dom.js";

const PATHS = {
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
  download: "M12 4v11m-5-5 5 5 5-5M5 20h14",
  trash: "M4 7h16M10 11v6M14 11v6M6 7l1 13h10l1-13M9 7V4h6v3",
  back: "M15 5l-7 7 7 7",
  forward: "M9 5l7 7-7 7",
  send: "M4 12h15m-6-6 6 6-6 6",
  check: "M5 13l4 4L19 7",
  close: "M6 6l12 12M18 6L6 18",
  boxes: "M4 5h16v5H4zM4 14h9v5H4zM17 14h3v5h-3z",
};

export function icon(name) {
  return svg(
    "svg",
    { viewBox: "0 0 24 24", width: 18, height: 18, "aria-hidden": "true", class: `icon icon-${name}` },
    svg("path", { d: PATHS[name] }),
  );
}
