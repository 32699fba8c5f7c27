/**
 * Objects as SVG. Shapes live in fractions of the photo under one transform, with strokes in screen pixels, so that zoom
 * changes a single attribute. The selected shape lies on a layer of its own: dragging it repaints nothing else.
 */

import { setAttribute, svg } from "./dom.js";
import { objectName } from "./words.js";

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

  /** Put the shapes where the photo is. */
  place(viewport) {
    const transform = `translate(${viewport.left} ${viewport.top}) scale(${viewport.scale.join(" ")})`;
    for (const group of [this.compared, this.others, this.chosen]) group.setAttribute("transform", transform);
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
      const name = objectName(object, index + 1, ordered.length) + (isSelected ? ", selected" : "");
      setAttribute(shape.node, "aria-label", name);
      const parent = isSelected ? this.chosen : this.others;
      if (shape.node.parentNode !== parent) parent.append(shape.node);
      shape.node.classList.toggle("selected", isSelected);
    });
    for (const id of stale) {
      this.nodes.get(id).node.remove();
      this.nodes.delete(id);
    }
    this.compare(compared);
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
    const halo = svg("path", { class: "halo" }), line = svg("path", { class: "line" });
    const node = svg("g", { role: "button", tabindex: "-1", "data-id": object.id }, halo, line);
    const shape = { node, halo, line, object: null };
    this.update(shape, object);
    return shape;
  }

  update(shape, object) {
    const path = pathOf(object), isSelected = shape.node.classList.contains("selected");
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
