// The cells that are in the page right now, each at its place on a sheet as high as all rows together.

import { createCell, fillCell, nameCell } from "./cell.js";
import { make } from "./dom.js";
import { placeOf, sheetHeight } from "./grid.js";

export class Sheet {
  #drawn = new Map(); // image_id -> {element, look, version}
  #version = 0;

  constructor() {
    this.element = make("div", "sheet");
    this.element.setAttribute("role", "presentation");
  }

  // Takes a new state {plan, view, feed, ids, indexOf, marks}; cells are compared with it when next shown.
  renew(state) {
    this.#version += 1;
    this.state = state;
    const { plan, view, ids } = state;
    this.look = JSON.stringify([plan, [...view.show], view.threshold, view.hasClassesLine, view.hasReasons]);
    this.element.style.height = `${sheetHeight(plan, ids.length)}px`;
    this.element.style.setProperty("--cell-width", `${plan.cellWidth}px`);
    this.element.style.setProperty("--photo-height", `${plan.photoHeight}px`);
  }

  show(wanted) {
    for (const [id, { element }] of this.#drawn) if (!wanted.has(id)) this.#drop(id, element);
    for (const id of wanted) this.#draw(id);
  }

  elementOf(id) {
    return this.#drawn.get(id)?.element;
  }

  #drop(id, element) {
    element.querySelector("img")?.removeAttribute("src"); // ends a download that nobody waits for
    element.remove();
    this.#drawn.delete(id);
  }

  #draw(id) {
    const drawn = this.#drawn.get(id) ?? this.#add(id);
    if (drawn.version === this.#version) return;
    drawn.version = this.#version;
    const cell = this.state.feed.get(id);
    const look = `${this.look}${JSON.stringify([cell, this.state.view.reasons?.[id]])}`;
    if (drawn.look !== look) fillCell(drawn.element, cell, this.state.view);
    drawn.look = look;
    this.#place(drawn.element, this.state.indexOf.get(id));
    this.#mark(drawn.element, cell);
  }

  #add(id) {
    const element = createCell();
    element.dataset.id = id;
    const drawn = { element, look: "", version: 0 };
    this.#drawn.set(id, drawn);
    this.element.append(element);
    return drawn;
  }

  #place(element, index) {
    const { x, y } = placeOf(this.state.plan, index);
    element.style.transform = `translate(${x}px, ${y}px)`;
    element.id = `image-${index}`;
    element.setAttribute("aria-posinset", index + 1);
    element.setAttribute("aria-setsize", this.state.ids.length);
  }

  #mark(element, cell) {
    const { selection, activeId, openedId } = this.state.marks;
    const isSelected = selection.has(cell.image_id);
    element.classList.toggle("selected", isSelected);
    element.classList.toggle("active", cell.image_id === activeId);
    element.classList.toggle("opened", cell.image_id === openedId);
    element.setAttribute("aria-selected", String(isSelected));
    element.setAttribute("aria-label", nameCell(cell, isSelected, this.state.view.reasons?.[cell.image_id]));
  }
}
