/**
 * Which key does what for this reviewer: the usual keys, what the reviewer changed of them, and keys of single classes. A key
 * has one owner: who asks for it second is refused and told the name of the first.
 */

import { bindingsByKey, nameOf, writtenKey } from "./keys.js";
import { forget, keep, recall } from "./storage.js";

/** Keys that act on the browser itself, whatever a page does with them. */
const BROWSERS = new Set([
  ...["Ctrl+W", "Ctrl+T", "Ctrl+N", "Ctrl+Q", "Ctrl+R", "Ctrl+L", "Ctrl+Tab", "Ctrl+Shift+Tab", "Ctrl+Shift+T"],
  ...["Ctrl+Shift+W", "Ctrl+Shift+N", "Alt+F4", "Alt+Left", "Alt+Right", "F1", "F5", "F6", "F11", "F12"],
]);

let shown = new Map();

/** How the key is written that has the place of a usual one now: "X" -> "Q". Other texts stay as they are. */
export function shownKey(usual) {
  return shown.get(usual) ?? usual;
}

/** Write the keys of now on all chips that stand in a part of the page. */
export function rewriteKeys(root) {
  for (const chip of root.querySelectorAll("[data-usual]")) chip.textContent = shownKey(chip.dataset.usual);
}

/**
 * @typedef {object} Slot one key of one command
 * @property {string} id
 * @property {string} usual
 * @property {string} key
 * @property {string} command
 * @property {string} argument
 * @property {string} name of what it does
 * @property {boolean} isFixed
 * @property {boolean} isHeld
 * @property {boolean} repeats
 */

export class Keymap {
  /** @param {string} reviewer @param {() => {name: string, key?: string}[]} classes the class list as it is now */
  constructor(reviewer, classes) {
    this.place = `relook:keys:${encodeURIComponent(reviewer)}`;
    this.classes = classes;
    this.usual = [...bindingsByKey().values()].map((binding) => ({
      ...binding,
      id: `${binding.command}:${binding.key}`,
      usual: binding.key,
      name: nameOf(binding),
    }));
    const kept = recall(this.place);
    this.changed = textsOf(kept?.keys);
    this.ofClasses = textsOf(kept?.classes);
    this.build();
  }

  /** Lay the table out anew. What was kept and collides with a newer usual key gives way to it. */
  build() {
    /** @type {Map<string, Slot>} */
    this.table = new Map();
    const isChanged = ({ id, isFixed }) => id in this.changed && !isFixed;
    for (const slot of this.usual.filter((one) => !isChanged(one))) this.table.set(slot.usual, slot);
    for (const slot of this.usual.filter(isChanged)) {
      const key = [this.changed[slot.id], slot.usual].find((one) => !this.table.has(one));
      if (key) this.table.set(key, { ...slot, key });
    }
    this.byId = new Map([...this.table.values()].map((slot) => [slot.id, slot]));
    shown = new Map(this.usual.map(({ id, usual }) => [writtenKey(usual), writtenKey(this.byId.get(id)?.key ?? "–")]));
    this.addClasses();
  }

  /** Keys of single classes come last: a command's key is never theirs. */
  addClasses() {
    this.known = this.classes();
    /** @type {{label: string, key: string, owner: string}[]} keys that the class list asks for and does not get */
    this.refused = [];
    for (const { name, key: given } of this.known) {
      const key = this.ofClasses[name] ?? given;
      if (!key) continue;
      const owner = this.table.get(key)?.name;
      if (owner) this.refused.push({ label: name, key, owner });
      else this.table.set(key, { id: `class ${name}`, key, command: "set-class", argument: name, name: `class ${name}` });
    }
  }

  /** The class list may be another one. */
  follow() {
    if (this.classes() !== this.known) this.build();
  }

  /** The slot of a pressed key. @returns {Slot|undefined} */
  find(key) {
    return this.table.get(key);
  }

  isChanged(id) {
    return id in this.changed;
  }

  get hasChanges() {
    return Object.keys(this.changed).length + Object.keys(this.ofClasses).length > 0;
  }

  /** Why a slot cannot have a key, as a sentence; "" when it can. */
  refusal(id, key) {
    const owner = this.table.get(key);
    if (owner && owner.id !== id) return `The key ${writtenKey(key)} belongs to “${owner.name}”. Choose another key.`;
    if (BROWSERS.has(key)) return `The key ${writtenKey(key)} belongs to the browser. Choose another key.`;
    return "";
  }

  /** Give a slot another key. @returns {string} why not, "" when it is done */
  set(id, key) {
    const why = this.refusal(id, key);
    if (why) return why;
    this.changed[id] = key;
    return this.store();
  }

  /** Give a class a key of its own. @returns {string} why not, "" when it is done */
  setClass(label, key) {
    const why = this.refusal(`class ${label}`, key);
    if (why) return why;
    this.ofClasses[label] = key;
    return this.store();
  }

  /** The usual key again. @returns {string} why not: another slot has it now */
  reset(id) {
    const { usual } = this.usual.find((slot) => slot.id === id);
    const why = this.refusal(id, usual);
    if (why) return why;
    delete this.changed[id];
    return this.store();
  }

  resetClass(label) {
    delete this.ofClasses[label];
    return this.store();
  }

  resetAll() {
    this.changed = {};
    this.ofClasses = {};
    return this.store();
  }

  store() {
    if (this.hasChanges) keep(this.place, { keys: this.changed, classes: this.ofClasses });
    else forget(this.place);
    this.build();
    return "";
  }
}

/** A stored object with texts for values; anything else counts as nothing. */
function textsOf(kept) {
  const pairs = kept && typeof kept === "object" ? Object.entries(kept) : [];
  return Object.fromEntries(pairs.filter(([, value]) => typeof value === "string" && value));
}
