/** What stands in the action bar instead of the decisions, and what keys mean meanwhile. */

import { shownKey } from "./keymap.js";

/** Commands that would leave what is being written or brushed. */
const LEAVES = [
  ...["accept", "reject", "skip", "flag", "send-back", "answer", "wrong-evidence", "resolve-conflict"],
  ...["previous", "next", "arrow-left", "arrow-right", "undo", "redo", "history", "jump"],
];

const insist = (desk) => desk.actions.insist();

/** The text field of a comment, with the verdict that it makes. */
function comment(verdict, words) {
  return {
    verdict,
    ...words,
    isTyping: true,
    commands: Object.fromEntries(LEAVES.map((command) => [command, insist])),
  };
}

const KEPT = {
  flag: ["An unfinished flag is kept.", "F"],
  answer: ["An unfinished answer is kept.", "N"],
  "send-back": ["An unfinished note is kept.", "K"],
  evidence: ["A mask that was not saved is kept.", "W"],
};

/** @type {Object<string, {isTyping?: boolean, commands: Object<string, (desk: import("./desk.js").Desk) => unknown>}>} */
export const MODES = {
  reject: { commands: {} },
  flag: comment("flag", {
    title: "Flag with a comment",
    field: "Comment on the flag",
    placeholder: "What should be looked at?",
    empty: "Write what should be looked at.",
    button: "Flag",
    sign: "flag",
  }),
  answer: comment("resolve", {
    title: "Answer the flag",
    field: "Answer to the flag",
    placeholder: "What is the answer?",
    empty: "Write the answer.",
    button: "Answer",
    sign: "accept",
  }),
  "send-back": comment("send_back", {
    title: "Send the image back",
    field: "Note for the reviewer",
    placeholder: "What should be done again?",
    empty: "Write what should be done again.",
    button: "Send back",
    sign: "send_back",
  }),
  evidence: {
    commands: {
      ...Object.fromEntries(LEAVES.map((command) => [command, insist])),
      ...Object.fromEntries(["class", "set-class", "take-over", "repeat", "delete"].map((name) => [name, insist])),
      ...Object.fromEntries(["paste", "take-missing", "segment", "delete-segment", "add-point"].map((name) => [name, insist])),
      accept: (desk) => desk.run("save-evidence"),
      undo: (desk) => desk.marks.brush.undo(),
      redo: (desk) => desk.marks.brush.redo(),
      box: (desk) => desk.marks.brush.use(false),
      edit: (desk) => desk.marks.brush.use(true),
      polygon: insist,
    },
  },
};

/** What is said of an image for which something half-done was kept. */
export function keptWords(mode) {
  const [what, key] = KEPT[mode] ?? ["Something half-done is kept.", "?"];
  return `${what} ${shownKey(key)} goes on with it.`;
}

/** What a command means in a mode, where that is not the usual. */
export function meaningIn(mode, command) {
  return MODES[mode]?.commands[command];
}

/** Whether a text field has the focus in a mode. */
export function isTyping(mode) {
  return Boolean(MODES[mode]?.isTyping);
}
