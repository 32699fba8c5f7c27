/** What the reviewer changes on the current image, and with which tool. */

import { withNewObjects, withObjects } from "./edits.js";
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
    this.drafts.save(this.work);
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

  setMode(mode) {
    this.mode = mode;
    this.render();
    if (mode !== "flag") this.stage.focus();
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
    if (this.mode) return this.setMode("");
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
