/** The column of tools, each with its key. Evidence and overlays act while they are held. */

import { element, setAttribute } from "./dom.js";
import { icon } from "./icons.js";
import { shownKey } from "./keymap.js";

const TOOLS = [
  { command: "edit", sign: "edit", key: "E", title: "Edit shapes", fits: (desk) => desk.hasObjects },
  { command: "box", sign: "box", key: "B", title: "Draw a box", fits: (desk) => desk.hasObjects },
  { command: "polygon", sign: "polygon", key: "P", title: "Draw a polygon", fits: (desk) => desk.drawsPolygons },
  {
    command: "peek",
    sign: "saliency",
    key: "Z",
    title: "Hold to peek at the saliency map",
    whenPressed: "latch",
  },
  { command: "hide", sign: "overlays", key: "V", title: "Hold to hide the overlays" },
];

export class Tools {
  constructor(desk) {
    this.desk = desk;
    this.buttons = TOOLS.map((tool) => this.draw(tool));
    this.root = element("nav", { class: "tools", "aria-label": "Tools" }, ...this.buttons);
  }

  draw({ command, sign, key, title, whenPressed = command }) {
    const { desk } = this;
    const isHeld = command === "peek" || command === "hide";
    const button = element(
      "button",
      { type: "button", class: "tool", title, "aria-label": title, "data-command": command },
      icon(sign, 18),
      element("span", { "aria-hidden": "true", "data-usual": key }, shownKey(key)),
    );
    // a click without a pointer comes from the keyboard, which cannot hold a button
    button.onclick = (event) =>
      isHeld && event.detail ? null : command === "hide" ? desk.hideOverlays(!desk.isHidden) : desk.run(whenPressed);
    if (!isHeld) return button;
    button.onpointerdown = () => desk.run(command);
    button.onpointerup = button.onpointerleave = () =>
      command === "peek" ? desk.peek.release() : desk.isHidden && desk.hideOverlays(false);
    return button;
  }

  render() {
    const { desk } = this;
    const isOn = {
      edit: desk.tool === "edit" && !desk.peek.isWanted,
      box: desk.tool === "box",
      polygon: desk.tool === "polygon",
      peek: desk.peek.isWanted,
      hide: desk.isHidden,
    };
    TOOLS.forEach(({ command, fits }, index) => {
      this.buttons[index].hidden = Boolean(fits) && !fits(desk);
      setAttribute(this.buttons[index], "aria-pressed", isOn[command]);
    });
  }
}
