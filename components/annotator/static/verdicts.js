/** Commands that end in a verdict other than accepting, or prepare one. */

import { isTyping, MODES } from "./modes.js";
import { REASONS } from "./words.js";

const UNSEEN = "An image that cannot be seen has no evidence to mark. Reject, skip or flag it.";
const CHANGED = "The label was changed, so it is not “right label, wrong evidence”. Accept the image, or undo.";

export const VERDICT_COMMANDS = {
  skip: (desk) => desk.decisions.make("skip"),
  reject: (desk) => desk.setMode(desk.mode === "reject" ? "" : "reject"),
  reason: (desk, digit) => saveReason(desk, REASONS[digit - 1]),
  flag: (desk) => desk.setMode("flag"),
  answer: (desk) =>
    desk.entry.standing.status === "flag" ? desk.setMode("answer") : desk.hint("This image has no flag to answer."),
  "send-back": (desk) =>
    desk.data.role === "lead" ? desk.setMode("send-back") : desk.hint("A lead sends images back. F flags an image."),
  "save-comment": (desk, text) => saveComment(desk, text.trim()),
  "wrong-evidence": (desk) => beginEvidence(desk),
  "save-evidence": (desk) => saveEvidence(desk),
  "take-object": (desk) =>
    desk.mode === "evidence"
      ? desk.marks.brush.takeObject()
      : desk.hint("An object is taken while wrong evidence is brushed."),
  history: (desk) => desk.history.toggle(),
  "resolve-conflict": (desk) => (desk.refused.count && !desk.conflicts.count ? desk.refused.show() : desk.choice.toggle()),
  "brush-smaller": (desk) => resize(desk, -1),
  "brush-larger": (desk) => resize(desk, 1),
};

const PANELS = new Set(["history", "resolve-conflict"]);

/** Those that are about an image that was painted. */
export const ACTING_VERDICTS = Object.keys(VERDICT_COMMANDS).filter((command) => !PANELS.has(command));

function saveReason(desk, note) {
  if (desk.mode !== "reject") return undefined; // the second of two clicks
  return note ? desk.decisions.make("reject", { note }) : desk.hint("Choose a reason, 1 to 5.");
}

function saveComment(desk, note) {
  if (!isTyping(desk.mode)) return undefined; // the second of two clicks
  const { verdict, empty } = MODES[desk.mode];
  if (!note) return desk.hint(empty);
  const region = verdict === "flag" && desk.marks.box ? { box: desk.marks.box } : null;
  return desk.decisions.make(verdict, { note, region, stays: verdict === "resolve" });
}

function beginEvidence(desk) {
  if (!desk.canEdit()) return desk.hint(UNSEEN);
  if (desk.work.isChanged) return desk.hint(CHANGED);
  return desk.setMode("evidence");
}

function saveEvidence(desk) {
  if (desk.mode !== "evidence") return undefined; // the second of two clicks
  const { mask } = desk.marks.brush;
  if (mask.isEmpty) return desk.hint("Brush over the evidence that should not count, or cancel with Esc.");
  return desk.decisions.make("wrong_evidence", { region: mask.region });
}

function resize(desk, by) {
  return desk.mode === "evidence" ? desk.marks.brush.resize(by) : false;
}
