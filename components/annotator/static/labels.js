/** The classes of a whole image, big on the photo's corner; the prediction below them when both are compared. */

import { element } from "./dom.js";
import { icon } from "./icons.js";
import { score } from "./words.js";

/**
 * Who says each shown class, for line and tag: what the reviewer changed is a correction.
 * @returns {{label: string, source: string, score: number|null}[]}
 */
export function shownLabels({ item, start, content }) {
  return content.labels.map((label) => {
    const source = start.labels.includes(label) ? item.source : "correction";
    const predicted = item.predicted.find((other) => other.label === label);
    return { label, source, score: source === "prediction" ? (predicted?.score ?? null) : null };
  });
}

export class LabelTags {
  constructor(desk) {
    this.desk = desk;
    this.root = element("div", { class: "label-tags" });
  }

  place(viewport) {
    const left = Math.max(viewport.left, 0);
    const top = Math.max(viewport.top, 0);
    this.root.style.transform = `translate(${left}px, ${top}px)`;
    this.desk.marks.place(viewport);
  }

  render() {
    const { desk } = this;
    const work = desk.hasObjects ? null : desk.work;
    this.root.hidden = !work;
    if (!work) return;
    const predicted = desk.isComparing ? desk.predictedLabels : [];
    const isPredicted = (label) => !desk.isComparing || predicted.some((other) => other.label === label);
    const tags = shownLabels(work).map((shown) => this.tag(shown, isPredicted(shown.label) ? "" : "not predicted"));
    const none = element("span", { class: "tag big none" }, desk.isMultiLabel ? "No class" : "No class yet");
    const rows = [element("div", {}, ...(tags.length ? tags : [none]))];
    if (desk.isComparing)
      rows.push(
        element(
          "div",
          {},
          ...predicted.map((shown) =>
            this.tag(
              { ...shown, source: "prediction" },
              work.content.labels.includes(shown.label) ? "" : "not in the label",
            ),
          ),
        ),
      );
    this.root.replaceChildren(...rows);
  }

  /** @param {string} differs what the other side says of it; "" where both agree, which is quiet in a comparison */
  tag({ label, source, score: value }, differs) {
    const name = value === null ? label : `${label} ${score(value)}`;
    const text = differs ? `${name}, ${differs}` : name;
    const isQuiet = this.desk.isComparing && !differs;
    const node = element(
      "span",
      { class: `tag big ${source}${isQuiet ? " quiet-tag" : ""}` },
      element("span", {}, text),
      source === "correction" ? icon("correct", 13) : null,
    );
    node.style.setProperty("--c", this.desk.colourOf(label));
    return node;
  }
}
