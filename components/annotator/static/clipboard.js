/** Copied objects, kept over images, page switches and reloads, per project. Nothing is pasted but by asking for it. */

import { clipped } from "./clipping.js";
import { corrected, withNewObjects } from "./edits.js";
import { randomId } from "./identity.js";
import { forget, keep, recall } from "./storage.js";
import { plural } from "./words.js";

export class Clipboard {
  constructor(desk) {
    this.desk = desk;
    this.name = `relook:copied:${desk.data.project}`;
    this.last = null;
    this.count = this.copied?.objects.length ?? 0;
  }

  /** What was copied last, in this tab or another one. @returns {{objects: object[], width: number, height: number}|null} */
  get copied() {
    return recall(this.name) ?? this.last;
  }

  copy() {
    const { desk } = this;
    if (!desk.hasObjects || getSelection()?.toString()) return false; // the text that is marked somewhere
    const objects = desk.selectedObjects;
    if (!objects.length) return desk.hint("Select what to copy first: Tab, click, or all objects at once.");
    const { width, height } = desk.entry.item;
    this.last = { objects, width, height };
    this.count = objects.length;
    if (!keep(this.name, this.last)) forget(this.name);
    return desk.hint(`${plural(objects.length, "object")} copied.`);
  }

  /** At the same pixels of this photo, as the reviewer's own objects; what lies outside of the photo is cut off. */
  paste() {
    const { desk } = this;
    const { copied } = this;
    if (!desk.hasObjects) return false;
    if (!copied) return desk.hint("Nothing was copied yet.");
    if (!desk.canEdit()) return desk.hint("An image that cannot be seen cannot be labelled. Reject, skip or flag it.");
    const { item } = desk.entry;
    const placed = copied.objects.map((object) => pasted(object, [copied.width / item.width, copied.height / item.height]));
    const inside = placed.filter(Boolean);
    const outside = placed.length - inside.length;
    if (!inside.length) return desk.hint("Nothing is pasted: what was copied lies outside of this photo.");
    const ids = inside.map(({ id }) => id);
    desk.edit(withNewObjects(desk.work.content, inside), `${plural(inside.length, "object")} pasted`, ids);
    return outside ? desk.hint(`${plural(outside, "object")} left out, outside of this photo.`) : null;
  }
}

/** @param {[number, number]} ratio pixels of the photo it comes from by those of this one */
function pasted({ box, polygons, ...object }, ratio) {
  const scaled = (value, index) => (ratio[index % 2] === 1 ? value : value * ratio[index % 2]);
  const placed = clipped({ box: box.map(scaled), polygons: polygons.map((ring) => ring.map(scaled)) });
  return placed && corrected(object, { ...placed, id: randomId() });
}
