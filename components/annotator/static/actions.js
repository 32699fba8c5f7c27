/** The bottom row: decisions under the hand that presses Enter. Reasons and the comment take its place, there is no dialog. */

import { element, keyChip, setAttribute } from "./dom.js";
import { icon } from "./icons.js";
import { REASONS } from "./words.js";

export class Actions {
  constructor(desk) {
    this.desk = desk;
    const { button } = this;
    const line = () => element("i", { class: "rule" });
    this.repeat = button.call(this, "Repeat boxes", "repeat", { key: "R", sign: "repeat", kind: "plain rare" });
    this.repeatLine = line();
    this.usual = element(
      "div",
      { class: "set" },
      button.call(this, "Accept", "accept", { key: "Enter", kind: "primary" }),
      button.call(this, "Reject", "reject", { key: "X" }),
      button.call(this, "Skip", "skip", { key: "S" }),
      button.call(this, "Flag", "flag", { key: "F" }),
      this.repeatLine,
      this.repeat,
    );
    this.far = element(
      "div",
      { class: "set" },
      button.call(this, "Undo", "undo", { key: "Ctrl Z", kind: "plain spare" }),
      button.call(this, "Redo", "redo", { key: "Ctrl Y", kind: "plain spare" }),
      line(),
      button.call(this, "Previous", "previous", { key: "A", kind: "plain spare" }),
      button.call(this, "Next", "next", { key: "D", kind: "plain spare" }),
      line(),
      button.call(this, "All keys", "help", { key: "?", sign: "", kind: "plain" }),
    );
    this.reasons = this.reasonSet();
    this.comment = this.commentSet();
    this.root = element(
      "footer",
      { class: "actions" },
      this.usual,
      this.reasons,
      this.comment,
      element("span", { class: "grow" }),
      this.far,
    );
  }

  button(words, command, { key, sign = command, kind = "", argument } = {}) {
    const run = () => this.desk.run(command, argument);
    return element(
      "button",
      { type: "button", class: `button ${kind}`, "data-command": command, "aria-label": words, onclick: run },
      sign ? icon(sign) : null,
      element("span", { class: "words" }, words),
      keyChip(key),
    );
  }

  reasonSet() {
    const reasons = REASONS.map((reason, index) =>
      this.button(reason, "reason", { key: String(index + 1), sign: "", argument: String(index + 1) }),
    );
    return element(
      "div",
      { class: "set", role: "group", "aria-label": "Reason for the rejection", hidden: true },
      element("strong", {}, "Reject because"),
      ...reasons,
      this.button("Cancel", "escape", { key: "Esc", sign: "", kind: "plain" }),
    );
  }

  commentSet() {
    this.field = element("input", {
      type: "text",
      class: "field",
      "aria-label": "Comment on the flag",
      placeholder: "What should be looked at?",
      maxlength: "2000",
      onkeydown: (event) => this.key(event),
    });
    const save = () => this.desk.run("save-flag", this.field.value);
    const button = element(
      "button",
      { type: "button", class: "button primary", onclick: save },
      icon("flag"),
      element("span", { class: "words" }, "Flag"),
      keyChip("Enter"),
    );
    return element(
      "div",
      { class: "set wide", role: "group", "aria-label": "Flag with a comment", hidden: true },
      this.field,
      button,
      this.button("Cancel", "escape", { key: "Esc", sign: "", kind: "plain" }),
    );
  }

  key(event) {
    if (event.key === "Enter") this.desk.run("save-flag", this.field.value);
    else if (event.key === "Escape") this.desk.run("escape");
    else return;
    event.preventDefault();
  }

  render() {
    const { mode, hasObjects, entry } = this.desk;
    this.usual.hidden = mode !== "";
    this.far.hidden = mode !== "";
    this.reasons.hidden = mode !== "reject";
    this.comment.hidden = mode !== "flag";
    this.repeat.hidden = this.repeatLine.hidden = !hasObjects;
    const unseen = entry && !this.desk.canEdit();
    const accept = this.usual.firstChild;
    accept.disabled = !entry || unseen;
    setAttribute(accept, "title", unseen ? "An image that cannot be seen cannot be accepted." : null);
    for (const button of [...this.usual.querySelectorAll("button")].slice(1)) button.disabled = !entry;
    if (this.shown !== mode) this.enter(mode);
  }

  /** A key that would decide while a comment is being written. */
  insistOnComment() {
    this.field.focus();
    return this.desk.hint("Enter saves the comment, Esc drops it.");
  }

  /** The reasons or the comment have just come. */
  enter(mode) {
    this.shown = mode;
    this.field.value = "";
    if (mode === "flag") this.field.focus();
  }
}
