/** Small facts on the edge of the stage: size and zoom, what is hidden and the key that shows it, passing hints. */

import { AdjustmentPanel } from "./adjustment_panel.js";
import { element, keyChip, setText } from "./dom.js";
import { icon } from "./icons.js";
import { boundsOf } from "./geometry.js";
import { plural } from "./words.js";

const HINT_STAYS = 3500; // milliseconds

export class Hud {
  constructor(desk) {
    this.desk = desk;
    this.size = element("span", { class: "fact", hidden: true });
    this.remove = this.button("delete", "Delete the selection", "delete", "Del");
    this.percent = element("button", {
      type: "button",
      class: "fact",
      title: "Actual size, Shift 1",
      "aria-label": "Actual size",
      onclick: () => desk.run("actual-size"),
    });
    const zoom = [
      this.button("zoom-out", "Zoom out, −", "minus"),
      this.percent,
      this.button("zoom-in", "Zoom in, +", "plus"),
      this.button("fit", "Fit the photo, Shift 0", "fit"),
    ];
    this.adjusting = new AdjustmentPanel(desk);
    const facts = element("div", { class: "row" }, this.size, this.remove, ...zoom, this.adjusting.button);
    this.left = element("div", { class: "hud left" }, this.adjusting.root, facts);
    this.right = element("div", { class: "hud right" });
    this.note = element("div", { class: "hud note", hidden: true });
    this.root = element("div", { class: "huds" }, this.left, this.right, this.note);
  }

  button(command, title, sign, key) {
    const run = () => this.desk.run(command);
    return element(
      "button",
      { type: "button", class: "fact act", title, "aria-label": title, onclick: run },
      icon(sign, 12),
      key ? keyChip(key) : null,
    );
  }

  render() {
    const { desk } = this;
    this.left.hidden = this.right.hidden = !desk.entry || !desk.stage.problem.root.hidden;
    this.remove.hidden = !desk.selected || desk.tool !== "edit";
    this.showSize(null);
    this.renderZoom();
    this.adjusting.render();
    const usual = desk.peek.isWanted ? this.peekFacts() : desk.tool === "edit" ? this.restFacts() : this.toolFacts();
    const facts = [...this.viewFacts(), ...usual];
    const said = JSON.stringify(facts);
    if (this.said === said) return;
    this.said = said;
    this.right.replaceChildren(
      ...facts.map(([words, ...keys]) =>
        element("span", { class: "fact" }, words, keys.length ? keyChip(...keys) : null),
      ),
    );
  }

  /** How the photo is shown, where that is not as it is. */
  viewFacts() {
    const { adjustment, stage } = this.desk;
    const tiles = stage?.photo.tiles.words;
    return [...(tiles ? [[tiles]] : []), ...(adjustment.isNeutral ? [] : [[adjustment.words, "Q"]])];
  }

  restFacts() {
    const { desk } = this;
    const overlays = desk.isHidden ? ["Overlays hidden. Release to show", "V"] : ["Overlays shown", "V"];
    return [...this.selectionFacts(), ["Saliency hidden", "Z"], overlays];
  }

  /** What the selection, or what was copied before, can be used for. */
  selectionFacts() {
    const { desk } = this;
    const copied = desk.clipboard.count;
    if (!desk.selected) return copied && desk.hasObjects ? [[`Paste ${plural(copied, "object")}`, "Ctrl V"]] : [];
    const isPolygon = !desk.hasSeveral && desk.selected.polygons.length > 0;
    return [...(isPolygon ? [["Another segment", "Shift P"]] : []), ["Copy", "Ctrl C"]];
  }

  toolFacts() {
    const { desk } = this;
    if (desk.tool === "box") return [["Click two corners, or drag"], ["In the middle", "Enter"], ["Cancel", "Esc"]];
    if (desk.tool === "section")
      return [["Click new points, then a vertex"], ["Last point back", "Backspace"], ["Cancel", "Esc"]];
    if (!desk.stage.drawing.isBusy) return [["Click the points"], ["Cancel", "Esc"]];
    return [
      ["Close", "Enter"],
      ["Last point back", "Backspace"],
      ["Cancel", "Esc"],
    ];
  }

  peekFacts() {
    const { peek } = this.desk;
    const hide = peek.isLatched ? ["Hide", "Shift Z"] : ["Release to hide", "Z"];
    if (peek.problem) return [[peek.problem], hide];
    if (peek.isStale) return [[`${peek.title}, before the edit`], hide];
    if (!peek.map) return [[`${peek.title} is being computed`], hide];
    return [[peek.title], [`Opacity ${Math.round(peek.opacity * 100)} %`, ",", "."], hide];
  }

  /** The size of what is drawn or dragged; without it, of the selection. */
  showSize(object) {
    const { entry, selected } = this.desk;
    const shown = object ?? selected;
    this.size.hidden = !shown || !entry;
    if (this.size.hidden) return;
    if (!object && this.desk.hasSeveral) return setText(this.size, plural(this.desk.selection.ids.length, "object"));
    const [x0, y0, x1, y1] = shown.polygons?.length ? boundsOf(shown.polygons) : shown.box;
    setText(this.size, `${Math.round((x1 - x0) * entry.item.width)} × ${Math.round((y1 - y0) * entry.item.height)} px`);
  }

  renderZoom() {
    setText(this.percent, `${Math.round(this.desk.stage?.viewport.zoom * 100)} %`);
  }

  /** A sentence that goes away by itself. */
  hint(text) {
    clearTimeout(this.timer);
    this.note.hidden = false;
    this.note.replaceChildren(element("span", { class: "fact" }, text));
    this.timer = setTimeout(() => {
      this.note.hidden = true;
    }, HINT_STAYS);
  }

  endHint() {
    clearTimeout(this.timer);
    this.note.hidden = true;
  }
}
