/**
 * Half-done edits, kept in this browser per project, reviewer and image until they are decided: changed content with the
 * decision it began from, and beside it a comment or mask that was not saved yet.
 */

import { begunFrom } from "./merge.js";
import { forget, keep, recall } from "./storage.js";

export class Drafts {
  constructor(project, reviewer) {
    const place = `${project}:${encodeURIComponent(reviewer)}:`;
    this.prefix = `relook:draft:${place}`;
    this.asides = `relook:aside:${place}`;
  }

  /** Keep the content of an entry, or drop its draft when nothing is changed. */
  save({ work, parent, settled }) {
    const name = this.prefix + work.item.image_id;
    const { content } = work;
    if (work.isChanged) keep(name, { base: parent, content, ...begunFrom(settled ?? work.start, content) });
    else forget(name);
  }

  /** What was kept of an image, see `begunFrom`. @returns {{base: string, content: import("./work.js").Content}|null} */
  find(imageId) {
    const kept = recall(this.prefix + imageId);
    return kept?.content ? kept : null;
  }

  drop(imageId) {
    forget(this.prefix + imageId);
    this.dropAside(imageId);
  }

  /** Keep a half-written comment or a half-brushed mask. @param {{mode: string, comment: string, region: object|null}} aside */
  keepAside(imageId, aside) {
    if (aside.comment || aside.region) keep(this.asides + imageId, aside);
    else this.dropAside(imageId);
  }

  /** What was kept for a mode, or null. */
  aside(imageId, mode) {
    const kept = recall(this.asides + imageId);
    return kept && (!mode || kept.mode === mode) ? kept : null;
  }

  dropAside(imageId) {
    forget(this.asides + imageId);
  }
}
