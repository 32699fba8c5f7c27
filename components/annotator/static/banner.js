/** A row above the photo for what others said of this image: a lead's note, a flag with its answer, wrong evidence. */

import { element, keyChip } from "./dom.js";
import { icon } from "./icons.js";
import { clockTime } from "./words.js";

/** What is said, by status. @type {Object<string, {title: string, isAsking?: boolean}>} */
const SAID = {
  send_back: { title: "Sent back" },
  flag: { title: "Flagged", isAsking: true },
  resolve: { title: "Flag answered" },
  wrong_evidence: { title: "Right label, wrong evidence: marked" },
};

export class Banner {
  constructor(desk) {
    this.desk = desk;
    this.root = element("div", { class: "banner", role: "note", hidden: true });
  }

  render() {
    const { entry, mode } = this.desk;
    const said = SAID[entry?.standing.status];
    this.root.hidden = !said;
    const shown = said ? JSON.stringify([entry.standing, mode]) : "";
    if (this.shown === shown) return;
    this.shown = shown;
    if (said) this.draw(entry.standing, said, mode);
  }

  draw({ status, by, note, at }, { title, isAsking }, mode) {
    this.root.dataset.status = status;
    const who = [by && `by ${by}`, at && `at ${clockTime(at)}`].filter(Boolean).join(" ");
    const answer = element(
      "button",
      { type: "button", class: "button", "aria-label": "Answer the flag", onclick: () => this.desk.run("answer") },
      "Answer",
      keyChip("N"),
    );
    this.root.replaceChildren(
      icon(status),
      element("p", {}, element("strong", {}, `${title} ${who}`.trim()), note ? `: ${note}` : ""),
      ...(isAsking && mode !== "answer" ? [answer] : []),
    );
  }
}
