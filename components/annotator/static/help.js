/** All keys, over the stage. */

import { element } from "./dom.js";
import { BINDINGS } from "./keys.js";

export class Help {
  constructor(desk) {
    this.desk = desk;
    this.close = element(
      "button",
      { type: "button", class: "button", onclick: () => this.toggle() },
      "Close",
      element("kbd", { "aria-hidden": "true" }, "Esc"),
    );
    const head = element(
      "div",
      { class: "head" },
      element("h2", {}, "All keys"),
      element("span", { class: "grow" }),
      this.close,
    );
    this.groups = element("div", { class: "groups" });
    this.root = element(
      "div",
      { class: "help", role: "dialog", "aria-label": "All keys", hidden: true },
      head,
      this.groups,
    );
  }

  get isOpen() {
    return !this.root.hidden;
  }

  toggle() {
    this.root.hidden = this.isOpen;
    if (!this.isOpen) return this.desk.stage.focus();
    this.groups.replaceChildren(
      ...groupsOf(BINDINGS.filter(({ does, only }) => does && (!only || this.desk.hasObjects))),
    );
    return this.close.focus();
  }
}

function groupsOf(bindings) {
  const names = [...new Set(bindings.map(({ group }) => group))];
  return names.map((name) =>
    element("section", {}, element("h3", {}, name), ...bindings.filter(({ group }) => group === name).map(row)),
  );
}

function row({ keys, shows, does }) {
  const written = shows ? [shows] : keys.map((key) => key.replace(/\+(?=.)/g, " "));
  return element(
    "div",
    { class: "key-row" },
    element("span", { class: "grey" }, does),
    element("span", { class: "keys" }, ...written.map((key) => element("kbd", {}, key))),
  );
}
