/** All keys, over the stage; each can be exchanged for another one. */

import { element } from "./dom.js";
import { icon } from "./icons.js";
import { BINDINGS, keyName, writtenKey } from "./keys.js";

const ALONE = new Set(["Shift", "Control", "Alt", "Meta", "AltGraph", "CapsLock", "Dead", "Process", "Unidentified"]);
const SUGGESTED = 50; // names of classes offered while one is typed
const ALLOWED = new Set(["help", "escape"]);

export class Help {
  constructor(desk) {
    this.desk = desk;
    /** @type {{node: HTMLElement, set: (key: string) => string}|null} the chip that waits for its key */
    this.asked = null;
    this.close = this.button("Close", () => this.toggle(), element("kbd", { "aria-hidden": "true" }, "Esc"));
    this.resetAll = this.button("Reset all keys", () => this.change(() => desk.keymap.resetAll(), "All keys are reset."));
    this.note = element("p", { class: "key-note", role: "status" });
    const head = element(
      "div",
      { class: "head" },
      element("h2", {}, "All keys"),
      this.note,
      element("span", { class: "grow" }),
      this.resetAll,
      this.close,
    );
    this.groups = element("div", { class: "groups" });
    this.root = element(
      "div",
      {
        class: "help",
        role: "dialog",
        "aria-label": "All keys",
        hidden: true,
        onkeydown: (event) => this.key(event),
      },
      head,
      this.groups,
    );
  }

  get isOpen() {
    return !this.root.hidden;
  }

  allows(command) {
    return ALLOWED.has(command);
  }

  button(words, act, ...rest) {
    return element("button", { type: "button", class: "button", onclick: act }, words, ...rest);
  }

  toggle() {
    this.root.hidden = this.isOpen;
    this.asked = null;
    if (!this.isOpen) return this.desk.stage.focus();
    this.tell("Click a key to choose another one. It is kept in this browser.");
    this.render();
    return this.close.focus();
  }

  tell(words, isRefusal = false) {
    this.note.classList.toggle("refusal", isRefusal);
    this.note.replaceChildren(...(isRefusal ? [icon("warning", 14)] : []), words);
  }

  render() {
    const rows = rowsOf(BINDINGS).filter(({ only }) => !only || this.desk.hasObjects);
    const names = [...new Set(rows.map(({ group }) => group))];
    const sections = names.map((name) => {
      const own = rows.filter(({ group }) => group === name).map((row) => this.row(row));
      return element("section", {}, element("h3", {}, name), ...own, ...(name === "Class" ? this.classRows() : []));
    });
    this.groups.replaceChildren(...sections);
    this.resetAll.disabled = !this.desk.keymap.hasChanges;
  }

  row({ does, shows, slots }) {
    const { keymap } = this.desk;
    const chips = slots.map(({ id, name, isFixed, isHeld }) => {
      const key = keymap.byId.get(id)?.key;
      const written = `${isHeld ? "hold " : ""}${key ? writtenKey(key) : "–"}`;
      if (isFixed) return element("kbd", {}, written);
      return this.chip(written, `${name}: ${written}. Choose another key`, id, (pressed) => keymap.set(id, pressed));
    });
    const changed = slots.filter(({ id }) => keymap.isChanged(id));
    const reset = () => this.change(() => changed.map(({ id }) => keymap.reset(id)).find(Boolean) ?? "", "Reset.");
    return element(
      "div",
      { class: "key-row" },
      element("span", { class: "grey" }, does),
      changed.length ? this.quiet("Reset", `Reset the keys of: ${does}`, reset) : null,
      element("span", { class: "keys" }, ...(shows ? [element("kbd", {}, shows)] : chips)),
    );
  }

  quiet(words, label, act) {
    return element("button", { type: "button", class: "quiet", "aria-label": label, onclick: act }, words);
  }

  chip(written, label, id, set) {
    const attributes = { type: "button", class: "keycap", "aria-label": label, "data-slot": id };
    const node = element("button", { ...attributes, onclick: () => this.ask(node, set) }, written);
    node.onblur = () => this.asked?.node === node && this.stopAsking();
    return node;
  }

  // ---- keys of single classes

  classRows() {
    const { keymap, data } = this.desk;
    const given = data.classes.filter(({ name, key }) => keymap.ofClasses[name] ?? key);
    const clashes = keymap.refused.map(({ label, key, owner }) =>
      element("p", { class: "caution" }, `${label} has no key: ${writtenKey(key)} belongs to “${owner}”.`),
    );
    return [...given.map(({ name, key }) => this.classRow(name, keymap.ofClasses[name] ?? key)), ...clashes, this.adder()];
  }

  classRow(name, key) {
    const { keymap } = this.desk;
    const reset = () => this.change(() => keymap.resetClass(name), `${name} has no key of your own any more.`);
    const written = writtenKey(key);
    return element(
      "div",
      { class: "key-row" },
      element("span", { class: "grey cut", title: name }, name),
      keymap.ofClasses[name] ? this.quiet("Remove", `Remove the key of ${name}`, reset) : null,
      this.chip(written, `${name}: ${written}. Choose another key`, `class ${name}`, (pressed) =>
        keymap.setClass(name, pressed),
      ),
    );
  }

  /** A field for the name of any class, and the chip that waits for its key. */
  adder() {
    const offered = element("datalist", { id: "class-names" });
    const field = element("input", {
      type: "text",
      class: "field",
      list: "class-names",
      "aria-label": "Class to give a key to",
      placeholder: "Key for a class",
      oninput: () => this.offer(offered, field.value),
    });
    const set = (pressed) =>
      this.desk.data.classes.some(({ name }) => name === field.value)
        ? this.desk.keymap.setClass(field.value, pressed)
        : `There is no class “${field.value}”. Choose one of the list.`;
    const chip = this.chip("Choose a key", "Choose a key for the class", "class", set);
    return element("div", { class: "key-row" }, field, offered, chip);
  }

  offer(list, typed) {
    const begun = typed.toLowerCase();
    const names = this.desk.data.classes.filter(({ name }) => name.toLowerCase().includes(begun)).slice(0, SUGGESTED);
    list.replaceChildren(...names.map(({ name }) => element("option", { value: name })));
  }

  // ---- waiting for a key

  ask(node, set) {
    this.stopAsking();
    this.asked = { node, set, before: node.textContent };
    node.focus();
    node.classList.add("waiting");
    node.textContent = "Press a key";
    this.tell("Press the new key, or Esc to leave it as it is.");
  }

  stopAsking() {
    if (!this.asked) return;
    this.asked.node.classList.remove("waiting");
    this.asked.node.textContent = this.asked.before;
    this.asked = null;
  }

  key(event) {
    if (!this.asked) return event.key === "Escape" && event.target.matches("input") ? this.leaveField(event) : null;
    event.preventDefault();
    event.stopPropagation();
    if (ALONE.has(event.key) || event.repeat) return null;
    if (event.key === "Escape") return this.stopAsking();
    const pressed = keyName(event);
    const { set, node } = this.asked;
    const why = set(pressed);
    if (why) return this.tell(why, true);
    this.asked = null;
    return this.changed(`The key is ${writtenKey(pressed)} now.`, node.dataset.slot);
  }

  leaveField(event) {
    event.preventDefault();
    event.stopPropagation();
    this.close.focus();
  }

  change(act, words) {
    const why = act();
    return why ? this.tell(why, true) : this.changed(words);
  }

  /** The table changed: show it here and on all chips. */
  changed(words, slot) {
    this.desk.keysChanged();
    this.render();
    this.tell(words);
    const chips = [...this.groups.querySelectorAll(".keycap")];
    (chips.find((chip) => chip.dataset.slot === slot) ?? this.close).focus();
  }
}

/** Rows of the overlay: a binding that says what it does, with those that follow it and do not. */
function rowsOf(bindings) {
  const rows = [];
  for (const binding of bindings) {
    const name = binding.name ?? binding.does?.split(/[,;:]/)[0];
    const slots = binding.keys.map((key) => ({ ...binding, id: `${binding.command}:${key}`, name }));
    if (binding.does) rows.push({ ...binding, slots });
    else rows.at(-1).slots.push(...slots);
  }
  return rows;
}
