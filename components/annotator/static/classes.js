/** The classes: ten under the digits, all of them behind the search. */

import { element, keyChip, setAttribute, setText } from "./dom.js";
import { icon } from "./icons.js";
import { count, plural } from "./words.js";

const DIGITS = "1234567890";
const MOST = 50; // results shown

export class Classes {
  constructor(desk) {
    this.desk = desk;
    this.scope = element("span", { class: "grey small" });
    this.chips = element("div", { class: "chips" });
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
    const search = element("div", { class: "search" }, icon("search", 14), this.field, keyChip("/"));
    const head = element(
      "div",
      { class: "head" },
      element("h3", {}, "Class"),
      element("span", { class: "grow" }),
      this.scope,
    );
    this.root = element("section", { class: "block classes" }, head, this.chips, search, this.results);
  }

  /** What the digits would act on now, in words. */
  get aim() {
    const { desk } = this;
    if (!desk.hasObjects) return desk.isMultiLabel ? "any number" : "for the image";
    if (desk.hasSeveral) return `for ${plural(desk.selection.ids.length, "object")}`;
    return desk.selected ? "for the selection" : "for the next object";
  }

  /** Labels that are set now. @returns {Set<string>} */
  get chosen() {
    const { desk } = this;
    if (!desk.work) return new Set();
    if (!desk.hasObjects) return new Set(desk.work.content.labels);
    const { selectedObjects } = desk;
    return new Set(selectedObjects.length ? selectedObjects.map(({ label }) => label) : [desk.nextLabel]);
  }

  render() {
    const { data } = this.desk;
    if (this.shown !== data.classes) this.build(data.classes);
    setText(this.scope, this.aim);
    const { chosen } = this;
    for (const chip of this.chips.children) {
      const isOn = chosen.has(chip.label);
      chip.classList.toggle("on", isOn);
      setAttribute(chip, "aria-pressed", isOn);
    }
  }

  build(classes) {
    this.shown = classes;
    this.chips.replaceChildren(
      ...classes.slice(0, DIGITS.length).map((known, index) => this.chip(known, DIGITS[index])),
    );
    const words = `Search all ${count(classes.length)} classes`;
    setAttribute(this.field, "placeholder", words);
    setAttribute(this.field, "aria-label", words);
  }

  chip({ name }, digit) {
    const chip = element(
      "button",
      { type: "button", class: "chip", title: name, onclick: () => this.desk.run("set-class", name) },
      keyChip(digit),
      this.swatch(name),
      element("span", { class: "cut" }, name),
    );
    chip.label = name;
    return chip;
  }

  swatch(label) {
    const swatch = element("i", { class: "swatch" });
    swatch.style.setProperty("--c", this.desk.colourOf(label));
    return swatch;
  }

  search() {
    this.field.value = "";
    this.field.focus();
  }

  /** Names that contain the words typed; those that begin with them first. */
  find() {
    const typed = this.field.value.trim().toLowerCase();
    const found = this.desk.data.classes.filter(({ name }) => name.toLowerCase().includes(typed));
    const begins = ({ name }) => Number(!name.toLowerCase().startsWith(typed));
    this.found = found.sort((a, b) => begins(a) - begins(b)).slice(0, MOST);
    this.at = 0;
    this.open();
  }

  open() {
    const none = element("p", { class: "grey" }, "No class bears that name.");
    this.results.replaceChildren(
      ...(this.found.length ? this.found.map((known, index) => this.result(known, index)) : [none]),
    );
    this.results.hidden = false;
    setAttribute(this.field, "aria-expanded", "true");
    this.mark();
  }

  result({ name }, index) {
    const choose = () => {
      this.at = index;
      this.choose();
    };
    return element(
      "div",
      { class: "result", role: "option", id: `class-${index}`, onclick: choose },
      this.swatch(name),
      element("span", { class: "cut" }, name),
    );
  }

  mark() {
    [...this.results.children].forEach((node, index) => setAttribute(node, "aria-selected", index === this.at));
    setAttribute(this.field, "aria-activedescendant", this.found.length ? `class-${this.at}` : null);
    this.results.children[this.at]?.scrollIntoView({ block: "nearest" });
  }

  key(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
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
    this.field.value = "";
    setAttribute(this.field, "aria-expanded", "false");
  }
}
