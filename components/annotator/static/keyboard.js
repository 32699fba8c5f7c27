/** Key events to commands. Keys never act while a text field has the focus, and none reaches the page behind the desk. */

import { keyName } from "./keys.js";

/** Keys that mean themselves on a focused button or list. */
const CONTROL_KEYS = new Set(["Enter", "Space"]);

/** What ends when the key of a command is let go. */
const RELEASES = {
  peek: (desk) => desk.peek.release(),
  hide: (desk) => desk.hideOverlays(false),
};

export class Keyboard {
  constructor(desk) {
    this.desk = desk;
    /** @type {Map<string, string>} physical keys that are down, and the command they hold */
    this.held = new Map();
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
    const slot = this.desk.keymap.find(name);
    const isPlain = !event.ctrlKey && !event.metaKey && !event.altKey;
    if (isPlain) event.stopPropagation(); // Streamlit has keys of its own for the whole page
    if (!slot || (CONTROL_KEYS.has(name) && isControl(event.target))) return;
    if (this.desk.panel && !this.desk.panel.allows(slot.command)) return;
    const isLeft = this.run(slot, event) === false;
    if (isLeft) return;
    event.preventDefault();
    event.stopPropagation();
  }

  run({ command, argument, repeats, isHeld }, event) {
    const { desk } = this;
    if (event.repeat && !repeats) return true;
    if (isHeld) this.held.set(event.code, command);
    desk.stage.hud.endHint();
    return desk.run(command, argument);
  }

  /** A key while nothing on the page has the focus: it is meant for the desk, unless Escape has left it. */
  pressOutside(event) {
    const isNowhere = event.target === document.body || event.target === document.documentElement;
    if (!isNowhere || this.desk.isLeft || event.key === "Tab") return;
    this.desk.stage.focus();
    this.press(event);
  }

  /** The physical key counts: with Shift let go first, it would have another name by now. */
  release({ code }) {
    const command = this.held.get(code);
    this.held.delete(code);
    if (command) RELEASES[command](this.desk);
  }

  /** The window lost the focus, so the release of a held key will never come. */
  releaseAll() {
    this.held.clear();
    for (const end of Object.values(RELEASES)) end(this.desk);
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
