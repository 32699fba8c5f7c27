/**
 * Zoom and pan by wheel, trackpad and two fingers. The wheel zooms where the mouse is; with Shift it moves the photo to the
 * sides, with Alt up and down. Two fingers hold on to the points of the photo that they touch.
 */

const PER_NOTCH = 0.0015; // zoom for a pixel of the wheel
const PER_PINCH = 0.01; // of a trackpad, which browsers tell as a wheel with Ctrl
const LINE = 16; // pixels of a wheel that counts lines

export class Navigation {
  constructor(desk, stage) {
    Object.assign(this, { desk, stage });
    /** @type {Map<number, number[]>} fingers on the stage, in its pixels */
    this.fingers = new Map();
    this.isPinching = false;
    stage.view.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    // before those who would take the second finger for a click
    const hear = (name, act) => stage.root.addEventListener(name, (event) => act.call(this, event), { capture: true });
    hear("pointerdown", this.press);
    hear("pointermove", this.travel);
    hear("pointerup", this.lift);
    hear("pointercancel", this.lift);
  }

  pointOf(event) {
    const { left, top } = this.stage.view.getBoundingClientRect();
    return [event.clientX - left, event.clientY - top];
  }

  wheel(event) {
    event.preventDefault();
    const { stage } = this;
    const [x, y] = this.pointOf(event);
    const unit = event.deltaMode === 1 ? LINE : 1;
    const dx = event.deltaX * unit;
    const dy = event.deltaY * unit;
    const isPinch = event.ctrlKey || event.metaKey;
    if (isPinch) stage.look((viewport) => viewport.zoomBy(Math.exp(-dy * PER_PINCH), x, y));
    else if (event.altKey) stage.look((viewport) => viewport.pan(0, -(dy || dx)));
    else if (event.shiftKey || Math.abs(dx) > Math.abs(dy)) stage.look((viewport) => viewport.pan(-(dx || dy), 0));
    else stage.look((viewport) => viewport.zoomBy(Math.exp(-dy * PER_NOTCH), x, y));
  }

  press(event) {
    if (event.pointerType !== "touch" || !this.stage.view.contains(event.target)) return;
    if (!this.fingers.size) this.wasDrawing = this.stage.drawing.isBusy;
    this.fingers.set(event.pointerId, this.pointOf(event));
    if (this.fingers.size < 2) return;
    if (!this.isPinching) this.takeOver();
    event.stopPropagation();
    event.preventDefault();
  }

  /** What the first finger began was not meant. */
  takeOver() {
    const { desk, stage } = this;
    this.isPinching = true;
    stage.pointer.cancel();
    if (!this.wasDrawing) stage.drawing.cancel();
    const isStroke = desk.mode === "evidence" && desk.marks.start;
    desk.marks.abandon();
    if (isStroke) desk.marks.brush.undo();
    desk.render();
  }

  travel(event) {
    if (!this.fingers.has(event.pointerId)) return;
    const before = spanOf(this.fingers);
    this.fingers.set(event.pointerId, this.pointOf(event));
    if (!this.isPinching) return;
    event.stopPropagation();
    if (this.fingers.size > 1) this.stage.look((viewport) => follow(viewport, before, spanOf(this.fingers)));
  }

  lift(event) {
    if (!this.fingers.delete(event.pointerId)) return;
    if (this.isPinching) event.stopPropagation();
    if (!this.fingers.size) this.isPinching = false;
  }
}

/** The middle of the first two fingers, and how far they are apart. */
function spanOf(fingers) {
  const [[ax, ay], [bx, by] = [ax, ay]] = [...fingers.values()];
  return { x: (ax + bx) / 2, y: (ay + by) / 2, wide: Math.hypot(ax - bx, ay - by) };
}

function follow(viewport, before, now) {
  viewport.pan(now.x - before.x, now.y - before.y);
  if (before.wide > 0 && now.wide > 0) viewport.zoomBy(now.wide / before.wide, now.x, now.y);
}
