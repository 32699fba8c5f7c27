/** What the desk is about to show: the reviewer's own state, and what follows from it and the queue. */

import { differenceBetween } from "./difference.js";
import { predictedContent } from "./edits.js";
import { duration } from "./words.js";

const UNKNOWN = "#C9CED4"; // a label that is not in the class list
const NOTHING = [];

export class State {
  /** @param {object} component what Streamlit hands to a component: `data`, `parentElement`, `setTriggerValue` ... */
  constructor(component) {
    this.component = component;
    /** @type {import("./selection.js").Selection|null} */
    this.selection = null;
    /** @type {"edit"|"box"|"polygon"|"segment"|"section"} */
    this.tool = "edit";
    /** @type {""|keyof typeof import("./modes.js").MODES} what stands in the action bar */
    this.mode = "";
    this.isHidden = false; // overlays, while V is held
    this.isComparing = false; // label and prediction together
    this.isPainted = false; // the current photo was on screen
    this.isLeft = false; // Escape left the desk: stray keys are not for it
    this.nextLabel = this.data.classes[0]?.name ?? "";
    this.lastLabel = null; // set by hand on this image, the first target of a map
    this.paces = []; // seconds of the last decisions
    this.compared = null;
    this.colours = new WeakMap();
  }

  get data() {
    return this.component.data;
  }

  /** The list of images that the queue goes through instead of the whole project; null without one. */
  get worklist() {
    return this.data.orders.find(({ key, is_list: isList }) => isList && key === this.queue.order) ?? null;
  }

  get hasObjects() {
    return this.data.task === "image_object_detection" || this.drawsPolygons;
  }

  get drawsPolygons() {
    return this.data.task === "image_instance_segmentation";
  }

  get isMultiLabel() {
    return this.data.task === "image_classification_multilabel";
  }

  get entry() {
    return this.queue.current;
  }

  get work() {
    return this.entry?.work ?? null;
  }

  get objects() {
    return this.work?.content.objects ?? NOTHING;
  }

  /** The object that leads the selection. */
  get selected() {
    return this.selection ? (this.objects.find((object) => object.id === this.selection.id) ?? null) : null;
  }

  /** All selected objects, in the order of the content. */
  get selectedObjects() {
    const ids = new Set(this.selection?.ids);
    return this.objects.filter(({ id }) => ids.has(id));
  }

  get hasSeveral() {
    return (this.selection?.ids.length ?? 0) > 1;
  }

  /** How label and prediction differ, while both are compared. Predictions are objects of their own then. */
  get difference() {
    if (!this.isComparing || !this.hasObjects || !this.work) return null;
    const { objects } = this;
    const { item } = this.work;
    if (this.compared?.objects !== objects || this.compared.item !== item) {
      const predictions = item.predictions.map((object) => ({ ...object, id: `predicted ${object.id}` }));
      this.compared = { objects, item, difference: differenceBetween(objects, predictions) };
    }
    return this.compared.difference;
  }

  /** The model's classes for the whole image, with scores. */
  get predictedLabels() {
    const { item } = this.work;
    const labels = predictedContent(item, this.data.task, this.data.threshold)?.labels ?? [];
    return item.predicted.filter(({ label }) => labels.includes(label));
  }

  get previousObjects() {
    return this.queue.entries[this.queue.at - 1]?.work.content.objects ?? NOTHING;
  }

  /** Entries are not kept any more: what was decided on them is taken back by the log. */
  letGo(entries) {
    for (const record of [...this.decisions.made, ...this.decisions.undone])
      if (entries.has(record.entry))
        Object.assign(record, { entry: undefined, content: undefined, before: undefined, after: undefined });
  }

  /** Settled images: those in the database and those on their way to it. */
  get decided() {
    return this.queue.totals.decided + this.outbox.waiting.reduce((sum, entry) => sum + (entry.local?.counts ?? 0), 0);
  }

  /** Whether a decision is on its way to the database: on this image, or on any. */
  isPending(imageId) {
    return this.outbox.waiting.some((entry) => imageId === undefined || entry.image_id === imageId);
  }

  /** Whether the image can be seen, and so be accepted or changed. */
  canEdit() {
    return this.canSee() && !this.readOnly;
  }

  canSee() {
    return Boolean(this.entry?.item.readable && !this.entry.isBroken);
  }

  /** Why this reviewer can look at the image and not decide on it; "" when there is no such reason. */
  get readOnly() {
    if (this.data.role === "viewer") return "Viewers look and do not decide";
    const held = this.entry?.held;
    return held ? `${held.reviewer} holds this image for ${duration(held.free_in)}` : "";
  }

  get focused() {
    return this.root.getRootNode().activeElement;
  }

  get isOnStage() {
    return this.stage.root.contains(this.focused);
  }

  colourOf(label) {
    const { classes } = this.data;
    if (!this.colours.has(classes))
      this.colours.set(classes, new Map(classes.map(({ name, colour }) => [name, colour])));
    return this.colours.get(classes).get(label) ?? UNKNOWN;
  }
}
