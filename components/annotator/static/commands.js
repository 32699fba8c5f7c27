/** What each command does. The keyboard, the buttons and the tools all come through here. */

import { differenceWords, labelDifferenceWords } from "./difference.js";
import { predictedContent, withLabel, withLabelToggled } from "./edits.js";
import { ACTING_SHAPES, relabel, SHAPE_COMMANDS } from "./shaping.js";
import { ACTING_VERDICTS, VERDICT_COMMANDS } from "./verdicts.js";
import { VIEW_COMMANDS } from "./view_commands.js";

const DIGITS = "1234567890";

/** Commands that decide or change: they need an image that was painted. */
const ACTS = new Set([
  ...ACTING_SHAPES,
  ...ACTING_VERDICTS,
  "accept",
  "undo",
  "redo",
  "class",
  "set-class",
  "take-over",
  "peek",
  "latch",
  "compare",
]);

/** Those that change nothing, so that everybody may do them. */
const LOOKS = new Set(["peek", "latch", "compare", "cycle", "cycle-back", "undo", "redo"]);

export function needsPaint(command) {
  return ACTS.has(command);
}

export function isChange(command) {
  return ACTS.has(command) && !LOOKS.has(command);
}

/**
 * @type {Object<string, (desk: import("./desk.js").Desk, argument?: string) => unknown>}
 * A command that returns false leaves the key to the browser.
 */
export const COMMANDS = {
  accept: (desk) => accept(desk),
  ...VERDICT_COMMANDS,
  undo: (desk) => undo(desk),
  redo: (desk) => redo(desk),

  class: (desk, digit) => (desk.mode === "reject" ? desk.run("reason", digit) : chooseDigit(desk, digit)),
  "set-class": (desk, label) => setClass(desk, label),
  search: (desk) => desk.side.classes.search(),
  "take-over": (desk) => takeOver(desk),

  previous: (desk) => go(desk, -1),
  next: (desk) => go(desk, 1),
  "arrow-left": (desk) => (desk.selection ? desk.run("nudge", "Left") : go(desk, -1)),
  "arrow-right": (desk) => (desk.selection ? desk.run("nudge", "Right") : go(desk, 1)),

  peek: (desk) => desk.peek.hold(),
  latch: (desk) => desk.peek.latch(),
  fainter: (desk) => desk.peek.changeOpacity(-1),
  stronger: (desk) => desk.peek.changeOpacity(1),
  hide: (desk) => desk.hideOverlays(true),
  compare: (desk) => compare(desk),
  ...VIEW_COMMANDS,

  ...SHAPE_COMMANDS,

  escape: (desk) => desk.escape(),
  help: (desk) => desk.help.toggle(),
  jump: (desk) => desk.files.toggle(),
  "copy-link": (desk) => (desk.entry ? desk.address.copy() : desk.hint("There is no image here.")),
  "reload-image": (desk) => desk.reloadImage(),
  "reload-queue": (desk) => desk.reopen(),
  "whole-project": (desk) => desk.changeOrder(desk.wholeOrder),
  "go-export": (desk) => desk.leaveFor("export"),
  "go-workspace": (desk) => desk.leaveFor("workspace"),
};

function accept(desk) {
  const { drawing } = desk.stage;
  if (desk.mode === "reject") return desk.hint("Choose a reason, 1 to 5, or cancel with Esc.");
  if ((desk.tool === "polygon" || desk.tool === "segment") && drawing.isBusy) return drawing.close();
  if (desk.tool === "section") return desk.hint("Click a vertex to end the section, or cancel with Esc.");
  if (desk.tool === "box")
    return drawing.isBusy ? desk.hint("Click the other corner, or cancel with Esc.") : drawing.boxInTheMiddle();
  if (!desk.canEdit()) return desk.hint("An image that cannot be seen cannot be accepted. Reject, skip or flag it.");
  if (desk.data.task === "image_classification" && !desk.work.content.labels.length)
    return desk.hint("Choose a class first: 1 to 9, or / to search.");
  return desk.decisions.make(desk.work.isChanged ? "correct" : "accept");
}

function undo(desk) {
  if (desk.stage.drawing.isBusy) return desk.stage.drawing.removeLastPoint();
  const says = desk.decisions.isNewestHere() ? null : desk.work?.undo();
  return says ? desk.stepped(`Undone: ${says}.`) : desk.decisions.undo();
}

function redo(desk) {
  const says = desk.work?.redo();
  return says ? desk.stepped(`Redone: ${says}.`) : desk.decisions.redo();
}

function chooseDigit(desk, digit) {
  const chosen = desk.data.classes[DIGITS.indexOf(digit)];
  return chosen ? setClass(desk, chosen.name) : desk.hint(`There is no class ${digit}. / searches all classes.`);
}

function setClass(desk, label) {
  if (!desk.canEdit()) return desk.hint("An image that cannot be seen cannot be labelled. Reject, skip or flag it.");
  desk.lastLabel = label;
  const { content } = desk.work;
  if (!desk.hasObjects) {
    const next = desk.isMultiLabel ? withLabelToggled(content, label) : withLabel(label);
    const isThere = next.labels.includes(label);
    return desk.edit(next, desk.isMultiLabel ? `${label} ${isThere ? "added" : "removed"}` : `class ${label}`);
  }
  if (desk.selected) return relabel(desk, label);
  desk.nextLabel = label;
  desk.say(`The next object is ${label}.`);
  return desk.render();
}

function takeOver(desk) {
  const content = desk.entry && predictedContent(desk.work.item, desk.data.task, desk.data.threshold);
  if (!content) return desk.hint("There is no prediction for this image.");
  return desk.edit(content, "prediction taken over");
}

function go(desk, by) {
  if (!desk.queue.step(by)) return desk.hint(by < 0 ? firstWords(desk) : "This is the last image that is loaded.");
  desk.show();
  return desk.say(`${desk.entry.item.name}.`);
}

function firstWords({ queue }) {
  return queue.hasLetGo ? "Earlier images are found by their names, or in Browse." : "This is the first image.";
}

function compare(desk) {
  const { item } = desk.work;
  if (!item.predictions.length && !item.predicted.length) return desk.hint("There is no prediction for this image.");
  if (item.source === "prediction" && !desk.work.isChanged)
    return desk.hint("The prediction is what is shown: this image has no label.");
  desk.isComparing = !desk.isComparing;
  desk.say(desk.isComparing ? comparison(desk) : "Prediction hidden.");
  return desk.render();
}

/** How label and prediction differ, in a sentence. */
function comparison({ difference, work, predictedLabels }) {
  if (difference) return differenceWords(difference);
  const predicted = predictedLabels.map(({ label }) => label);
  return labelDifferenceWords(work.content.labels, predicted);
}
