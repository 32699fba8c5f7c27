/** The objects of the image in the order of Tab. Only the rows in sight exist, so that a thousand objects stay cheap. */

import { element, keyChip, setAttribute, setText } from "./dom.js";
import { smallestFirst } from "./geometry.js";
import { icon } from "./icons.js";
import { objectName, score } from "./words.js";

const MARGIN = 4; // rows above and below the visible ones

export class Objects {
  constructor(desk) {
    this.desk = desk;
    this.count = element("span", { class: "pill" });
    this.list = element("div", {
      class: "rows",
      role: "listbox",
      "aria-label": "Objects, smallest first",
      tabindex: "-1",
      onscroll: () => this.renderRows(),
    });
    const head = element(
      "div",
      { class: "head" },
      element("h3", {}, "Objects"),
      this.count,
      element("span", { class: "grow" }),
      element("span", { class: "grey small" }, "next"),
      keyChip("Tab"),
    );
    this.root = element("section", { class: "block objects" }, head, this.list);
  }

  render() {
    const { desk } = this;
    this.root.hidden = !desk.hasObjects;
    if (this.root.hidden) return;
    this.ordered = smallestFirst(desk.objects);
    setText(this.count, String(this.ordered.length));
    if (!this.rowHeight) this.measure();
    this.list.style.setProperty("--rows", this.ordered.length);
    this.reveal();
    this.renderRows();
  }

  /** The height of a row is the style sheet's affair. */
  measure() {
    const probe = element("div", { class: "object" });
    this.list.replaceChildren(probe);
    this.rowHeight = probe.getBoundingClientRect().height;
  }

  /** Bring the selected row into sight. */
  reveal() {
    const id = this.desk.selection?.id ?? null;
    if (this.revealed === id) return;
    this.revealed = id;
    const at = this.ordered.findIndex((object) => object.id === id);
    if (at < 0) return;
    const top = at * this.rowHeight;
    const { scrollTop, clientHeight } = this.list;
    if (top < scrollTop) this.list.scrollTop = top;
    else if (top + this.rowHeight > scrollTop + clientHeight) this.list.scrollTop = top + this.rowHeight - clientHeight;
  }

  renderRows() {
    if (!this.rowHeight) return;
    const first = Math.max(0, Math.floor(this.list.scrollTop / this.rowHeight) - MARGIN);
    const last = Math.ceil((this.list.scrollTop + this.list.clientHeight) / this.rowHeight) + MARGIN;
    const rows = this.ordered.slice(first, last).map((object, index) => this.row(object, first + index));
    const space = element("div", { class: "space" });
    space.style.height = `${this.ordered.length * this.rowHeight}px`;
    this.list.replaceChildren(space, ...rows);
  }

  row(object, index) {
    const { desk } = this;
    const { source } = object;
    const isOn = object.id === desk.selection?.id;
    const isLow = source === "prediction" && object.score < desk.data.threshold;
    const bar = element("i");
    bar.style.width = `${Math.round((object.score ?? 0) * 100)}%`;
    const says =
      source === "prediction"
        ? element("div", { class: "track thin" }, bar)
        : element("span", { class: "grey small" }, source === "label" ? "label" : "edited");
    const row = element(
      "div",
      {
        class: `object${isOn ? " on" : ""}${isLow ? " low" : ""}`,
        role: "option",
        onclick: () => desk.select(object.id),
      },
      element("i", { class: "swatch" }),
      element("span", { class: "cut" }, object.label),
      says,
      element("span", { class: "right value" }, source === "prediction" ? score(object.score) : ""),
      element("span", { class: "status correct" }, source === "correction" ? icon("correct", 14) : null),
    );
    row.style.setProperty("--c", desk.colourOf(object.label));
    row.style.top = `${index * this.rowHeight}px`;
    setAttribute(row, "aria-selected", isOn);
    setAttribute(row, "aria-label", objectName(object, index + 1, this.ordered.length));
    setAttribute(row, "title", object.label);
    return row;
  }
}
