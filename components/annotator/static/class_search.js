/** The search over all classes: a field and the names that contain what is typed, as a list of which only what is seen exists. */

import { element, keyChip, setAttribute } from "./dom.js";
import { icon } from "./icons.js";
import { Rows } from "./rows.js";
import { count } from "./words.js";

export class ClassSearch {
  /** @param {import("./desk.js").Desk} desk @param {(label: string) => HTMLElement} swatch */
  constructor(desk, swatch) {
    Object.assign(this, { desk, swatch, found: [], at: 0 });
    this.field = element("input", {
      type: "text",
      role: "combobox",
      autocomplete: "off",
      spellcheck: "false",
      "aria-expanded": "false",
      "aria-controls": "found-classes",
      "aria-autocomplete": "list",
      oninput: () => this.find(),
      onfocus: () => this.find(),
      onblur: () => this.close(),
      onkeydown: (event) => this.key(event),
    });
    this.results = element("div", {
      class: "results",
      id: "found-classes",
      role: "listbox",
      "aria-label": "Classes",
      hidden: true,
      onpointerdown: (event) => event.preventDefault(),
    });
    this.rows = new Rows(this.results, (index) => this.row(index));
    this.box = element("div", { class: "search" }, icon("search", 14), this.field, keyChip("/"));
  }

  /** The class list is another one. @param {{name: string}[]} classes */
  take(classes) {
    this.classes = classes.map((known) => ({ known, lower: known.name.toLowerCase() }));
    const words = `Search all ${count(classes.length)} classes`;
    setAttribute(this.field, "placeholder", words);
    setAttribute(this.field, "aria-label", words);
    if (!this.results.hidden) this.find();
  }

  get isOpen() {
    return !this.results.hidden;
  }

  /** The name under the cursor while a search is open. */
  get marked() {
    return this.isOpen ? this.found[this.at]?.name : undefined;
  }

  begin() {
    this.field.value = "";
    this.field.focus();
  }

  /** Names that contain the words typed; those that begin with them first. */
  find() {
    const typed = this.field.value.trim().toLowerCase();
    const found = this.classes.filter(({ lower }) => lower.includes(typed));
    const begins = found.filter(({ lower }) => lower.startsWith(typed));
    this.found = [...begins, ...found.filter(({ lower }) => !lower.startsWith(typed))].map(({ known }) => known);
    this.at = 0;
    this.results.hidden = false;
    setAttribute(this.field, "aria-expanded", "true");
    this.rows.show(this.found.length);
    if (!this.found.length) this.results.replaceChildren(element("p", { class: "grey" }, "No class bears that name."));
    this.mark();
  }

  row(index) {
    const { name, guideline } = this.found[index];
    const choose = () => {
      this.at = index;
      this.choose();
    };
    const attributes = {
      class: "result",
      role: "option",
      id: `class-${index}`,
      title: guideline || null,
      "aria-selected": String(index === this.at),
      "aria-posinset": index + 1,
      "aria-setsize": this.found.length,
      onclick: choose,
    };
    return element("div", attributes, this.swatch(name), element("span", { class: "cut" }, name));
  }

  mark() {
    setAttribute(this.field, "aria-activedescendant", this.found.length ? `class-${this.at}` : null);
    if (this.found.length) this.rows.reveal(this.at);
    this.desk.side.guide.render();
  }

  key(event) {
    if (event.isComposing) return;
    const page = Math.max(1, Math.floor(this.results.clientHeight / (this.rows.height || 1)) - 1);
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page }[event.key];
    if (step) this.at = Math.min(Math.max(this.at + step, 0), this.found.length - 1);
    else if (event.key === "Enter") this.choose();
    else if (event.key === "Escape") this.desk.stage.focus();
    else return;
    event.preventDefault();
    if (step) this.mark();
  }

  choose() {
    const known = this.found[this.at];
    if (!known) return;
    this.desk.stage.focus();
    this.desk.run("set-class", known.name);
  }

  close() {
    this.results.hidden = true;
    this.results.replaceChildren();
    this.field.value = "";
    setAttribute(this.field, "aria-expanded", "false");
    this.desk.side.guide.render();
  }
}
