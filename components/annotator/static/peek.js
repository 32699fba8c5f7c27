/** The look at the evidence: hidden until asked for, gone on release. */

import { foremost } from "./edits.js";
import { clamp } from "./geometry.js";
import { drawMap } from "./saliency.js";

const KEPT = 40; // maps
const STEP = 0.1; // of opacity
const AFTER_EDIT = 250; // milliseconds until the map of an edited shape is asked for

export class Peek {
  constructor(desk) {
    this.desk = desk;
    this.kept = new Map();
    this.opacity = 0.75;
    this.isLatched = false;
    this.reset();
  }

  /** Another image: nothing is asked for any more. A latched map is asked for again. */
  reset() {
    Object.assign(this, { isHeld: false, map: null, problem: "", target: null, asked: "" });
  }

  get isWanted() {
    return this.isHeld || this.isLatched;
  }

  /** Whether a map lies over the photo now. */
  get isShown() {
    return this.isWanted && Boolean(this.map);
  }

  get title() {
    return `${this.map?.method ?? "Saliency map"} for ${this.target.label}`;
  }

  hold() {
    this.isHeld = true;
    this.look();
  }

  release() {
    if (!this.isHeld) return;
    this.isHeld = false;
    this.desk.render();
    this.show();
  }

  /** Keep the map on screen without holding the key, or stop that. */
  latch() {
    this.isLatched = !this.isLatched;
    this.isHeld = false;
    if (this.isLatched) this.look();
    else this.show();
    this.desk.render();
  }

  changeOpacity(direction) {
    this.opacity = clamp(Math.round((this.opacity + direction * STEP) * 20) / 20, 0.05, 1);
    this.show();
    this.desk.render();
  }

  /** The selection, else what the eye goes to first. @returns {{label: string, object: object|null}|null} */
  findTarget() {
    const { desk } = this;
    const object = desk.selected ?? foremost(desk.objects);
    if (object) return { label: object.label, object };
    const label = desk.hasObjects
      ? undefined
      : (desk.lastLabel ?? desk.work.content.labels[0] ?? desk.work.item.predicted[0]?.label);
    return label === undefined ? null : { label, object: null };
  }

  /** Selection or content changed while a map is latched. */
  follow() {
    if (!this.isLatched) return this.forgetStale();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.isLatched && this.look(), AFTER_EDIT);
  }

  /** A map of another target says nothing about this one. */
  forgetStale() {
    const target = this.desk.entry && this.findTarget();
    if (this.map && JSON.stringify(target) !== JSON.stringify(this.target))
      Object.assign(this, { map: null, problem: "", asked: "" });
  }

  async look() {
    const { desk } = this;
    const { entry } = desk;
    const target = entry?.item.readable ? this.findTarget() : null;
    Object.assign(this, { target: target ?? { label: "", object: null }, problem: this.whyNot(target), map: null });
    const name = JSON.stringify([entry?.item.image_id, target]);
    this.asked = name;
    if (!this.problem) {
      this.map = this.kept.get(name) ?? null;
      if (!this.map) this.fetch(name, entry.item.image_id, target);
    }
    this.show();
    desk.render();
  }

  whyNot(target) {
    if (!this.desk.data.has_model) return "No model is loaded, so there is no map. Load one in Workspace.";
    return target ? "" : "Nothing to explain yet: choose a class or draw an object.";
  }

  async fetch(name, imageId, { label, object }) {
    try {
      const map = await this.desk.api.post("maps", { image_id: imageId, label, object });
      map.picture = drawMap(map);
      this.kept.set(name, map);
      if (this.kept.size > KEPT) this.kept.delete(this.kept.keys().next().value);
      if (this.asked === name) this.map = map;
    } catch (error) {
      if (this.asked === name) this.problem = error.sentence ?? error.message;
    }
    this.show();
    this.desk.render();
  }

  /** Put the map on the stage, or take it off. */
  show() {
    const { stage } = this.desk;
    const { map } = this;
    if (!this.isShown) return stage.hideMap();
    stage.showMap(map.picture, map.region, { isRegional: map.regional, opacity: this.opacity });
    this.desk.work.overlays.add("saliency");
  }
}
