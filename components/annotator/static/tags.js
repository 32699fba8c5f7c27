/**
 * Names of objects, on their top left corners. A tag that is much wider than its box or would cover another tag folds into
 * a dot, which the shapes' canvas draws; the leading and the hovered one are always open. Tags are placed in fractions of
 * the photo, so that zoom and pan move their container only; which of them fold is decided again when the zoom has settled.
 */

import { differs } from "./difference.js";
import { element } from "./dom.js";
import { icon } from "./icons.js";
import { score } from "./words.js";

const HEIGHT = 18; // pixels, as the next two
const PADDING = 12;
const MARK = 15; // the pencil of a correction
const WIDEST = 1.25; // times its box
const MOST = 200; // open at once; more than a stage has room for

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

/**
 * What stands on a tag. While label and prediction are compared, those on which both agree say nothing, the others how they
 * differ.
 * @returns {{object: object, text: string, isQuiet: boolean, isLoud: boolean}[]} loud ones may be wider than their boxes
 */
function tagsOf(ordered, difference) {
  if (!difference) return ordered.map((object) => ({ object, text: tagText(object), isQuiet: false, isLoud: false }));
  const ofLabel = ordered.map((object) => {
    const words = differs(difference, object);
    const text = words ? `${object.label}, ${words}` : tagText(object);
    return { object, text, isQuiet: !words, isLoud: Boolean(words) };
  });
  const ofPrediction = difference.predictions.map((object) => {
    const isQuiet = difference.byPrediction.get(object.id) !== "alone";
    return { object, text: `${tagText(object)}, not in the label`, isQuiet, isLoud: !isQuiet };
  });
  return [...ofLabel.filter(({ isQuiet }) => !isQuiet), ...ofPrediction, ...ofLabel.filter(({ isQuiet }) => isQuiet)];
}

export class Tags {
  constructor(desk) {
    this.desk = desk;
    this.root = element("div", { class: "tags", "aria-hidden": "true" });
    this.nodes = new Map();
    this.tags = new Map();
    this.open = new Set();
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

  /** Whether a dot stands for the name of an object. */
  isFolded(id) {
    const tag = this.tags.get(id);
    return Boolean(tag) && !tag.isQuiet && !this.isShown(id);
  }

  isShown(id) {
    return this.open.has(id) || id === this.hoveredId;
  }

  /**
   * Decide which tags are open.
   * @param {object[]} ordered those with the first right to their place come first
   * @param {import("./difference.js").Difference|null} difference
   */
  render(ordered, difference, viewport) {
    this.font ||= `600 12px ${getComputedStyle(this.root).fontFamily}`;
    this.viewport = viewport;
    this.tags = new Map(tagsOf(ordered, difference).map((tag) => [tag.object.id, tag]));
    this.open = new Set();
    const taken = new Map();
    const lead = this.tags.get(this.desk.selection?.id);
    if (lead) this.findRoom(lead, taken, { mustOpen: true });
    for (const tag of this.tags.values()) {
      if (this.open.size >= MOST) break;
      if (!tag.isQuiet && tag !== lead) this.findRoom(tag, taken);
    }
    this.renderNodes();
  }

  hover(id) {
    this.hoveredId = id;
    if (this.viewport) this.renderNodes();
  }

  renderNodes() {
    for (const [id, node] of this.nodes) {
      if (this.isShown(id) && this.tags.has(id)) continue;
      node.remove();
      this.nodes.delete(id);
    }
    for (const id of new Set([...this.open, this.hoveredId])) {
      const tag = this.tags.get(id);
      if (tag) this.renderNode(tag);
    }
  }

  renderNode(tag) {
    const { object, text } = tag;
    let node = this.nodes.get(object.id);
    if (node?.object !== object || node.text !== text) {
      const fresh = this.draw(object, text);
      if (node) node.replaceWith(fresh);
      else this.root.append(fresh);
      this.nodes.set(object.id, (node = fresh));
    }
    const isLead = object.id === this.desk.selection?.id;
    const isHovered = object.id === this.hoveredId;
    const states = [isLead && "selected", isHovered && "hovered", isInside(object, this.viewport) && "inside"];
    const look = ["tag", object.source, ...states.filter(Boolean)].join(" ");
    if (node.className !== look) node.className = look;
  }

  draw(object, text) {
    const node = element("span", {}, element("span", {}, text), object.source === "correction" ? icon("correct", 11) : null);
    Object.assign(node, { object, text });
    node.style.setProperty("--c", this.desk.colourOf(object.label));
    this.move(node, object);
    return node;
  }

  move(node, { box }) {
    node.style.left = `${box[0] * 100}%`;
    node.style.top = `${box[1] * 100}%`;
  }

  /** Follow shapes that are being dragged. */
  preview(objects) {
    for (const object of objects) {
      const node = this.nodes.get(object.id);
      if (node) this.move(node, object);
    }
  }

  /** Open a tag if it has room. Places are kept by rows, so that a thousand tags stay cheap. */
  findRoom({ object, text, isLoud }, taken, { mustOpen = false } = {}) {
    const { box } = object;
    const { viewport } = this;
    const [left, top] = viewport.toStage(box[0], box[1]);
    if (!mustOpen && isFarOff(left, top, viewport)) return;
    const width = widthOf(text, this.font) + PADDING + (object.source === "correction" ? MARK : 0);
    const row = Math.floor(top / HEIGHT);
    const right = left + width;
    const near = [row - 1, row, row + 1].flatMap((at) => taken.get(at) ?? []);
    const isCovered = near.some(
      (other) => left < other.right && other.left < right && Math.abs(top - other.top) < HEIGHT + 1,
    );
    const isTooWide = !isLoud && width > WIDEST * (box[2] - box[0]) * viewport.scale[0];
    if (!mustOpen && (isCovered || isTooWide)) return;
    taken.set(row, [...(taken.get(row) ?? []), { left, right, top }]);
    this.open.add(object.id);
  }
}

/** Further away than a pan brings into sight before the tags are laid out anew. */
function isFarOff(left, top, { stageWidth, stageHeight }) {
  return left < -stageWidth / 2 || top < -stageHeight / 2 || left > 1.5 * stageWidth || top > 1.5 * stageHeight;
}

/** A tag near the top edge of the stage or of the photo lies inside its box. */
function isInside({ box }, viewport) {
  return viewport.toStage(0, box[1])[1] < 20 || box[1] * viewport.scale[1] < 20;
}
