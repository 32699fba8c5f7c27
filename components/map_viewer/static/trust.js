// How far to trust each map: a row for each figure, its cells aligned to the columns of maps.

import { make } from "./dom.js";

const LEGEND = [
  ["dot", "value"],
  ["interval", "95 % interval"],
  ["random", "random map"],
];

export class Trust {
  constructor() {
    this.element = make("div", "trust");
    this.element.setAttribute("role", "group");
    this.element.setAttribute("aria-label", "How far to trust each map");
  }

  // `figures` are rows of cells, one for each column or null where a method has no such figure.
  update(figures, columns) {
    this.element.hidden = figures.length === 0;
    if (figures.length > 0) this.element.replaceChildren(...figures.map((figure) => rowOf(figure, columns)), legend(columns));
    else this.element.replaceChildren();
  }

  align(template) {
    for (const row of this.element.querySelectorAll(".cells")) row.style.gridTemplateColumns = template;
  }
}

function rowOf(figure, columns) {
  const head = make("div", "figure", make("b", "", figure.title), ` ${figure.note}`);
  const cells = Array.from({ length: columns }, (_, n) => cellOf(figure, figure.cells[n]));
  return make("div", "figure-row", head, make("div", "cells", ...cells));
}

function cellOf(figure, cell) {
  if (!cell) return make("div", "cell none", "–");
  const value = make("span", `value${cell.is_best ? " best" : ""}${cell.is_failed ? " failed" : ""}`, decimals(cell.value));
  const range = cell.low === null ? "" : `${decimals(cell.low)} to ${decimals(cell.high)}`;
  const element = make("div", "cell", value, trackOf(figure, cell), make("span", "range", range));
  element.title = cell.words;
  element.setAttribute("role", "img");
  element.setAttribute("aria-label", `${figure.title} ${decimals(cell.value)}. ${cell.words}`);
  return element;
}

function trackOf(figure, cell) {
  const place = (value) => `${100 * share(value, figure.scale)}%`;
  const track = make("span", `track${cell.is_failed ? " failed" : ""}`);
  if (cell.low !== null) {
    const interval = make("i", "interval");
    interval.style.left = place(cell.low);
    interval.style.width = `${100 * (share(cell.high, figure.scale) - share(cell.low, figure.scale))}%`;
    track.append(interval);
  }
  if (cell.random !== null) track.append(markAt("random", place(cell.random)));
  track.append(markAt("dot", place(cell.value)));
  return track;
}

function markAt(kind, left) {
  const mark = make("i", kind);
  mark.style.left = left;
  return mark;
}

function share(value, [low, high]) {
  return Math.min(1, Math.max(0, (value - low) / (high - low)));
}

function decimals(value) {
  return value.toFixed(3).replace("-", "−");
}

function legend(columns) {
  const signs = LEGEND.map(([kind, text]) => make("span", "sign", make("i", kind), text));
  const best = columns > 1 ? [make("span", "sign end", "bold: best of the row")] : [];
  return make("div", "legend", ...signs, ...best);
}
