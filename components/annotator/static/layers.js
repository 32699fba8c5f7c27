/** Everything that lies over the photo: shapes, names, handles, and what is being drawn. They follow the viewport. */

import { Drawing } from "./drawing.js";
import { element } from "./dom.js";
import { smallestFirst } from "./geometry.js";
import { Handles } from "./handles.js";
import { LabelTags } from "./labels.js";
import { Shapes } from "./shapes.js";
import { Tags } from "./tags.js";

const SETTLED = 120; // milliseconds after the last zoom step

export class Layers {
  constructor(desk, stage) {
    Object.assign(this, { desk, stage });
    this.shapes = new Shapes(desk);
    this.tags = new Tags(desk);
    this.labels = new LabelTags(desk);
    this.handles = new Handles();
    this.drawing = new Drawing(desk, stage);
    this.shapes.isFolded = (id) => this.tags.isFolded(id);
    this.band = element("div", { class: "band", hidden: true });
    this.roots = [
      ...this.shapes.roots,
      this.handles.root,
      this.drawing.root,
      this.tags.root,
      this.labels.root,
      this.band,
    ];
  }

  get viewport() {
    return this.stage.viewport;
  }

  /** Content or selection changed. */
  render(hasPhoto) {
    const { desk } = this;
    this.hasPhoto = hasPhoto;
    this.shapes.render(hasPhoto ? smallestFirst(desk.objects) : [], desk.difference);
    this.renderHandles(this.grabbed);
    this.renderTags();
    this.labels.render();
  }

  /** The object whose handles are shown: a single selected one. */
  get grabbed() {
    const { desk } = this;
    const isFree = !desk.hasSeveral && !desk.peek.isShown && this.hasPhoto;
    return isFree ? desk.selected : null;
  }

  renderHandles(object) {
    const { desk } = this;
    this.handles.render(
      object,
      desk.selection?.vertex ?? null,
      this.viewport,
      object ? desk.colourOf(object.label) : "",
    );
  }

  renderTags() {
    const { desk } = this;
    this.tags.render(this.hasPhoto ? smallestFirst(desk.objects) : [], desk.difference, this.viewport);
  }

  /** The viewport moved. */
  place() {
    const { viewport } = this;
    this.shapes.place(viewport);
    this.tags.place(viewport);
    this.labels.place(viewport);
    this.drawing.place();
    this.renderHandles(this.grabbed);
    clearTimeout(this.settling);
    this.settling = setTimeout(() => this.settle(), SETTLED);
  }

  /** Zoom or pan has come to rest: decide anew which tags fold. */
  settle() {
    this.renderTags();
    this.shapes.invalidate();
  }

  /** Show objects as they would become, while they are dragged. */
  preview(objects) {
    this.stage.root.classList.add("dragging");
    this.shapes.preview(objects);
    this.tags.preview(objects);
    const [first] = objects;
    if (objects.length > 1) return;
    this.renderHandles(first);
    this.stage.hud.showSize(first);
  }

  endPreview() {
    this.stage.root.classList.remove("dragging");
    this.shapes.endPreview();
    this.showBand(null);
    this.stage.hud.showSize(null);
  }

  /** The frame that selects what lies in it, in stage pixels. @param {number[]|null} sides left, top, right, bottom */
  showBand(sides) {
    this.band.hidden = !sides;
    if (!sides) return;
    const [left, top, right, bottom] = sides;
    Object.assign(this.band.style, {
      transform: `translate(${left}px, ${top}px)`,
      width: `${right - left}px`,
      height: `${bottom - top}px`,
    });
  }

  hover(id) {
    if (this.hoveredId === id) return;
    this.hoveredId = id;
    this.tags.hover(id);
    this.shapes.hover(id);
  }

  destroy() {
    clearTimeout(this.settling);
    this.shapes.destroy();
  }
}
