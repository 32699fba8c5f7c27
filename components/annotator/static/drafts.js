/**
 * Half-done edits, kept in this browser per project, reviewer and image until they are decided: changed content with the
 * decision it began from, and beside it a comment or mask that was not saved yet.
 */

import { begunFrom } from "./merge.js";
import { forget, keep, recall } from "./storage.js";

export class Drafts {
  /** @param {string} place see `placeOf` @param {() => void} onFull called when the browser begins to keep nothing more */
  constructor(place, onFull = () => {}) {
    this.onFull = onFull;
    this.prefix = `relook:draft:${place}:`;
    this.asides = `relook:aside:${place}:`;
    this.unkept = new Set();
  }

  /** Whether closing the page loses none of them. */
  get isKept() {
    return this.unkept.size === 0;
  }

  /** Store one. An older one must not come back as if it were the newest, so that it goes when this one finds no room. */
  store(name, value) {
    if (keep(name, value)) return this.unkept.delete(name);
    const isFirst = this.isKept;
    this.forget(name);
    this.unkept.add(name);
    return isFirst && this.onFull();
  }

  forget(name) {
    forget(name);
    this.unkept.delete(name);
  }

  /** Keep the content of an entry, or drop its draft when nothing is changed. */
  save({ work, parent, settled }) {
    const name = this.prefix + work.item.image_id;
    const { content } = work;
    if (work.isChanged) this.store(name, { base: parent, content, ...begunFrom(settled ?? work.start, content) });
    else this.forget(name);
  }

  /** What was kept of an image, see `begunFrom`. @returns {{base: string, content: import("./work.js").Content}|null} */
  find(imageId) {
    const kept = recall(this.prefix + imageId);
    return kept?.content ? kept : null;
  }

  /** Keep what a decision said that was not taken. @param {{base: string, content: import("./work.js").Content}} draft with what it began from */
  put(imageId, draft) {
    this.store(this.prefix + imageId, draft);
  }

  drop(imageId) {
    this.forget(this.prefix + imageId);
    this.dropAside(imageId);
  }

  /** Keep a half-written comment or a half-brushed mask. @param {{mode: string, comment: string, region: object|null}} aside */
  keepAside(imageId, aside) {
    if (aside.comment || aside.region) this.store(this.asides + imageId, aside);
    else this.dropAside(imageId);
  }

  /** What was kept for a mode, or null. */
  aside(imageId, mode) {
    const kept = recall(this.asides + imageId);
    return kept && (!mode || kept.mode === mode) ? kept : null;
  }

  dropAside(imageId) {
    this.forget(this.asides + imageId);
  }
}
