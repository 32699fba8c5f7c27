/** What the reviewer changes on the current image, and with which tool. */

import { withNewObjects, withObject } from "./edits.js";
import { State } from "./state.js";
import { capitalised } from "./words.js";

export class Editor extends State {
  /** A new content for the image, as one step that undo names. */
  edit(content, says, selectId = this.selection?.id) {
    this.work.change(content, says);
    this.decisions.undone = [];
    if (selectId && selectId !== this.selection?.id) this.selection = { id: selectId, vertex: null };
    this.stepped(`${capitalised(says)}.`);
  }

  /** The content changed: keep it and show it. */
  stepped(says) {
    if (!this.selected) this.selection = null;
    this.drafts.save(this.work);
    this.peek.follow();
    this.render();
    if (this.focused === null) this.stage.focus();
    this.say(says);
  }

  /** An object with other values; nothing when it is gone meanwhile. */
  replaceObject(object, says) {
    if (!this.objects.some(({ id }) => id === object.id)) return;
    this.edit(withObject(this.work.content, object), says);
  }

  addObject(object, says) {
    this.tool = "edit";
    this.edit(withNewObjects(this.work.content, [object]), says, object.id);
  }

  /** @param {string|null} id @param {{byKey?: boolean}} how whether the keyboard chose it, so that it takes the focus */
  select(id, { byKey = false } = {}) {
    this.selection = id ? { id, vertex: null } : null;
    this.tool = "edit";
    this.peek.follow();
    this.render();
    if (byKey) this.stage.layers.shapes.focus(id);
    else this.stage.focus();
  }

  focusVertex(vertex) {
    if (this.selection) this.selection.vertex = vertex;
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
    if (this.tool !== "edit") return this.setTool("edit");
    if (this.peek.isLatched) return this.peek.latch();
    if (this.selection?.vertex) return this.focusVertex(null);
    if (this.selection) return this.select(null);
    this.isLeft = true;
    return this.focused?.blur();
  }
}
