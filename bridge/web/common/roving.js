// Of many things in a row one takes the Tab key; the arrow keys go on to its neighbours.

const STEPS = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 };

// For a keydown event in the row. @items: elements in their order, one of which has the focus.
export function moveAmong(items, event) {
  const now = items.indexOf(document.activeElement);
  const next = items[now + (STEPS[event.key] ?? 0)];

  if (now < 0 || !next || next === items[now]) return;
  event.preventDefault();
  items[now].tabIndex = -1;
  next.tabIndex = 0;
  next.focus();
}
