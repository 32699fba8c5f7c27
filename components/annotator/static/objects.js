/**
 * The objects of the image in the order of Tab, to select one or several. Only the rows in sight exist, so that a thousand
 * objects stay cheap. While label and prediction are compared, each row says how they differ.
 */

import { differs } from "./difference.js";
import { element, keyChip, setAttribute, setText } from "./dom.js";
import { smallestFirst } from "./geometry.js";
import { icon } from "./icons.js";
import { toggled, upTo } from "./selection.js";
import { count, objectName, score } from "./words.js";

const MARGIN = 4; // rows above and below the visible ones

export class Objects {
  constructor(desk) {
    this.desk = desk;
    this.count = element("span", { class: "pill" });
    this.list = element("div", {
      class: "rows",
      role: "listbox",
      "aria-label": "Objects, smallest first",
      "aria-multiselectable": "true",
      tabindex: "-1",
      onscroll: () => this.renderRows(),
    });
    const head = element(
      "div",
      { class: "head" },
      element("h3", {}, "Objects"),
      this.count,
      element("span", { class: "grow" }),
      element("span", { class: "grey small" }, "all"),
      keyChip("Ctrl A"),
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
    this.chosen = new Set(desk.selection?.ids);
    const total = count(this.ordered.length);
    setText(this.count, this.chosen.size > 1 ? `${count(this.chosen.size)} of ${total}` : total);
    if (!this.rowHeight) this.measure();
    setAttribute(this.count, "title", this.chosen.size > 1 ? "Selected" : null);
    this.list.classList.toggle("comparing", Boolean(desk.difference));
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
    const shown = this.ordered.slice(first, last);
    if (!this.isNews(shown, first)) return;
    const rows = shown.map((object, index) => this.row(object, first + index));
    const space = element("div", { class: "space" });
    space.style.height = `${this.ordered.length * this.rowHeight}px`;
    this.list.replaceChildren(space, ...rows);
  }

  /** Whether other rows are to be seen than before: a row that stays is not drawn anew under a click. */
  isNews(shown, first) {
    const { data, difference } = this.desk;
    const now = [first, this.ordered.length, this.rowHeight, difference, data.classes, data.threshold, ...shown];
    now.push(...shown.map(({ id }) => this.chosen.has(id)));
    const isSame = now.length === this.drawn?.length && now.every((value, at) => value === this.drawn[at]);
    this.drawn = now;
    return !isSame;
  }

  row(object, index) {
    const { desk } = this;
    const { source } = object;
    const isOn = this.chosen.has(object.id);
    const isLow = source === "prediction" && object.score < desk.data.threshold;
    const row = element(
      "div",
      {
        class: `object${isOn ? " on" : ""}${isLow ? " low" : ""}`,
        role: "option",
        onclick: (event) => this.choose(object.id, event),
      },
      element("i", { class: "swatch" }),
      element("span", { class: "cut" }, object.label),
      this.saysOf(object),
      element("span", { class: "right value" }, source === "prediction" ? score(object.score) : ""),
      element("span", { class: "status correct" }, source === "correction" ? icon("correct", 14) : null),
    );
    row.style.setProperty("--c", desk.colourOf(object.label));
    row.style.top = `${index * this.rowHeight}px`;
    setAttribute(row, "aria-selected", isOn);
    const { difference } = desk;
    const words = difference ? differs(difference, object) || "alike" : "";
    const name = objectName(object, index + 1, this.ordered.length);
    setAttribute(row, "aria-label", words ? `${name}, ${words}` : name);
    setAttribute(row, "aria-setsize", this.ordered.length);
    setAttribute(row, "aria-posinset", index + 1);
    setAttribute(row, "title", object.label);
    return row;
  }

  /** Who says so, in the middle of a row; in a comparison how the prediction differs. */
  saysOf(object) {
    const { difference } = this.desk;
    const words = difference ? differs(difference, object) : "";
    if (difference) return element("span", { class: words ? "small differs cut" : "grey small", title: words }, words || "alike");
    if (object.source !== "prediction")
      return element("span", { class: "grey small" }, object.source === "label" ? "label" : "edited");
    const bar = element("i");
    bar.style.width = `${Math.round((object.score ?? 0) * 100)}%`;
    return element("div", { class: "track thin" }, bar);
  }

  /** A click selects; with Ctrl it adds or takes out, with Shift it selects up to here. */
  choose(id, { shiftKey, ctrlKey, metaKey }) {
    const { desk } = this;
    if (shiftKey) return desk.choose(upTo(desk.selection, id, this.ordered.map((object) => object.id)));
    if (ctrlKey || metaKey) return desk.choose(toggled(desk.selection, id));
    return desk.select(id);
  }
}
