/** Key events to commands. Keys never act while a text field has the focus, and none reaches the page behind the desk. */

import { bindingsByKey, keyName } from "./keys.js";

/** Keys that mean themselves on a focused button or list. */
const CONTROL_KEYS = new Set(["Enter", "Space"]);

export class Keyboard {
  constructor(desk) {
    this.desk = desk;
    this.table = bindingsByKey();
    this.onKey = (event) => this.press(event);
    this.onUp = (event) => this.release(event);
    this.onBlur = () => this.releaseAll();
    this.onStray = (event) => this.pressOutside(event);
    desk.root.addEventListener("keydown", this.onKey);
    window.addEventListener("keydown", this.onStray, true);
    window.addEventListener("keyup", this.onUp, true);
    window.addEventListener("blur", this.onBlur);
  }

  press(event) {
    if (event.defaultPrevented || event.isComposing) return;
    if (isTextField(event.target)) return event.stopPropagation();
    const name = keyName(event);
    const binding = this.table.get(name);
    const isPlain = !event.ctrlKey && !event.metaKey && !event.altKey;
    if (isPlain) event.stopPropagation(); // Streamlit has keys of its own for the whole page
    if (!binding || (CONTROL_KEYS.has(name) && isControl(event.target))) return;
    if (this.desk.help.isOpen && !["help", "escape"].includes(binding.command)) return;
    const isLeft = this.run(binding, name, event) === false;
    if (isLeft) return;
    event.preventDefault();
    event.stopPropagation();
  }

  run(binding, name, event) {
    const { desk } = this;
    if (event.repeat && !binding.repeats) return true;
    desk.stage.hud.endHint();
    return desk.run(binding.command, name.split("+").at(-1));
  }

  /** A key while nothing on the page has the focus: it is meant for the desk, unless Escape has left it. */
  pressOutside(event) {
    const isNowhere = event.target === document.body || event.target === document.documentElement;
    if (!isNowhere || this.desk.isLeft || event.key === "Tab") return;
    this.desk.stage.focus();
    this.press(event);
  }

  release(event) {
    const letter = keyName(event).split("+").at(-1);
    if (letter === "Z") this.desk.peek.release();
    if (letter === "V") this.desk.hideOverlays(false);
  }

  /** The window lost the focus, so the release of a held key will never come. */
  releaseAll() {
    this.desk.peek.release();
    this.desk.hideOverlays(false);
  }

  destroy() {
    window.removeEventListener("keydown", this.onStray, true);
    window.removeEventListener("keyup", this.onUp, true);
    window.removeEventListener("blur", this.onBlur);
  }
}

function isTextField(target) {
  return target.isContentEditable || target.matches?.("input, textarea, select");
}

function isControl(target) {
  return Boolean(target.closest?.("button, a, [role=option], summary"));
}
