/** Everything that lies over the photo: shapes, names, handles, and what is being drawn. They follow the viewport. */

import { Drawing } from "./drawing.js";
import { smallestFirst } from "./geometry.js";
import { Handles } from "./handles.js";
import { LabelTags } from "./labels.js";
import { Shapes } from "./shapes.js";
import { Tags } from "./tags.js";

const SETTLED = 120; // milliseconds after the last zoom step

export class Layers {
  constructor(desk, stage) {
    Object.assign(this, { desk, stage });
    const colourOf = (label) => desk.colourOf(label);
    this.shapes = new Shapes(colourOf);
    this.tags = new Tags(colourOf);
    this.labels = new LabelTags(desk);
    this.handles = new Handles();
    this.drawing = new Drawing(desk, stage);
    this.roots = [
      this.shapes.root,
      this.shapes.top,
      this.handles.root,
      this.drawing.root,
      this.tags.root,
      this.labels.root,
    ];
  }

  get viewport() {
    return this.stage.viewport;
  }

  /** Content or selection changed. */
  render(hasPhoto) {
    const { desk } = this;
    const ordered = hasPhoto ? smallestFirst(desk.objects) : [];
    this.shapes.render(ordered, desk.selection?.id ?? null, desk.comparedObjects);
    this.renderHandles(desk.peek.isShown ? null : desk.selected);
    this.renderTags();
    this.labels.render();
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
    this.tags.render(
      [...desk.objects, ...desk.comparedObjects],
      desk.selection?.id ?? null,
      this.hoveredId,
      this.viewport,
    );
  }

  /** The viewport moved. */
  place() {
    const { viewport } = this;
    this.shapes.place(viewport, { hasSettled: false });
    this.tags.place(viewport);
    this.labels.place(viewport);
    this.drawing.place();
    if (this.stage.entry) this.renderHandles(this.handles.shown.length ? this.desk.selected : null);
    clearTimeout(this.settling);
    this.settling = setTimeout(() => this.settle(), SETTLED);
  }

  /** Zoom or pan has come to rest: draw shapes sharp, and decide anew which tags fold. */
  settle() {
    this.shapes.place(this.viewport, { hasSettled: true });
    this.renderTags();
  }

  /** Show an object as it would become, while it is dragged. */
  preview(object) {
    this.stage.root.classList.add("dragging");
    this.shapes.preview(object);
    this.tags.preview(object);
    this.renderHandles(object);
    this.stage.hud.showSize(object);
  }

  endPreview() {
    this.stage.root.classList.remove("dragging");
    this.stage.hud.showSize(null);
  }

  hover(id) {
    if (this.hoveredId === id) return;
    this.hoveredId = id;
    this.shapes.hover(id);
    this.renderTags();
  }

  destroy() {
    clearTimeout(this.settling);
  }
}
