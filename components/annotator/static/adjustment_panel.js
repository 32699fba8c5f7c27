/** The small panel on the stage with which brightness, contrast and gamma of the view are set. */

import { SCALES } from "./adjustment.js";
import { element, keyChip, setAttribute, setText } from "./dom.js";
import { icon } from "./icons.js";

const KEYS = { brightness: ["U", "Shift U"], contrast: ["C", "Shift C"], gamma: ["G", "Shift G"] };

export class AdjustmentPanel {
  /** @param {import("./desk.js").Desk} desk */
  constructor(desk) {
    this.desk = desk;
    this.isOpen = false;
    this.sliders = Object.fromEntries(Object.keys(SCALES).map((name) => [name, this.slider(name)]));
    this.reset = element(
      "button",
      { type: "button", class: "fact act", onclick: () => desk.run("neutral") },
      "Show as it is",
      keyChip("Q"),
    );
    this.button = element(
      "button",
      { type: "button", class: "fact act", title: "Brightness, contrast, gamma", onclick: () => this.toggle() },
      icon("adjust", 14),
    );
    setAttribute(this.button, "aria-label", "Brightness, contrast and gamma of the view");
    const rows = Object.values(this.sliders).map(({ row }) => row);
    const note = element("p", {}, "Only the view changes, never the image or its label.");
    this.root = element(
      "div",
      { class: "adjusting", role: "group", "aria-label": "View", hidden: true },
      ...rows,
      element("div", { class: "row" }, note, this.reset),
    );
    this.root.addEventListener("keydown", (event) => this.press(event));
  }

  slider(name) {
    const { most, title } = SCALES[name];
    const range = { type: "range", min: -most, max: most, step: 1, "aria-label": title };
    const input = element("input", { ...range, oninput: () => this.desk.adjustment.set(name, Number(input.value)) });
    input.onpointerup = () => this.desk.stage.focus(); // who uses a mouse goes on with the keys of the desk
    const output = element("output", {});
    const row = element("label", {}, element("span", {}, title), input, output, keyChip(...KEYS[name]));
    return { row, input, output };
  }

  toggle() {
    this.isOpen = !this.isOpen;
    this.render();
    if (this.isOpen) this.sliders.brightness.input.focus();
    else this.desk.stage.focus();
  }

  press(event) {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    event.preventDefault();
    this.toggle();
  }

  render() {
    const { adjustment } = this.desk;
    this.root.hidden = !this.isOpen;
    setAttribute(this.button, "aria-expanded", String(this.isOpen));
    this.button.classList.toggle("on", !adjustment.isNeutral);
    this.reset.disabled = adjustment.isNeutral;
    for (const [name, { input, output }] of Object.entries(this.sliders)) {
      const value = adjustment.values[name];
      const words = SCALES[name].words(value);
      if (Number(input.value) !== value) input.value = value;
      setAttribute(input, "aria-valuetext", words);
      setText(output, words);
    }
  }
}
