/**
 * The class list may change while the desk is open: a lead adds, renames, merges or removes classes. The desk follows without
 * losing what is being edited: labels take their new names wherever they stand.
 */

import { alias } from "./boxes.js";
import { plural } from "./words.js";

export class Schema {
  constructor(desk) {
    this.desk = desk;
    this.version = null;
    /** @type {string|null} the version that the labels on screen bear the names of */
    this.shown = null;
  }

  /** An answer of the server names the version of the class list; another one than before is fetched. */
  async see(version) {
    if (version === undefined || version === this.version) return;
    const isFirst = this.version === null;
    this.version = version;
    if (isFirst) this.shown = version;
    if (isFirst) return;
    try {
      const { classes, classes_version: told } = await this.desk.api.get("classes");
      this.take(classes);
      this.shown = told ?? version;
    } catch {
      this.version = ""; // the next answer asks again
    }
  }

  /** Ask for the class list itself, where no other request is made that would tell. */
  async look() {
    try {
      const { classes, classes_version: version } = await this.desk.api.get("classes");
      this.version = version;
      this.take(classes);
      this.shown = version;
    } catch {
      // unreachable for a moment: the next look tells
    }
  }

  /** @param {{name: string, colour: string, names?: string[]}[]} classes `names`: what a class was called before */
  take(classes) {
    const { desk } = this;
    const before = desk.data.classes;
    const isSame = sameNames(before, classes);
    const told = isSame ? otherGuides(before, classes) : [];
    if (isSame && !told.length) return;
    desk.component = { ...desk.component, data: { ...desk.data, classes } };
    if (isSame) {
      desk.render();
      desk.hint(guideWords(told));
      return;
    }
    const present = presentNames(classes);
    if (present.size) for (const entry of desk.queue.entries) rename(entry, present);
    desk.nextLabel = present.get(desk.nextLabel) ?? desk.nextLabel;
    if (!classes.some(({ name }) => name === desk.nextLabel)) desk.nextLabel = classes[0]?.name ?? "";
    desk.keymap.follow();
    desk.render();
    desk.hint(changeWords(before, classes, present));
  }
}

/** What classes are called now, by what they were called before. @returns {Map<string, string>} */
function presentNames(classes) {
  const present = new Map(classes.flatMap(({ name, names = [] }) => names.map((old) => [old, name])));
  for (const { name } of classes) present.delete(name);
  return present;
}

/** A draft of an earlier visit, under the names that its classes have by now. */
export function renamedDraft(draft, classes) {
  const present = presentNames(classes);
  if (!draft || !present.size) return draft;
  const label = (name) => present.get(name) ?? name;
  const object = (one) => ({ ...one, label: label(one.label) });
  const { content, change, labels } = draft;
  return {
    ...draft,
    content: content.objects ? { objects: content.objects.map(object) } : { labels: [...new Set(content.labels.map(label))] },
    ...(change ? { change: { ...change, was: change.was.map(object) } } : {}),
    ...(labels ? { labels: labels.map(label) } : {}),
  };
}

function sameNames(a, b) {
  return a.length === b.length && a.every(({ name, colour }, at) => name === b[at].name && colour === b[at].colour);
}

/** The classes whose guideline or examples are others than before. */
function otherGuides(before, after) {
  const guide = ({ guideline = "", examples = [] }) => JSON.stringify([guideline, examples.map(({ image_id }) => image_id)]);
  return after.filter((known, at) => guide(known) !== guide(before[at])).map(({ name }) => name);
}

function guideWords(names) {
  const whose = names.length === 1 ? names[0] : plural(names.length, "class", "classes");
  return `The guideline of ${whose} was changed.`;
}

function changeWords(before, after, present) {
  const [was, is] = [before, after].map((classes) => new Set(classes.map(({ name }) => name)));
  const renamed = [...was].filter((name) => is.has(present.get(name)));
  const added = [...is].filter((name) => !was.has(name) && !renamed.some((old) => present.get(old) === name));
  const gone = [...was].filter((name) => !is.has(name) && !renamed.includes(name));
  const parts = [
    ...renamed.slice(0, 3).map((old) => `${old} is ${present.get(old)} now`),
    added.length ? `${plural(added.length, "new class", "new classes")}` : "",
    gone.length ? `${plural(gone.length, "class", "classes")} gone` : "",
  ].filter(Boolean);
  return `The class list was changed: ${parts.join(", ") || "other colours or another order"}.`;
}

/** Give an entry its labels under their present names; objects that nobody touched stay so. */
function rename(entry, present) {
  const label = (name) => present.get(name) ?? name;
  const known = new Map();
  const object = (one) => {
    if (!present.has(one.label)) return one;
    if (!known.has(one)) known.set(one, alias(one, { ...one, label: label(one.label) }));
    return known.get(one);
  };
  const content = (one) =>
    one.objects ? { objects: one.objects.map(object) } : { labels: [...new Set(one.labels.map(label))] };
  const { item, kept } = entry;
  entry.item = {
    ...item,
    labels: item.labels.map(label),
    predicted: item.predicted.map((one) => ({ ...one, label: label(one.label) })),
    objects: item.objects.map(object),
    predictions: item.predictions.map(object),
  };
  if (entry.settled) entry.settled = content(entry.settled);
  if (kept) kept.rename(entry.item, content);
}
