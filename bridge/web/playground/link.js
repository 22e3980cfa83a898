// Joins what stands at one place of the document: a box on the page's picture and its text. Whoever shows places
// tells here what is pointed at and what is chosen, and hears it of the others.

// A place: { page, block, boxes? }, page and block counted from 0; `boxes` where it is less than the whole block.
export class Link extends EventTarget {
  chosen = null;
  page = 0;

  point(place) {
    this.dispatchEvent(new CustomEvent("point", { detail: place }));
  }

  // @from: who tells; it need not move itself.
  choose(place, from) {
    this.chosen = place;
    if (place.page !== this.page) this.turn(place.page, from);
    this.dispatchEvent(new CustomEvent("choose", { detail: { place, from } }));
  }

  turn(page, from) {
    this.page = page;
    this.dispatchEvent(new CustomEvent("turn", { detail: { page, from } }));
  }

  on(name, hear, signal) {
    this.addEventListener(name, (event) => hear(event.detail), { signal });
  }
}

export function isSameBlock(a, b) {
  return a !== null && b !== null && a.page === b.page && a.block === b.block;
}
