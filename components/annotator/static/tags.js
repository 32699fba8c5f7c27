/**
 * Names of objects, on their top left corners. A tag that is much wider than its box or would cover another tag folds into
 * a dot; the selected and the hovered one are always open. Tags are placed in fractions of the photo, so that zoom and pan
 * move their container only; which of them fold is decided again when the zoom has settled.
 */

import { element } from "./dom.js";
import { icon } from "./icons.js";
import { score } from "./words.js";

const HEIGHT = 18; // pixels, as the next two
const PADDING = 12;
const MARK = 15; // the pencil of a correction
const WIDEST = 1.25; // times its box

const measure = document.createElement("canvas").getContext("2d");
const widths = new Map();

function widthOf(text, font) {
  const name = `${font}|${text}`;
  if (!widths.has(name)) {
    measure.font = font;
    widths.set(name, measure.measureText(text).width);
  }
  return widths.get(name);
}

/** What a tag says: a score for predictions only. */
export function tagText(object) {
  return object.source === "prediction" && object.score !== null
    ? `${object.label} ${score(object.score)}`
    : object.label;
}

export class Tags {
  constructor(colourOf) {
    this.colourOf = colourOf;
    this.root = element("div", { class: "tags", "aria-hidden": "true" });
    this.nodes = new Map();
    this.font = "";
  }

  place(viewport) {
    const [width, height] = viewport.scale;
    Object.assign(this.root.style, {
      width: `${width}px`,
      height: `${height}px`,
      transform: `translate(${viewport.left}px, ${viewport.top}px)`,
    });
  }

  /** @param {object[]} ordered those with the first right to their place come first */
  render(ordered, selectedId, hoveredId, viewport) {
    this.font ||= `600 12px ${getComputedStyle(this.root).fontFamily}`;
    const first = (object) => (object.id === selectedId ? 0 : object.id === hoveredId ? 1 : 2);
    const byRight = [...ordered].sort((a, b) => first(a) - first(b));
    const stale = new Set(this.nodes.keys());
    const taken = new Map();
    for (const object of byRight) {
      stale.delete(object.id);
      const node = this.nodeOf(object);
      const isOpen = this.findRoom(object, viewport, taken, first(object) < 2);
      const states = [
        isOpen ? "" : " folded",
        first(object) === 0 ? " selected" : "",
        isOpen && isInside(object, viewport) ? " inside" : "",
      ];
      const look = `tag ${object.source}${states.join("")}`;
      if (node.look !== look) node.className = node.look = look;
    }
    for (const id of stale) {
      this.nodes.get(id).remove();
      this.nodes.delete(id);
    }
  }

  nodeOf(object) {
    const known = this.nodes.get(object.id);
    if (known?.object === object) return known;
    const text = element("span", {}, tagText(object));
    const node = element("span", {}, text, object.source === "correction" ? icon("correct", 11) : null);
    node.object = object;
    node.style.setProperty("--c", this.colourOf(object.label));
    this.move(node, object);
    if (known) known.replaceWith(node);
    else this.root.append(node);
    this.nodes.set(object.id, node);
    return node;
  }

  move(node, { box }) {
    node.style.left = `${box[0] * 100}%`;
    node.style.top = `${box[1] * 100}%`;
  }

  /** Follow a shape that is being dragged. */
  preview(object) {
    const node = this.nodes.get(object.id);
    if (node) this.move(node, object);
  }

  /** Whether a tag may open; if so its place is taken. Places are kept by rows, so that a thousand tags stay cheap. */
  findRoom(object, viewport, taken, mustOpen) {
    const { box } = object;
    const width = widthOf(tagText(object), this.font) + PADDING + (object.source === "correction" ? MARK : 0);
    const [left, top] = viewport.toStage(box[0], box[1]);
    const row = Math.floor(top / HEIGHT);
    const right = left + width;
    const near = [row - 1, row, row + 1].flatMap((at) => taken.get(at) ?? []);
    const isCovered = near.some(
      (other) => left < other.right && other.left < right && Math.abs(top - other.top) < HEIGHT + 1,
    );
    const isTooWide = width > WIDEST * (box[2] - box[0]) * viewport.scale[0];
    if (!mustOpen && (isCovered || isTooWide)) return false;
    taken.set(row, [...(taken.get(row) ?? []), { left, right, top }]);
    return true;
  }
}

/** A tag near the top edge of the stage or of the photo lies inside its box. */
function isInside({ box }, viewport) {
  return viewport.toStage(0, box[1])[1] < 20 || box[1] * viewport.scale[1] < 20;
}
