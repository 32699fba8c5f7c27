/**
 * The objects of the photo on two canvases: those at rest, and above them those that are selected, so that a drag repaints
 * few of them. The leading one of the selection is an element too, for the focus and for screen readers; the others are
 * reached by Tab and by the list of objects.
 */

import { element } from "./dom.js";
import { comparedLook, hoveredLook, lookOf, selectedLook } from "./looks.js";
import { paint, paintDots } from "./painter.js";
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
  constructor(desk) {
    this.desk = desk;
    this.rest = element("canvas", { class: "layer shapes" });
    this.top = element("canvas", { class: "layer selection" });
    this.chosen = element("div", { class: "chosen" });
    this.roots = [this.rest, this.top, this.chosen];
    this.previewed = new Map();
    this.ordered = [];
    this.isFolded = () => false;
  }

  /**
   * Show objects.
   * @param {object[]} ordered smallest first
   * @param {import("./difference.js").Difference|null} difference to the prediction, while both are compared
   */
  render(ordered, difference) {
    const { desk } = this;
    Object.assign(this, { ordered, difference, lead: desk.selected, selectedIds: new Set(desk.selection?.ids) });
    this.share();
    this.renderLead();
    this.invalidate();
  }

  /** Which objects lie on which canvas. What is drawn stands on its canvas, for whoever asks. */
  share() {
    const shown = this.ordered.map((object) => this.previewed.get(object.id) ?? object);
    const isOnTop = ({ id }) => (this.desk.peek.isShown ? id === this.lead?.id : this.selectedIds.has(id));
    this.rest.objects = shown.filter((object) => !isOnTop(object)).reverse(); // the smallest lies on top
    this.top.objects = shown.filter(isOnTop).reverse();
  }

  renderLead() {
    const { lead, ordered } = this;
    const shown = lead ? [lead] : [];
    const known = this.chosen.firstChild;
    if (known && known.dataset.id !== lead?.id) known.remove();
    if (!shown.length) return;
    this.chosen.firstChild ?? this.chosen.append(this.drawLead(lead));
    const others = this.selectedIds.size - 1;
    const name = `${objectName(lead, ordered.indexOf(lead) + 1, ordered.length)}, selected`;
    const node = this.chosen.firstChild;
    node.setAttribute("aria-label", others ? `${name} with ${others} more` : name);
    node.className = `shape ${lead.source} selected`;
    this.moveLead(lead);
  }

  drawLead({ id }) {
    return element("div", { role: "button", tabindex: "-1", "data-id": id });
  }

  moveLead({ box: [x0, y0, x1, y1] }) {
    const place = { left: x0, top: y0, width: x1 - x0, height: y1 - y0 };
    for (const [name, value] of Object.entries(place)) this.chosen.firstChild.style[name] = `${value * 100}%`;
  }

  /** Put the shapes where the photo is. */
  place(viewport) {
    this.viewport = viewport;
    const [width, height] = viewport.scale;
    Object.assign(this.chosen.style, {
      width: `${width}px`,
      height: `${height}px`,
      transform: `translate(${viewport.left}px, ${viewport.top}px)`,
    });
    this.invalidate();
  }

  /** Show objects as they would become, while they are dragged. */
  preview(objects) {
    this.previewed = new Map(objects.map((object) => [object.id, object]));
    this.share();
    const lead = this.previewed.get(this.lead?.id);
    if (lead) this.moveLead(lead);
    this.invalidate({ onTop: true });
  }

  endPreview() {
    if (!this.previewed.size) return;
    this.previewed = new Map();
    this.share();
    if (this.lead) this.moveLead(this.lead);
    this.invalidate({ onTop: true });
  }

  hover(id) {
    this.hoveredId = id;
    this.invalidate({ onTop: true });
  }

  focus() {
    this.chosen.firstChild?.focus({ preventScroll: true });
  }

  // ---- painting

  /** Paint before the next frame is shown. */
  invalidate({ onTop = false } = {}) {
    this.isStale ||= !onTop;
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => this.paint());
  }

  paint() {
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    if (!this.viewport) return;
    if (this.isStale) this.paintRest();
    this.isStale = false;
    this.paintTop();
  }

  paintRest() {
    this.paintOn(this.rest, [...this.comparedShapes(), ...this.rest.objects.map((object) => this.shapeOf(object))]);
  }

  /** What is selected, over what the pointer is on. */
  paintTop() {
    const { desk } = this;
    const isOnMap = desk.peek.isShown;
    const chosen = this.top.objects.map((object) => ({
      object,
      look: selectedLook(object, desk.colourOf(object.label), {
        isOnMap,
        leads: desk.hasSeveral && object.id === this.lead?.id,
      }),
    }));
    const hovered = isOnMap ? [] : this.rest.objects.filter(({ id }) => id === this.hoveredId);
    this.paintOn(this.top, [...hovered.map((object) => this.shapeOf(object, { isHovered: true })), ...chosen]);
  }

  paintOn(canvas, shapes) {
    const context = this.clear(canvas);
    paint(context, shapes, this.viewport);
    paintDots(
      context,
      shapes.filter(({ object }) => this.isFolded(object.id)),
      this.viewport,
    );
  }

  shapeOf(object, { isHovered = false } = {}) {
    const colour = this.desk.colourOf(object.label);
    const kind = this.difference?.byObject.get(object.id)?.kind;
    const look = kind ? comparedLook(object, colour, { side: "object", kind }) : lookOf(object, colour);
    return { object, look: isHovered ? hoveredLook(look) : look };
  }

  /** Predictions beside the label, without a hand to grab them. */
  comparedShapes() {
    const { difference, desk } = this;
    return (difference?.predictions ?? []).map((object) => {
      const kind = difference.byPrediction.get(object.id);
      return { object, look: comparedLook(object, desk.colourOf(object.label), { side: "prediction", kind }) };
    });
  }

  /** An empty canvas with a point of its own for each point of the screen. */
  clear(canvas) {
    const { stageWidth, stageHeight } = this.viewport;
    const width = Math.round(stageWidth * devicePixelRatio);
    const height = Math.round(stageHeight * devicePixelRatio);
    const context = canvas.getContext("2d");
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
    context.clearRect(0, 0, stageWidth, stageHeight);
    return context;
  }

  destroy() {
    cancelAnimationFrame(this.frame);
  }
}
