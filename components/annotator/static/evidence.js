/** How much of the evidence lies inside the shape. A block that is always there, so that a look at the map moves nothing. */

import { element, keyChip } from "./dom.js";
import { icon } from "./icons.js";
import { seconds } from "./words.js";

export class Evidence {
  constructor(desk) {
    this.desk = desk;
    this.root = element("div", { class: "evidence" });
  }

  render() {
    const { rows, name } = this.content;
    if (this.shown === name) return;
    this.shown = name;
    this.root.replaceChildren(...rows());
  }

  /** @returns {{name: string, rows: () => HTMLElement[]}} `name` is equal where the rows are */
  get content() {
    const { peek, selected, hasObjects } = this.desk;
    const { map, problem, isStale } = peek;
    const where = (peek.target?.object ?? selected)?.polygons.length ? "polygon" : "box";
    if (problem) return { name: `problem ${problem}`, rows: () => [caution(problem)] };
    if (!map) return { name: `rest ${hasObjects} ${where}`, rows: () => [rest(hasObjects ? where : "")] };
    const inside = percent(peek.inside);
    const below = isStale
      ? () => caution("The map is of the shape before the edit. The new one is being computed.")
      : () => this.source(map, inside);
    const head = () => row(inside === null ? peek.title : `Evidence inside ${where}`, inside);
    return {
      name: JSON.stringify([inside, where, isStale, peek.title, map.seconds, map.warnings]),
      rows: () => [head(), below()],
    };
  }

  /** Which map it is, or what a reader of it should know. */
  source(map, inside) {
    if (map.warnings.length) return caution(map.warnings[0]);
    const took = seconds(map.seconds);
    return element("p", { class: "grey small" }, inside === null ? `Took ${took}` : `${this.desk.peek.title}, ${took}`);
  }
}

function percent(inside) {
  return inside === null ? null : `${Math.round(inside * 100)} %`;
}

function row(words, figure) {
  const strong = figure === null ? null : element("strong", {}, figure);
  return element("div", { class: "row" }, element("span", {}, words), element("span", { class: "grow" }), strong);
}

function caution(words) {
  return element("p", { class: "caution", title: words }, words);
}

function rest(where) {
  return element(
    "p",
    { class: "grey small row" },
    icon("saliency", 14),
    where ? `Evidence inside the ${where} appears on` : "The saliency map appears on",
    keyChip("Z"),
  );
}
