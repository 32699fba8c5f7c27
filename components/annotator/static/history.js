/** Who did what to an image, and to each of its objects: over the stage, newest first, every state to be had again. */

import { changesBetween, objectChange, verdictWords } from "./changes.js";
import { element, fixedChip } from "./dom.js";
import { corrected, withNewObjects, withObjects, withoutObjects } from "./edits.js";
import { clockTime, count } from "./words.js";

const KINDS = { undo: "Taken back", redo: "Made again" };
const ALLOWED = new Set(["history", "escape"]);

export class History {
  constructor(desk) {
    this.desk = desk;
    this.title = element("h2", { id: "history-title" });
    this.scopes = element("div", { class: "row", role: "group", "aria-label": "History of" });
    this.close = element("button", { type: "button", class: "button", onclick: () => this.toggle() }, "Close", fixedChip("Esc"));
    this.list = element("ol", { class: "log" });
    const head = element("div", { class: "head" }, this.title, this.scopes, element("span", { class: "grow" }), this.close);
    this.root = element(
      "div",
      { class: "panel history", role: "dialog", "aria-labelledby": "history-title", hidden: true },
      head,
      this.list,
    );
  }

  get isOpen() {
    return !this.root.hidden;
  }

  allows(command) {
    return ALLOWED.has(command);
  }

  toggle() {
    if (!this.desk.entry) return this.desk.hint("There is no image here.");
    this.root.hidden = this.isOpen;
    if (!this.isOpen) return this.desk.stage.focus();
    this.objectId = this.desk.selected?.id ?? null;
    this.object = this.desk.selected;
    this.log = null;
    this.render();
    this.close.focus();
    return this.load();
  }

  /** Ask once everything is in the database, so that nothing just decided is missing. */
  async load() {
    const { desk } = this;
    const { image_id: imageId } = desk.entry.item;
    const asked = (this.asked = {}); // an earlier question that is answered later counts no more
    const log = await this.fetch(imageId).catch((error) => ({ problem: error.sentence ?? error.message }));
    if (this.asked !== asked || !this.isOpen || desk.entry?.item.image_id !== imageId) return;
    this.log = log;
    this.render();
  }

  async fetch(imageId) {
    const { desk } = this;
    if (desk.isPending(imageId)) await desk.outbox.flushed();
    return desk.api.get("history", { image_id: imageId });
  }

  render() {
    this.title.replaceChildren(`History of ${this.desk.entry.item.name}`);
    this.renderScopes();
    const { log } = this;
    if (!log) return this.list.replaceChildren(element("li", { class: "grey" }, "Loading"));
    if (log.problem) return this.list.replaceChildren(element("li", { class: "caution", role: "alert" }, log.problem));
    const rows = log.entries.map((entry) => this.row(entry)).filter(Boolean);
    const more = log.more ? [element("li", { class: "grey" }, `${count(log.more)} earlier ones are not shown.`)] : [];
    const none = element("li", { class: "grey" }, "Nothing was decided yet.");
    return this.list.replaceChildren(...(rows.length ? rows : [none]), ...more);
  }

  renderScopes() {
    const { object } = this;
    if (!object) return this.scopes.replaceChildren();
    const scope = (words, id) =>
      element(
        "button",
        {
          type: "button",
          class: "quiet",
          "aria-pressed": String(this.objectId === id),
          onclick: () => this.look(id),
        },
        words,
      );
    return this.scopes.replaceChildren(scope("Whole image", null), scope(`This ${object.label}`, object.id));
  }

  look(id) {
    this.objectId = id;
    this.render();
    this.scopes.querySelector("[aria-pressed=true]").focus();
  }

  /** One entry; nothing when it did not touch the object that is asked for. */
  row(entry) {
    const touched = entry.objects.filter(({ id }) => !this.objectId || id === this.objectId);
    if (this.objectId && !touched.length) return null;
    const said = [...touched.map((change) => this.words(change)), ...labelWords(entry)];
    const kind = KINDS[entry.kind];
    const state = entry.is_in_force ? "in force" : entry.is_undone ? "taken back" : "";
    return element(
      "li",
      { class: `log-row${entry.is_undone ? " undone" : ""}` },
      element("span", { class: "grey" }, clockTime(entry.at)),
      element("strong", { class: "cut", title: entry.by }, entry.by),
      element("span", {}, `${kind ? `${kind}: ` : ""}${verdictWords(entry)}`),
      element("span", { class: "log-changes" }, said.join("; ")),
      state ? element("span", { class: "pill" }, state) : element("span"),
      this.restoreButton(entry, touched[0]),
    );
  }

  /** What became of an object, with the sizes of before and after. */
  words({ before, after }) {
    const says = objectChange(before, after);
    const isMoved = before && after && JSON.stringify(before.box) !== JSON.stringify(after.box);
    return isMoved ? `${says} (${this.sizeOf(before)} → ${this.sizeOf(after)})` : says;
  }

  sizeOf({ box: [x0, y0, x1, y1] }) {
    const { width, height } = this.desk.entry.item;
    const [x, y] = [Math.round(x0 * width), Math.round(y0 * height)];
    return `${Math.round((x1 - x0) * width)} × ${Math.round((y1 - y0) * height)} px at ${x}, ${y}`;
  }

  restoreButton(entry, change) {
    const isObject = Boolean(this.objectId);
    const what = isObject ? "this object" : "the image";
    const act = () => (isObject ? this.restoreObject(entry, change) : this.restore(entry));
    return element(
      "button",
      { type: "button", class: "button", "aria-label": `Restore ${what} as it was after ${clockTime(entry.at)}`, onclick: act },
      "Restore",
    );
  }

  async restore({ decision_id: id, at }) {
    const { desk } = this;
    const { image_id: imageId } = desk.entry.item;
    try {
      const { labels, objects } = await desk.api.get("history", { image_id: imageId, decision_id: id });
      if (desk.entry?.item.image_id !== imageId) return;
      this.decide(objects ? { objects: objects.map((one) => corrected(one, {})) } : { labels }, { id, at });
    } catch (error) {
      desk.hint(error.sentence ?? error.message);
    }
  }

  restoreObject({ decision_id: id, at }, { id: objectId, after }) {
    const { content } = this.desk.work;
    const isThere = content.objects.some((object) => object.id === objectId);
    const object = after && corrected(after, {});
    if (!object) return this.decide(withoutObjects(content, [objectId]), { id, at });
    return this.decide(isThere ? withObjects(content, [object]) : withNewObjects(content, [object]), { id, at });
  }

  /** A restored state is a decision of its own. */
  decide(content, { id, at }) {
    const { desk } = this;
    if (!desk.canEdit()) return desk.hint(desk.readOnly || "An image that cannot be seen cannot be restored.");
    if (!changesBetween(desk.work.content, content).length) return this.tell("That is what is shown now.");
    desk.work.change(content, "restored");
    desk.decisions.make("correct", { stays: true, provenance: { restores: id } });
    this.tell(`Restored as of ${clockTime(at)}.`);
    return this.load();
  }

  tell(words) {
    this.desk.hint(words);
    this.close.focus();
  }
}

function labelWords({ labels }) {
  return labels ? changesBetween({ labels: labels.before }, { labels: labels.after }).map(({ says }) => says) : [];
}
