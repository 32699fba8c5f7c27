/** What the model said of the selection or the image, and how much of its evidence lies inside. */

import { differenceWords } from "./difference.js";
import { element, keyChip, setText } from "./dom.js";
import { overlap } from "./geometry.js";
import { icon } from "./icons.js";
import { score, seconds } from "./words.js";

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
    this.evidence = element("div", { class: "evidence" });
    const head = element(
      "div",
      { class: "head" },
      element("h3", {}, "Prediction"),
      this.scope,
      element("span", { class: "grow" }),
      this.takeOver,
      this.compare,
    );
    this.root = element("section", { class: "block prediction" }, head, this.rows, this.evidence);
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
      return { scope: "compared", rows: [], text: differenceWords(desk.difference) };
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
    this.renderEvidence();
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

  /** A block that is always there, so that Z moves nothing. */
  renderEvidence() {
    const { peek, selected, hasObjects } = this.desk;
    const { map } = peek;
    const where = hasObjects && (peek.target?.object ?? selected)?.polygons.length ? "polygon" : "box";
    if (peek.problem)
      return this.say("problem", [element("p", { class: "caution", title: peek.problem }, peek.problem)]);
    if (!map)
      return this.say(`rest ${hasObjects} ${where}`, [
        element(
          "p",
          { class: "grey small row" },
          icon("saliency", 14),
          hasObjects ? `Evidence inside the ${where} appears on` : "The saliency map appears on",
          keyChip("Z"),
        ),
      ]);
    const inside =
      map.inside === null
        ? [element("span", {}, peek.title)]
        : [
            element("span", {}, `Evidence inside ${where}`),
            element("span", { class: "grow" }),
            element("strong", {}, score(map.inside)),
          ];
    const caution = map.warnings[0];
    const below = caution
      ? element("p", { class: "caution", title: caution }, caution)
      : element("p", { class: "grey small" }, `${peek.title}, ${seconds(map.seconds)}`);
    this.say(JSON.stringify([map.inside, where, caution, peek.title]), [
      element("div", { class: "row" }, ...inside),
      below,
    ]);
  }

  say(name, nodes) {
    if (this.evident === name && name !== "problem") return;
    this.evident = name;
    this.evidence.replaceChildren(...nodes);
  }
}
