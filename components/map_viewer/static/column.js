// One method: its name, the photo with its map, the colour bar, and the share of evidence inside the box.

import { gradient } from "./colours.js";
import { LEVELS } from "./contours.js";
import { make, makeSvg } from "./dom.js";
import { paint } from "./paint.js";
import { hasNegative, peak, resample, scaleLimit, unpack, valueAt } from "./raster.js";
import { describeMap, secondsText, threeDigits } from "./words.js";

export class Column {
  constructor() {
    this.title = make("h3");
    this.pills = make("span", "pills");
    this.detail = make("div", "detail");
    this.photo = make("img");
    this.photo.alt = "";
    this.photo.addEventListener("error", () => this.fit.classList.add("missing"));
    this.canvas = make("canvas");
    this.canvas.setAttribute("role", "img");
    this.shape = makeSvg("svg", { class: "shape", preserveAspectRatio: "none", "aria-hidden": "true" });
    this.chip = make("span", "chip");
    this.fit = make("div", "fit", this.photo, this.canvas, this.shape, this.chip);
    this.low = make("span");
    this.high = make("span");
    this.strip = make("i");
    this.bar = make("div", "bar", this.low, this.strip, this.high);
    this.inside = make("div", "inside");
    this.raster = null;
    this.isSigned = false;
    const head = make("div", "head", this.title, this.pills);
    this.element = make("section", "column", head, this.detail, make("div", "stage", this.fit), this.bar, this.inside);
  }

  // `map` is one of the maps, or {title} alone while its method runs.
  update(map, photo) {
    this.map = map;
    const isRunning = map.values === undefined;
    this.element.classList.toggle("running", isRunning);
    this.element.setAttribute("aria-busy", String(isRunning));
    this.title.textContent = map.title;
    this.detail.textContent = isRunning ? "Running" : map.detail;
    this.detail.title = this.detail.textContent;
    this.pills.replaceChildren(...(isRunning ? [] : pillsOf(map)));
    this.writeInside(map);
    this.readValues(isRunning ? null : map);
    if (this.photo.getAttribute("src") !== photo.url) {
      this.fit.classList.remove("missing");
      this.photo.src = photo.url;
    }
    this.drawShape(isRunning ? null : map.target, photo);
  }

  writeInside({ inside }) {
    if (typeof inside !== "number") this.inside.replaceChildren();
    else this.inside.replaceChildren("Evidence inside the box ", make("b", "", inside.toFixed(3)));
  }

  // Unpacks only what is new: a rerun that changes a title must not cost a second look at the values.
  readValues(map) {
    const place = map && String([map.grid, map.region, map.regional]);
    if (map?.values !== this.values || place !== this.place) {
      this.values = map?.values;
      this.place = place;
      this.raster = map && unpack(map);
      this.isSigned = map !== null && hasNegative(this.raster);
      this.limits = {};
      this.pixels = null;
    }
    if (map) this.canvas.setAttribute("aria-label", describeMap(map, peak(this.raster)));
  }

  // The raw value of the strong end of a colour scale of this map's own.
  limitOn(scale) {
    this.limits[scale] ??= scaleLimit(this.raster, scale === "signed");
    return this.limits[scale];
  }

  resize({ width, height, density }) {
    const isSame = this.size?.width === width && this.size.height === height && this.size.density === density;
    if (isSame) return;
    this.size = { width, height, density };
    this.fit.style.width = `${width}px`;
    this.fit.style.height = `${height}px`;
    this.canvas.width = Math.round(width * density);
    this.canvas.height = Math.round(height * density);
    this.pixels = null;
  }

  // `limit` is the raw value of the strong end of the colours.
  draw({ view, opacity, isGrey }, scale, limit) {
    if (!this.raster) return;
    this.pixels ??= resample(this.raster, this.canvas.width, this.canvas.height);
    const { isRegional } = this.raster;
    paint(this.canvas, this.pixels, { view, scale, limit, isRegional, density: this.size.density });
    this.show({ view, opacity, isGrey });
    this.writeBar(view, scale, limit);
  }

  show({ view, opacity, isGrey }) {
    this.canvas.style.opacity = view === "map" ? 1 : opacity / 100;
    this.photo.classList.toggle("grey", isGrey);
    this.photo.classList.toggle("hidden", view === "map");
  }

  writeBar(view, scale, limit) {
    // Values under zero are drawn as zero on an unsigned scale, and the bar says so.
    const low = this.isSigned ? "≤ 0" : "0";
    this.low.textContent = scale === "signed" ? threeDigits(-limit) : low;
    this.high.textContent = threeDigits(limit);
    this.strip.style.background = gradient(scale);
    const marks = view === "contours" ? LEVELS.flatMap((level) => marksOf(level, scale)) : [];
    this.strip.replaceChildren(...marks);
  }

  drawShape(target, photo) {
    this.shape.setAttribute("viewBox", `0 0 ${photo.width} ${photo.height}`);
    const d = outline(target, photo);
    if (!d) return this.shape.replaceChildren();
    const line = makeSvg("path", { class: "line", d });
    line.style.stroke = target.colour;
    return this.shape.replaceChildren(makeSvg("path", { class: "halo", d }), line);
  }

  // The raw value at a point of the photo, shown in every column at once; null hides it.
  readAt(point) {
    const value = point && this.raster ? valueAt(this.raster, point.x, point.y) : null;
    this.chip.textContent = value === null ? "outside the map" : threeDigits(value);
    this.chip.classList.toggle("on", point !== null && Boolean(this.raster));
  }
}

function pillsOf(map) {
  const pills = map.flag ? [make("span", "pill caution", map.flag)] : [];
  if (typeof map.seconds === "number") pills.push(make("span", "pill", secondsText(map.seconds)));
  return pills;
}

function marksOf(level, scale) {
  const places = scale === "signed" ? [(1 - level) / 2, (1 + level) / 2] : [level];
  return places.map((place) => {
    const mark = make("u");
    mark.style.left = `${place * 100}%`;
    return mark;
  });
}

function outline(target, photo) {
  if (target?.polygons?.length) return target.polygons.map((points) => ring(points, photo)).join("");
  if (!target?.box) return "";
  const [left, top, right, bottom] = target.box;
  return ring([left, top, right, top, right, bottom, left, bottom], photo);
}

function ring(points, photo) {
  const corners = [];
  for (let i = 0; i + 1 < points.length; i += 2) corners.push(`${points[i] * photo.width} ${points[i + 1] * photo.height}`);
  return corners.length > 0 ? `M${corners.join("L")}Z` : "";
}
