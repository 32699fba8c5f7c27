/** What the reviewer must know of and may have to act on: above all decisions that the server refused. */

import { element, keyChip } from "./dom.js";
import { icon } from "./icons.js";
import { plural, VERDICTS } from "./words.js";

export class Notices {
  constructor(desk) {
    this.desk = desk;
    this.root = element("div", { class: "notices" });
  }

  nameOf(imageId) {
    return this.desk.queue.find(imageId)?.item.name ?? imageId;
  }

  /**
   * Decisions that were not taken: one notice for all of them. Closing it settles nothing.
   * @param {import("./refused.js").Refusal|null} newest @param {number} count
   */
  refused(newest, count) {
    this.refusal?.remove();
    this.refusal = null;
    if (!newest) return;
    const { entry, error, remedy } = newest;
    const { image_id: imageId, verdict } = entry;
    const name = this.nameOf(imageId);
    const many = count > 1 ? `${plural(count, "decision")} were refused, the last one: ` : "";
    const words = `${many}${name} is not ${VERDICTS[verdict]}. ${error} ${remedy}`.trim();
    const show = { type: "button", class: "button", onclick: () => this.desk.goToImage(imageId) };
    const drop = { type: "button", class: "button", "aria-label": `Drop the decision on ${name}` };
    drop.onclick = () => this.desk.refused.drop(imageId);
    const close = { type: "button", class: "button plain", "aria-label": "Close", onclick: () => this.refusal?.remove() };
    this.refusal = element(
      "div",
      { class: "notice", role: "alert" },
      icon("warning"),
      element("p", {}, words),
      element("button", show, "Show the image"),
      element("button", drop, "Drop"),
      element("button", close, icon("reject")),
    );
    this.root.append(this.refusal);
  }

  /** An undo, or a redo, that was not taken. @param {import("./refused.js").Refusal} refusal */
  notUndone({ entry, error, remedy }) {
    this.tell(`${this.nameOf(entry.image_id)} is not undone. ${error} ${remedy}`.trim());
  }

  /** Something to be read once, that needs no act. */
  tell(words) {
    const close = { type: "button", class: "button plain", "aria-label": "Close", onclick: () => notice.remove() };
    const notice = element(
      "div",
      { class: "notice", role: "alert" },
      icon("warning"),
      element("p", {}, words),
      element("button", close, icon("reject")),
    );
    this.root.append(notice);
  }

  /** Two people changed an image; one notice for all of them. */
  conflict(words) {
    this.settled();
    const choose = element(
      "button",
      { type: "button", class: "button", onclick: () => this.desk.run("resolve-conflict") },
      "Choose",
      keyChip("Y"),
    );
    this.meeting = element("div", { class: "notice", role: "alert" }, icon("warning"), element("p", {}, words), choose);
    this.root.append(this.meeting);
  }

  /** Remove the notice of two changes. */
  settled() {
    this.meeting?.remove();
    this.meeting = null;
  }
}
