/** For whole-image classes: who says what is shown. */

import { element } from "./dom.js";
import { shownLabels } from "./labels.js";
import { icon } from "./icons.js";
import { capitalised, score } from "./words.js";

const SAYS = { label: "label", prediction: "prediction", correction: "corrected" };

export class Facts {
  constructor(desk) {
    this.desk = desk;
    this.list = element("div", { class: "facts" });
    this.root = element(
      "section",
      { class: "block" },
      element("div", { class: "head" }, element("h3", {}, "Shown")),
      this.list,
    );
  }

  render() {
    const { desk } = this;
    this.root.hidden = desk.hasObjects;
    if (this.root.hidden) return;
    const shown = desk.work ? shownLabels(desk.work) : [];
    const said = JSON.stringify(shown);
    if (this.said === said) return;
    this.said = said;
    this.list.replaceChildren(
      ...(shown.length ? shown.map((fact) => this.row(fact)) : [element("p", { class: "grey" }, "No class is set.")]),
    );
  }

  row({ label, source, score: value }) {
    const says = value === null ? capitalised(SAYS[source] ?? "") : `${capitalised(SAYS[source])} ${score(value)}`;
    const row = element(
      "div",
      { class: "fact-row" },
      element("i", { class: "swatch" }),
      element("span", { class: "cut", title: label }, label),
      element("span", { class: "grey" }, says),
      element("span", { class: "status correct" }, source === "correction" ? icon("correct", 14) : null),
    );
    row.style.setProperty("--c", this.desk.colourOf(label));
    return row;
  }
}
