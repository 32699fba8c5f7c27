/** What the reviewer must know of and may have to act on: decisions that the server refused. */

import { element, keyChip } from "./dom.js";
import { icon } from "./icons.js";
import { VERDICTS } from "./words.js";

export class Notices {
  constructor(desk) {
    this.desk = desk;
    this.root = element("div", { class: "notices" });
  }

  /** @param {{entry: object, error: string, remedy: string}} refusal */
  refused({ entry, error, remedy }) {
    const { desk } = this;
    const known = desk.queue.find(entry.image_id);
    const name = known?.item.name ?? entry.image_id;
    const words =
      `${name} is not ${entry.undoes ? "undone" : VERDICTS[entry.verdict]}. ${error} ${remedy ?? ""}`.trim();
    const go = () => {
      desk.queue.goTo(known);
      desk.show();
      notice.remove();
    };
    const notice = element(
      "div",
      { class: "notice", role: "alert" },
      icon("warning"),
      element("p", {}, words),
      known ? element("button", { type: "button", class: "button", onclick: go }, "Show the image") : null,
      element(
        "button",
        { type: "button", class: "button plain", "aria-label": "Close", onclick: () => notice.remove() },
        icon("reject"),
      ),
    );
    this.root.append(notice);
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
