/**
 * Brightness, contrast and gamma of the view, in this browser tab. They change what the screen shows of the photo, and
 * nothing that is saved.
 */

import { svg } from "./dom.js";
import { clamp } from "./geometry.js";

const PLACE = "relook:adjustment";
const NAME = "relook-adjustment";
const NEUTRAL = { brightness: 0, contrast: 0, gamma: 0 };

/** @type {Object<string, {most: number, step: number, title: string, words: (value: number) => string}>} */
export const SCALES = {
  brightness: { most: 100, step: 5, title: "Brightness", words: signed },
  contrast: { most: 100, step: 5, title: "Contrast", words: signed },
  gamma: { most: 16, step: 1, title: "Gamma", words: (value) => gammaOf(value).toFixed(2) },
};

function signed(value) {
  return value ? `${value > 0 ? "+" : "−"}${Math.abs(value)} %` : "0 %";
}

/** Eight steps double it. */
function gammaOf(value) {
  return 2 ** (value / 8);
}

/**
 * What each shade is shown as.
 * @param {{brightness: number, contrast: number, gamma: number}} values -100 to 100, -100 to 100, -16 to 16
 * @returns {number[]} 256 shades, 0 to 1
 */
export function curveOf({ brightness, contrast, gamma }) {
  const slope = 2 ** (contrast / 50);
  const shades = Array.from({ length: 256 }, (_, at) => (at / 255) ** (1 / gammaOf(gamma)));
  return shades.map((shade) => clamp((shade - 0.5) * slope + 0.5 + brightness / 200, 0, 1));
}

export class Adjustment {
  /** @param {() => void} onChange */
  constructor(onChange) {
    this.onChange = onChange;
    this.values = { ...NEUTRAL, ...recalled() };
    const curves = ["R", "G", "B"].map((channel) => svg(`feFunc${channel}`, { type: "table" }));
    const whole = { x: "0", y: "0", width: "1", height: "1", "color-interpolation-filters": "sRGB" };
    const filter = svg("filter", { id: NAME, ...whole }, svg("feComponentTransfer", {}, ...curves));
    this.curves = curves;
    this.root = svg("svg", { class: "filters", width: "0", height: "0", "aria-hidden": "true" }, filter);
    this.draw();
  }

  get isNeutral() {
    return Object.values(this.values).every((value) => value === 0);
  }

  /** For CSS; "" while the photo is shown as it is. */
  get filter() {
    return this.isNeutral ? "" : `url(#${NAME})`;
  }

  /** "Brightness +20 %, gamma 1.19": what differs from neutral. */
  get words() {
    const changed = Object.entries(SCALES).filter(([name]) => this.values[name] !== 0);
    const said = changed.map(([name, { title, words }]) => `${title} ${words(this.values[name])}`).join(", ");
    return said.charAt(0) + said.slice(1).replace(/, (\w)/g, (_, letter) => `, ${letter.toLowerCase()}`);
  }

  /** @param {"brightness"|"contrast"|"gamma"} name */
  set(name, value) {
    const { most } = SCALES[name];
    this.change({ ...this.values, [name]: clamp(Math.round(value), -most, most) });
  }

  /** One step up or down. */
  step(name, direction) {
    this.set(name, this.values[name] + direction * SCALES[name].step);
  }

  reset() {
    this.change(NEUTRAL);
  }

  change(values) {
    this.values = values;
    this.draw();
    remember(values);
    this.onChange();
  }

  draw() {
    const table = curveOf(this.values)
      .map((shade) => shade.toFixed(4))
      .join(" ");
    for (const curve of this.curves) curve.setAttribute("tableValues", table);
  }
}

function remember(values) {
  try {
    sessionStorage.setItem(PLACE, JSON.stringify(values));
  } catch {
    // forbidden by the browser's settings: the view is adjusted until the page is left
  }
}

function recalled() {
  try {
    const kept = JSON.parse(sessionStorage.getItem(PLACE)) ?? {};
    const isFine = ([name, { most }]) => Number.isInteger(kept[name]) && Math.abs(kept[name]) <= most;
    return Object.fromEntries(Object.entries(SCALES).filter(isFine).map(([name]) => [name, kept[name]]));
  } catch {
    return {};
  }
}
