/** What the reviewer changes on the current image, and with which tool. */

import { withNewObjects, withObjects } from "./edits.js";
import { shownKey } from "./keymap.js";
import { isTyping, keptWords } from "./modes.js";
import { startOf } from "./merge.js";
import { renamedDraft } from "./schema.js";
import { keptIn, selectionOf, withPoint } from "./selection.js";
import { State } from "./state.js";
import { capitalised, plural } from "./words.js";

export class Editor extends State {
  /** A new content for the image, as one step that undo names. @param {string[]} [selectIds] what is selected then */
  edit(content, says, selectIds) {
    this.work.change(content, says);
    this.decisions.undone = [];
    if (selectIds) this.selection = selectionOf(selectIds);
    this.stepped(`${capitalised(says)}.`);
  }

  /** The content changed: keep it and show it. */
  stepped(says) {
    this.selection = withPoint(keptIn(this.selection, this.objects), this.selected);
    this.drafts.save(this.entry);
    this.peek.follow();
    this.render();
    if (this.focused === null) this.stage.focus();
    this.say(says);
  }

  /** Objects with other values, as one step; those that are gone meanwhile stay gone. */
  replaceObjects(objects, says) {
    const there = new Set(this.objects.map(({ id }) => id));
    const known = objects.filter(({ id }) => there.has(id));
    if (known.length) this.edit(withObjects(this.work.content, known), says);
  }

  replaceObject(object, says) {
    this.replaceObjects([object], says);
  }

  addObject(object, says) {
    this.tool = "edit";
    this.edit(withNewObjects(this.work.content, [object]), says, [object.id]);
  }

  /** @param {string|null} id @param {{byKey?: boolean}} how whether the keyboard chose it, so that it takes the focus */
  select(id, how) {
    this.choose(id ? selectionOf([id]) : null, how);
  }

  /** @param {import("./selection.js").Selection|null} selection */
  choose(selection, { byKey = false } = {}) {
    this.selection = selection;
    this.tool = "edit";
    this.peek.follow();
    this.render();
    if (byKey) this.stage.layers.shapes.focus();
    else this.stage.focus();
    if (this.hasSeveral) this.say(`${plural(selection.ids.length, "object")} selected.`);
  }

  focusVertex(vertex) {
    if (this.selection) this.selection = { ...this.selection, vertex };
    this.render();
  }

  setTool(tool) {
    this.stage.drawing.cancel();
    this.tool = tool;
    if (tool === "box" || tool === "polygon") this.selection = null;
    this.render();
    this.stage.focus();
  }

  /** Put something else in the action bar; "" for the decisions. What was kept of it comes back. */
  setMode(mode) {
    if (mode && this.tool !== "edit") this.setTool("edit");
    this.mode = mode;
    this.marks.end();
    this.actions.enter(mode);
    const kept = this.entry && mode ? this.drafts.aside(this.entry.item.image_id, mode) : null;
    if (mode === "flag") this.marks.beginBox(kept ? kept.region?.box : this.selected?.box);
    if (mode === "evidence") this.marks.brush.open(kept?.region ?? this.brushedBefore());
    this.actions.field.value = kept?.comment ?? "";
    this.render();
    if (!isTyping(mode)) this.stage.focus();
    if (kept) this.hint("Continued where it was left. Esc drops it.");
  }

  /** The mask of the verdict in force, to go on with. */
  brushedBefore() {
    const { status, region } = this.entry.standing;
    return status === "wrong_evidence" ? region : null;
  }

  /** Go on with what was kept of an image that is shown for the first time on this page. */
  restoreDraft(entry) {
    const { image_id: id } = entry.item;
    const draft = entry.isRestored ? null : renamedDraft(this.drafts.find(id), this.data.classes);
    entry.isRestored = true;
    if (draft && Boolean(draft.content.objects) === this.hasObjects) {
      entry.work.restore(draft.content);
      if (entry.work.isChanged && draft.base !== entry.parent)
        Object.assign(entry, { base: draft.base, settled: startOf(draft.content, draft) });
      if (entry.work.isChanged) this.hint(`Draft restored. ${shownKey("Ctrl Z")} takes it back.`);
    }
    const aside = this.drafts.aside(id);
    if (aside) this.hint(keptWords(aside.mode));
  }

  /** Whether the reviewer is at work on an entry: going on without asking would lose it. */
  isBusyWith({ work, settled }) {
    return this.mode !== "" || this.stage.drawing.isBusy || work.content !== (settled ?? work.start);
  }

  /** Drop what is being written or brushed. */
  dropMode() {
    if (this.entry) this.drafts.dropAside(this.entry.item.image_id);
    this.setMode("");
  }

  /** Keep what is being written or brushed until it is saved or dropped. */
  keepAside() {
    const { mode, marks } = this;
    if (!this.entry || !(isTyping(mode) || mode === "evidence")) return;
    const mask = marks.brush.mask;
    const region = mask ? (mask.isEmpty ? null : mask.region) : marks.box && { box: marks.box };
    this.drafts.keepAside(this.entry.item.image_id, { mode, comment: this.actions.field.value, region });
  }

  hideOverlays(isHidden) {
    if (this.isHidden === isHidden) return;
    this.isHidden = isHidden;
    this.render();
  }

  /** One step out: of help, of what is being done, of the selection, of the desk. */
  escape() {
    const { drawing } = this.stage;
    if (this.panel) return this.panel.toggle();
    if (this.mode) return this.dropMode();
    if (drawing.isBusy && this.tool !== "section") return drawing.cancel();
    if (this.stage.pointer.isDragging) return this.stage.pointer.abandon();
    if (this.tool !== "edit") return this.setTool("edit");
    if (this.peek.isLatched) return this.peek.latch();
    if (this.selection?.vertex) return this.focusVertex(null);
    if (this.selection) return this.select(null);
    this.isLeft = true;
    return this.focused?.blur();
  }
}
