/** The bottom row: decisions under the hand that presses Enter. Reasons, comments and the brush take its place, there is no dialog. */

import { brushSet, commentSet, reasonSet } from "./action_sets.js";
import { element, keyChip, setAttribute } from "./dom.js";
import { icon } from "./icons.js";
import { isTyping, MODES } from "./modes.js";

export class Actions {
  constructor(desk) {
    this.desk = desk;
    const { button } = this;
    const line = (kind = "") => element("i", { class: `rule ${kind}` });
    this.repeat = button.call(this, "Repeat boxes", "repeat", { key: "R", sign: "repeat", kind: "plain rare" });
    this.repeatLine = line();
    this.evidence = button.call(this, "Wrong evidence", "wrong-evidence", {
      key: "W",
      sign: "wrong_evidence",
      kind: "plain rare",
    });
    this.usual = element(
      "div",
      { class: "set" },
      button.call(this, "Accept", "accept", { key: "Enter", kind: "primary" }),
      button.call(this, "Reject", "reject", { key: "X" }),
      button.call(this, "Skip", "skip", { key: "S" }),
      button.call(this, "Flag", "flag", { key: "F" }),
      this.evidence,
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
    this.reasons = reasonSet(this);
    this.comment = commentSet(this);
    this.comment.name(MODES.flag);
    this.brush = brushSet(this);
    this.sets = [this.usual, this.reasons, this.comment.root, this.brush.root];
    this.root = element("footer", { class: "actions" }, ...this.sets, element("span", { class: "grow" }), this.far);
  }

  /** The text field of flags, answers and notes. */
  get field() {
    return this.comment.field;
  }

  button(words, command, { key, sign = command, kind = "", argument } = {}) {
    const run = () => this.desk.run(command, argument);
    return element(
      "button",
      {
        type: "button",
        class: `button ${kind}`,
        "data-command": command,
        "aria-label": words,
        title: /rare|spare/.test(kind) ? words : null,
        onclick: run,
      },
      sign ? icon(sign) : null,
      element("span", { class: "words" }, words),
      keyChip(key),
    );
  }

  render() {
    const { mode, hasObjects, entry } = this.desk;
    const shown = isTyping(mode) ? this.comment.root : { reject: this.reasons, evidence: this.brush.root }[mode];
    for (const set of this.sets) set.hidden = set !== (shown ?? this.usual);
    this.far.hidden = mode !== "";
    this.repeat.hidden = this.repeatLine.hidden = !hasObjects;
    const unseen = entry && !this.desk.canSee();
    for (const button of this.usual.querySelectorAll("button")) button.disabled = !entry || Boolean(this.desk.readOnly);
    for (const button of [this.usual.firstChild, this.evidence]) this.block(button, unseen);
    if (isTyping(mode)) this.comment.render(this.desk);
    if (mode === "evidence") this.brush.render(this.desk);
  }

  /** What needs a photo says why it does nothing without one. */
  block(button, unseen) {
    button.disabled ||= unseen;
    const words = button === this.evidence ? "Wrong evidence" : null;
    setAttribute(button, "title", unseen ? "An image that cannot be seen cannot be accepted." : words);
  }

  /** A key that would leave what is being written or brushed. */
  insist() {
    const { mode, hint } = this.desk;
    if (isTyping(mode)) this.field.focus();
    return hint.call(
      this.desk,
      isTyping(mode) ? "Enter saves the comment, Esc drops it." : "Enter saves the mask, Esc drops it.",
    );
  }

  /** Something else stands in the bar now. */
  enter(mode) {
    this.field.value = "";
    if (!isTyping(mode)) return;
    this.comment.name(MODES[mode]);
    this.comment.root.hidden = false;
    this.field.focus();
  }
}
