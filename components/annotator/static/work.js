/**
 * One image under review: what is shown, and every step of its editing. Content is never changed in place, so a step back
 * is the old value itself, and an untouched object is still the very object that was received.
 *
 * @typedef {{id: string, label: string, score: number|null, source: string, box: number[], polygons: number[][]}} Obj
 * @typedef {{labels?: string[], objects?: Obj[]}} Content one of the two, by task
 */

/** What the server says is shown for an image. @returns {Content} */
function shownContent(item, hasObjects) {
  return hasObjects ? { objects: item.objects } : { labels: item.labels };
}

/** Whether two contents say the same; objects count as equal only when nobody touched them. */
export function sameContent(a, b) {
  if (a.objects)
    return a.objects.length === b.objects.length && a.objects.every((object, index) => object === b.objects[index]);
  return a.labels.length === b.labels.length && a.labels.every((label) => b.labels.includes(label));
}

export class Work {
  /** @param {object} item as the queue brings it @param {boolean} hasObjects boxes or polygons rather than labels */
  constructor(item, hasObjects) {
    this.item = item;
    this.start = shownContent(item, hasObjects);
    this.content = this.start;
    this.past = [];
    this.future = [];
    this.seconds = 0;
    this.overlays = new Set();
    /** The map that was looked at, see `Peek.explanation`. */
    this.explanation = null;
  }

  get isChanged() {
    return !sameContent(this.start, this.content);
  }

  /** Decided: a further decision counts its own time and what is visible until then. */
  beginAgain() {
    this.seconds = 0;
    this.overlays = new Set();
    this.explanation = null;
  }

  /** Classes have other names now. @param {object} item @param {(content: Content) => Content} renamed */
  rename(item, renamed) {
    const step = ({ content, says }) => ({ content: renamed(content), says });
    const start = renamed(this.start);
    Object.assign(this, {
      item,
      content: this.content === this.start ? start : renamed(this.content),
      start,
      past: this.past.map(step),
      future: this.future.map(step),
    });
  }

  /** @param {Content} content @param {string} says what the step did, for undo to name it */
  change(content, says) {
    this.past.push({ content: this.content, says });
    this.future = [];
    this.content = content;
  }

  /** Take the last step back. @returns {string|null} what it had done */
  undo() {
    return this.step(this.past, this.future);
  }

  redo() {
    return this.step(this.future, this.past);
  }

  step(from, to) {
    if (!from.length) return null;
    const { content, says } = from.pop();
    to.push({ content: this.content, says });
    this.content = content;
    return says;
  }

  /**
   * Continue a kept draft, as one step. Objects that it left alone become the received ones again.
   * @param {Content} draft
   */
  restore(draft) {
    const received = new Map((this.start.objects ?? []).map((object) => [object.id, object]));
    const isUntouched = (object) => JSON.stringify(object) === JSON.stringify(received.get(object.id));
    const content = draft.objects
      ? { objects: draft.objects.map((object) => (isUntouched(object) ? received.get(object.id) : object)) }
      : draft;
    if (!sameContent(content, this.content)) this.change(content, "draft restored");
  }
}
