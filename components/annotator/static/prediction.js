/** What the model said of the selection or the image. */

import { differenceWords } from "./difference.js";
import { element, keyChip, setText } from "./dom.js";
import { Evidence } from "./evidence.js";
import { overlap } from "./geometry.js";
import { score } from "./words.js";

const SHOWN = 3;

/** The predictions that lie on an object, best overlap first. */
function predictionsOn(object, predictions) {
  const near = predictions.map((other) => ({ ...other, shared: overlap(object.box, other.box) }));
  return near.filter(({ shared }) => shared > 0.1).sort((a, b) => b.shared - a.shared);
}

export class Prediction {
  constructor(desk) {
    this.desk = desk;
    this.scope = element("span", { class: "grey small" });
    this.rows = element("div", { class: "candidates" });
    this.takeOver = this.button("Take over", "take-over", "M");
    this.compare = this.button("Compare", "compare", "L");
    this.evidence = new Evidence(desk);
    const head = element(
      "div",
      { class: "head" },
      element("h3", {}, "Prediction"),
      this.scope,
      element("span", { class: "grow" }),
      this.takeOver,
      this.compare,
    );
    this.root = element("section", { class: "block prediction" }, head, this.rows, this.evidence.root);
  }

  button(words, command, key) {
    return element(
      "button",
      { type: "button", class: "quiet", onclick: () => this.desk.run(command) },
      words,
      keyChip(key),
    );
  }

  /** What to list: rows, or a sentence that says why there are none. */
  get listed() {
    const { desk } = this;
    const item = desk.work?.item;
    if (!item) return { scope: "", rows: [], text: "" };
    if (!desk.hasObjects)
      return { scope: `top ${SHOWN}`, rows: item.predicted.slice(0, SHOWN), text: "No prediction for this image." };
    if (!item.predictions.length)
      return { scope: "", rows: [], text: `No predicted object scores ${score(desk.data.threshold)} or more.` };
    if (!desk.selected && desk.difference)
      return { scope: "", rows: [], text: differenceWords(desk.difference) };
    if (!desk.selected) return { scope: "", rows: [], text: "Select an object to see the prediction for it." };
    return {
      scope: `top ${SHOWN}`,
      rows: predictionsOn(desk.selected, item.predictions).slice(0, SHOWN),
      text: "No prediction lies here.",
    };
  }

  render() {
    const { scope, rows, text } = this.listed;
    const { desk } = this;
    setText(this.scope, scope);
    const said = JSON.stringify([rows, text]);
    if (this.said !== said) {
      this.said = said;
      this.rows.replaceChildren(
        ...(rows.length ? rows.map((row) => this.row(row)) : [element("p", { class: "grey" }, text)]),
      );
    }
    const item = desk.work?.item;
    const hasPrediction = Boolean(item?.predicted.length || item?.predictions.length);
    this.takeOver.hidden = this.compare.hidden = !hasPrediction || item.source === "prediction";
    this.compare.setAttribute("aria-pressed", Boolean(desk.isComparing));
    this.evidence.render();
  }

  row({ label, score: value }) {
    const bar = element("i");
    bar.style.width = `${Math.round(value * 100)}%`;
    const row = element(
      "div",
      { class: "candidate" },
      element("i", { class: "swatch" }),
      element("span", { class: "cut", title: label }, label),
      element("div", { class: "track thin" }, bar),
      element("span", { class: "right" }, score(value)),
    );
    row.style.setProperty("--c", this.desk.colourOf(label));
    return row;
  }
}
