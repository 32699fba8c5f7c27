/** Two versions of one shape side by side: arrow keys go from one to the other, Enter takes it. */

import { objectChange, verdictWords } from "./changes.js";
import { contentOf, meetingOf } from "./conflicts.js";
import { element, fixedChip, svg } from "./dom.js";
import { pathOf } from "./shapes.js";
import { clockTime } from "./words.js";

const MARGIN = 0.5; // of the shapes' size, around them

export class Choice {
  constructor(desk) {
    this.desk = desk;
    this.title = element("h2", { id: "choice-title" });
    this.count = element("span", { class: "grey" });
    this.cards = element("div", { class: "cards", role: "group", "aria-labelledby": "choice-title" });
    const keys = element("p", { class: "grey row" }, "Choose", fixedChip("←"), fixedChip("→"), "take", fixedChip("Enter"));
    const later = element("button", { type: "button", class: "button", onclick: () => this.toggle() }, "Later", fixedChip("Esc"));
    const head = element("div", { class: "head" }, this.title, this.count, element("span", { class: "grow" }), keys, later);
    this.root = element(
      "div",
      { class: "panel choice", role: "dialog", "aria-labelledby": "choice-title", hidden: true },
      head,
      this.cards,
    );
    this.root.onkeydown = (event) => this.key(event);
  }

  get isOpen() {
    return !this.root.hidden;
  }

  allows(command) {
    return command === "escape" || command === "resolve-conflict";
  }

  /** Close, or open for the first image that waits. */
  toggle() {
    if (this.isOpen) return this.close();
    const [imageId] = this.desk.conflicts.open.keys();
    if (!imageId) return this.desk.hint("No image was changed by two people.");
    return this.show(imageId);
  }

  close() {
    this.root.hidden = true;
    this.desk.stage.focus();
  }

  async show(imageId) {
    this.imageId = imageId;
    this.meeting = this.desk.conflicts.open.get(imageId);
    this.questions = questionsOf(this.meeting);
    this.answers = [];
    this.item = this.desk.queue.find(imageId)?.item ?? null;
    this.root.hidden = false;
    this.render();
    this.item ??= await this.desk.api.get("items", { image_id: imageId }).catch(() => null);
    if (this.isOpen && this.imageId === imageId) this.render();
  }

  render() {
    const { reviewer, decided_at: at } = this.meeting.theirs;
    const question = this.questions[this.answers.length];
    const name = this.item?.name ?? this.imageId;
    this.title.replaceChildren(`${reviewer} changed ${name} too${at ? ` at ${clockTime(at)}` : ""}`);
    this.count.replaceChildren(`${this.answers.length + 1} of ${this.questions.length}`);
    const card = (side, title) => this.card(side, title, question);
    this.cards.replaceChildren(card("mine", "Yours"), card("theirs", `${reviewer}'s`));
    this.cards.firstChild.focus();
    this.desk.say(`Yours: ${question.mine.says}. ${reviewer}'s: ${question.theirs.says}.`);
  }

  card(side, title, question) {
    const { says, object } = question[side];
    const others = { mine: question.theirs.object, theirs: question.mine.object }[side];
    return element(
      "button",
      { type: "button", class: "card version", "data-side": side, onclick: () => this.take(side) },
      element("strong", {}, title),
      element("span", {}, says),
      this.item && (object || others) ? this.picture(object, others) : null,
    );
  }

  /** The place on the photo, with this version of the shape. */
  picture(object, other) {
    const { width, height, url } = this.item;
    const [x0, y0, x1, y1] = frameOf([object, other].filter(Boolean));
    const view = [x0 * width, y0 * height, (x1 - x0) * width, (y1 - y0) * height].join(" ");
    const photo = svg("image", { href: url, width, height, preserveAspectRatio: "none" });
    const shape = (kind) => svg("path", { class: kind, d: pathOf(object), transform: `scale(${width} ${height})` });
    const picture = svg("svg", { class: "version-picture", viewBox: view, "aria-hidden": "true" }, photo);
    if (object) picture.append(shape("halo"), shape("line"));
    if (object) picture.style.setProperty("--c", this.desk.colourOf(object.label));
    return picture;
  }

  key(event) {
    const side = { ArrowLeft: "mine", ArrowRight: "theirs" }[event.key];
    if (!side) return;
    event.preventDefault();
    event.stopPropagation();
    this.cards.querySelector(`[data-side=${side}]`).focus();
  }

  /** One shape is settled; after the last the image is. */
  take(side) {
    this.answers.push(side);
    if (this.answers.length < this.questions.length) return this.render();
    this.close();
    const { imageId, meeting, answers } = this;
    return settle(this.desk.conflicts, imageId, meeting, answers);
  }
}

/** What must be chosen: shapes that both changed; else the two labels or verdicts as wholes. */
function questionsOf({ mine, theirs }) {
  if (!contentOf(mine)?.objects || !contentOf(theirs)?.objects)
    return [{ mine: wholeOf(mine, theirs.mine), theirs: wholeOf(theirs, theirs.theirs) }];
  const { base, clashes } = meetingOf(mine, theirs);
  const was = new Map((base ?? []).map((object) => [object.id, object]));
  const version = (before, object) => ({ object, says: objectChange(before, object) || "as it was" });
  return clashes.map((clash) => {
    const before = was.get(clash.id) ?? null;
    const isKnown = before || clash.drops;
    return {
      mine: version(isKnown ? before : clash.theirs, clash.mine),
      theirs: version(isKnown ? before : clash.mine, clash.theirs),
    };
  });
}

/** @param {string} [words] what the server says the decision changed */
function wholeOf(decision, words) {
  const labels = contentOf(decision)?.labels;
  const verdict = verdictWords({ verdict: decision.verdict ?? "correct", note: decision.note });
  const says = labels ? `${verdict}, ${labels.join(", ") || "no class"}` : verdict;
  return { object: null, says: words && contentOf(decision)?.objects ? `${verdict}: ${words}` : says };
}

function settle(conflicts, imageId, meeting, answers) {
  const { mine, theirs } = meeting;
  const own = contentOf(mine);
  const says = "Your choice is saved";
  if (!own?.objects || !contentOf(theirs)?.objects)
    return answers[0] === "theirs" ? conflicts.yielded(imageId, theirs) : conflicts.settle(imageId, meeting, own, says);
  const { objects, clashes } = meetingOf(mine, theirs);
  const chosen = new Map();
  clashes.forEach(({ id, drops, ...versions }, at) => {
    const takesMine = answers[at] === "mine";
    chosen.set(id, drops && !takesMine ? null : versions[answers[at]]);
    if (drops && takesMine) chosen.set(drops, null);
  });
  const content = objects.map((object) => (chosen.has(object.id) ? chosen.get(object.id) : object)).filter(Boolean);
  return conflicts.settle(imageId, meeting, { objects: content }, says);
}

/** A frame around shapes with some air, inside the photo. */
function frameOf(objects) {
  const [x0, y0] = [0, 1].map((at) => Math.min(...objects.map(({ box }) => box[at])));
  const [x1, y1] = [2, 3].map((at) => Math.max(...objects.map(({ box }) => box[at])));
  const air = Math.max(x1 - x0, y1 - y0) * MARGIN;
  return [Math.max(0, x0 - air), Math.max(0, y0 - air), Math.min(1, x1 + air), Math.min(1, y1 + air)];
}
