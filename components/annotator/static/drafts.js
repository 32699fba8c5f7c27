/** Half-done edits, kept in this browser per project, reviewer and image until they are decided. */

import { forget, keep, recall } from "./storage.js";

export class Drafts {
  constructor(project, reviewer) {
    this.prefix = `relook:draft:${project}:${reviewer}:`;
  }

  /** Keep the content of an image, or drop its draft when nothing is changed. */
  save(work) {
    const name = this.prefix + work.item.image_id;
    if (work.isChanged) keep(name, work.content);
    else forget(name);
  }

  /** The kept content of an image, or null. */
  find(imageId) {
    return recall(this.prefix + imageId);
  }

  drop(imageId) {
    forget(this.prefix + imageId);
  }
}
