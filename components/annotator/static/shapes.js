/**
 * Objects as SVG. Shapes live in fractions of the photo under one transform, with strokes in screen pixels, so that zoom
 * changes a single attribute. The selected shape lies on a layer of its own: dragging it repaints nothing else.
 */

import { svg } from "./dom.js";
import { objectName } from "./words.js";

const MANY = 150; // shapes that cannot be drawn anew in every frame
const COARSE = 1.6; // zoom since they were drawn

/** The path of an object, in fractions. */
export function pathOf(object) {
  if (object.polygons.length) return object.polygons.map(pathOfRing).join("");
  const [x0, y0, x1, y1] = object.box;
  return `M${x0},${y0}H${x1}V${y1}H${x0}Z`;
}

function pathOfRing(ring) {
  let path = `M${ring[0]},${ring[1]}`;
  for (let i = 2; i < ring.length; i += 2) path += `L${ring[i]},${ring[i + 1]}`;
  return `${path}Z`;
}

export class Shapes {
  /** @param {(label: string) => string} colourOf */
  constructor(colourOf) {
    this.colourOf = colourOf;
    this.nodes = new Map();
    this.compared = svg("g", { class: "compared" });
    this.others = svg("g");
    this.chosen = svg("g");
    this.root = svg("svg", { class: "layer shapes" }, this.compared, this.others);
    this.top = svg("svg", { class: "layer chosen" }, this.chosen);
  }

  /**
   * Put the shapes where the photo is. Many shapes are moved as a picture while the zoom or pan lasts, and drawn anew once
   * it has settled or the picture would become coarse.
   */
  place(viewport, { hasSettled }) {
    const { left, top, zoom, scale } = viewport;
    const ratio = this.drawn ? zoom / this.drawn.zoom : 0;
    const isPicture = !hasSettled && this.nodes.size > MANY && ratio > 1 / COARSE && ratio < COARSE;
    const transform = `translate(${left} ${top}) scale(${scale.join(" ")})`;
    this.chosen.setAttribute("transform", transform);
    this.root.style.transform = isPicture
      ? `translate(${left - this.drawn.left * ratio}px, ${top - this.drawn.top * ratio}px) scale(${ratio})`
      : "";
    if (isPicture || this.transform === transform) return;
    this.transform = transform;
    this.drawn = { left, top, zoom };
    for (const group of [this.compared, this.others]) group.setAttribute("transform", transform);
  }

  /**
   * Show objects. Nodes of objects that did not change are left alone.
   * @param {object[]} ordered smallest first
   * @param {string|null} selectedId
   * @param {object[]} compared predictions to show beside them, without a hand to grab them
   */
  render(ordered, selectedId, compared = []) {
    const stale = new Set(this.nodes.keys());
    ordered.forEach((object, index) => {
      stale.delete(object.id);
      const isSelected = object.id === selectedId;
      const shape = this.shapeOf(object);
      this.name(shape, objectName(object, index + 1, ordered.length) + (isSelected ? ", selected" : ""));
      const parent = isSelected ? this.chosen : this.others;
      if (shape.parent !== parent) parent.append(shape.node);
      if (shape.parent !== parent) shape.node.classList.toggle("selected", isSelected);
      shape.parent = parent;
    });
    for (const id of stale) {
      this.nodes.get(id).node.remove();
      this.nodes.delete(id);
    }
    this.compare(compared);
  }

  name(shape, name) {
    if (shape.name !== name) shape.node.setAttribute("aria-label", name);
    shape.name = name;
  }

  compare(objects) {
    if (this.comparing === objects) return;
    this.comparing = objects;
    this.compared.replaceChildren(...objects.map((object) => this.draw(object).node));
  }

  shapeOf(object) {
    let shape = this.nodes.get(object.id);
    if (!shape) this.nodes.set(object.id, (shape = this.draw(object)));
    else if (shape.object !== object) this.update(shape, object);
    return shape;
  }

  draw(object) {
    const halo = svg("path", { class: "halo" });
    const line = svg("path", { class: "line" });
    const node = svg("g", { role: "button", tabindex: "-1", "data-id": object.id }, halo, line);
    const shape = { node, halo, line, object: null, parent: null, name: "" };
    this.update(shape, object);
    return shape;
  }

  update(shape, object) {
    const path = pathOf(object);
    const isSelected = shape.node.classList.contains("selected");
    shape.halo.setAttribute("d", path);
    shape.line.setAttribute("d", path);
    shape.node.setAttribute("class", `shape ${object.source}${isSelected ? " selected" : ""}`);
    shape.node.style.setProperty("--c", this.colourOf(object.label));
    shape.object = object;
  }

  /** Show a shape as it would become, while it is dragged. */
  preview(object) {
    const shape = this.nodes.get(object.id);
    if (shape) this.update(shape, object);
  }

  hover(id) {
    if (this.hovered) this.hovered.classList.remove("hovered");
    this.hovered = this.nodes.get(id)?.node ?? null;
    if (this.hovered) this.hovered.classList.add("hovered");
  }

  focus(id) {
    this.nodes.get(id)?.node.focus({ preventScroll: true });
  }
}
