/** The classes: ten under the digits, all of them behind the search. */

import { ClassSearch } from "./class_search.js";
import { element, keyChip, setAttribute, setText } from "./dom.js";
import { plural } from "./words.js";

const DIGITS = "1234567890";

export class Classes {
  constructor(desk) {
    this.desk = desk;
    this.scope = element("span", { class: "grey small" });
    this.chips = element("div", { class: "chips" });
    this.finder = new ClassSearch(desk, (label) => this.swatch(label));
    const head = element(
      "div",
      { class: "head" },
      element("h3", {}, "Class"),
      element("span", { class: "grow" }),
      this.scope,
    );
    this.root = element("section", { class: "block classes" }, head, this.chips, this.finder.box, this.finder.results);
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

  /** The one class that is set, or the one the reviewer chose last of several; none when several objects differ. */
  get single() {
    const { chosen, desk } = this;
    if (!desk.hasObjects && chosen.has(desk.lastLabel)) return desk.lastLabel;
    return chosen.size === 1 || !desk.hasObjects ? [...chosen][0] : undefined;
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
    this.finder.take(classes);
  }

  chip({ name, guideline }, digit) {
    const title = guideline ? `${name}: ${guideline}` : name;
    const chip = element(
      "button",
      { type: "button", class: "chip", title, onclick: () => this.desk.run("set-class", name) },
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
    this.finder.begin();
  }
}
