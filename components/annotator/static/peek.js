/** The look at the evidence: hidden until asked for, gone on release, and about the shape as it is now. */

import { foremost } from "./edits.js";
import { energyInside } from "./energy.js";
import { clamp } from "./geometry.js";
import { decodeValues, drawMap } from "./saliency.js";

const KEPT = 40; // maps
const STEP = 0.1; // of opacity
const AHEAD = 3; // images whose maps are had before they are asked for, the one on screen among them
const AFTER_EDIT = 150; // milliseconds until the map of an edited shape is asked for

/** @typedef {{label: string, object: object|null}} Target a class, and the object of it where there are objects */

export class Peek {
  constructor(desk) {
    this.desk = desk;
    this.kept = new Map();
    this.coming = new Set();
    this.opacity = 0.75;
    this.isLatched = false;
    this.isUsed = false;
    /** @type {object[]} entries whose maps are to be had next */
    this.ahead = [];
    this.reset();
  }

  /** Another image: nothing is asked for any more. A latched map is asked for again. */
  reset() {
    clearTimeout(this.timer);
    this.isHeld = false;
    this.forget();
  }

  forget() {
    Object.assign(this, { map: null, problem: "", target: null, asked: "", inside: null, isStale: false });
  }

  get isWanted() {
    return this.isHeld || this.isLatched;
  }

  /** Whether a map lies over the photo now. */
  get isShown() {
    return this.isWanted && Boolean(this.map);
  }

  get title() {
    const name = this.map?.method ?? "Saliency map";
    return this.target?.label ? `${name} for ${this.target.label}` : name;
  }

  /** Which map is on screen, for the decision that is made under it. */
  get explanation() {
    const { method, key = null } = this.map;
    return { method, key, label: this.target.label, stale: this.isStale };
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

  /** The selection, else what the eye goes to first. @returns {Target|null} */
  findTarget() {
    const { desk } = this;
    const { selected, lastLabel } = desk;
    if (selected) return { label: selected.label, object: selected };
    return lastLabel && !desk.hasObjects ? { label: lastLabel, object: null } : this.targetOf(desk.entry);
  }

  /** What the eye goes to first on an image. @returns {Target|null} */
  targetOf({ work, item }) {
    const { objects, labels } = work.content;
    const object = foremost(objects ?? []);
    if (object) return { label: object.label, object };
    const label = objects ? undefined : (labels[0] ?? item.predicted[0]?.label);
    return label === undefined ? null : { label, object: null };
  }

  /**
   * Who looked at a map will look at those of the next images: have them computed, one after the other.
   * @param {object[]} entries the one on screen, then those that come
   */
  async prepare(entries) {
    if (!this.isUsed) return;
    const isAtIt = this.ahead.length > 0;
    this.ahead = entries.slice(0, AHEAD);
    if (isAtIt) return;
    while (this.ahead.length) {
      await this.prepareOne(this.ahead[0]);
      this.ahead = this.ahead.slice(1);
    }
  }

  async prepareOne(entry) {
    const target = entry.item.readable && entry.isOpen ? this.targetOf(entry) : null;
    if (!target || this.whyNot(target)) return;
    const name = this.nameOf(entry, target);
    if (!this.kept.has(name) && !this.coming.has(name)) await this.fetch(name, entry.item.image_id, target);
  }

  nameOf(entry, target) {
    return JSON.stringify([this.desk.data.model_id ?? "", entry?.item.image_id, target]);
  }

  /** Selection or content changed: a map that was looked at follows its shape, any other is forgotten unless latched. */
  follow() {
    const target = this.desk.entry && this.findTarget();
    if (isSame(target, this.target)) return;
    clearTimeout(this.timer);
    if (this.map && isEdited(this.target, target)) this.outdate(target);
    else if (!this.isLatched) return this.forget();
    this.timer = setTimeout(() => this.target && this.look(), AFTER_EDIT);
  }

  /** The map is one of the shape before the edit; what it has inside the new shape is known at once. */
  outdate(target) {
    const { map } = this;
    Object.assign(this, { target, isStale: true, inside: energyInside(map.raw, map.grid, map.region, target.object) });
  }

  /** Show the map of the target, asking for it where it is not known. One that is shown stays until the new one has come. */
  async look() {
    const { desk } = this;
    const { entry } = desk;
    const target = entry?.item.readable ? this.findTarget() : null;
    const isFollowing = this.isStale && isSame(target, this.target);
    if (!isFollowing) this.forget();
    this.target = target ?? { label: "", object: null };
    this.problem = this.whyNot(target);
    const name = this.nameOf(entry, target);
    if (!this.problem && this.asked !== name) {
      this.asked = name;
      if (this.kept.has(name)) this.take(this.kept.get(name));
      else if (!this.coming.has(name)) this.fetch(name, entry.item.image_id, target);
    }
    this.show();
    desk.render();
  }

  take(map) {
    Object.assign(this, { map, inside: map.inside, isStale: false, isUsed: true });
  }

  whyNot(target) {
    if (!this.desk.data.has_model) return "No model is loaded, so there is no map. Load one in Workspace.";
    return target ? "" : "Nothing to explain yet: choose a class or draw an object.";
  }

  async fetch(name, imageId, { label, object }) {
    this.coming.add(name);
    let isAsked = false;
    try {
      const map = await this.desk.api.post("maps", { image_id: imageId, label, object });
      Object.assign(map, { raw: decodeValues(map.values), picture: drawMap(map) });
      this.kept.set(name, map);
      if (this.kept.size > KEPT) this.kept.delete(this.kept.keys().next().value);
      isAsked = this.asked === name;
      if (isAsked) this.take(map);
    } catch (error) {
      isAsked = this.asked === name;
      if (isAsked) this.fail(error.sentence ?? error.message);
    }
    this.coming.delete(name);
    if (!isAsked) return;
    this.show();
    this.desk.render();
  }

  /** There is no map, and the next look asks again. */
  fail(problem) {
    Object.assign(this, { map: null, inside: null, isStale: false, asked: "", problem });
  }

  /** Put the map on the stage, or take it off. */
  show() {
    const { stage } = this.desk;
    const { map } = this;
    if (!this.isShown) return stage.hideMap();
    stage.showMap(map.picture, map.region, { isRegional: map.regional, opacity: this.opacity });
    this.desk.noteOverlays();
  }
}

function isSame(a, b) {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** Whether two targets are one object that has another shape now. @param {Target|null} before @param {Target|null} after */
function isEdited(before, after) {
  return Boolean(before?.object && after?.object) && before.object.id === after.object.id && before.label === after.label;
}
