/** Elements made from data. Text is always a text node, so that a label can never become markup. */

import { shownKey } from "./keymap.js";

const SVG = "http://www.w3.org/2000/svg";

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node[name] = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return node;
}

/**
 * Make an HTML element.
 * @param {string} name tag name
 * @param {Object<string, any>} attributes `on...` become handlers; null, undefined and false are left out
 * @param {...(Node|string|null)} children
 */
export function element(name, attributes = {}, ...children) {
  return fill(document.createElement(name), attributes, children);
}

/** Make an SVG element; arguments as for `element`. */
export function svg(name, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, name), attributes, children);
}

/** Set a text only where it differs, so that screen readers and layout are left alone. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** Set or remove an attribute only where it differs. */
export function setAttribute(node, name, value) {
  if (value === null || value === false) node.removeAttribute(name);
  else if (node.getAttribute(name) !== String(value)) node.setAttribute(name, value);
}

/**
 * A key chip. It is given the usual key and shows the one that this reviewer has for it. Chips say the key to the eye; the
 * name of their control says it to a screen reader.
 */
export function keyChip(...usual) {
  const chips = usual.map((name) => element("kbd", { "data-usual": name }, shownKey(name)));
  return element("span", { class: "keys", "aria-hidden": "true" }, ...chips);
}

/** A key that is always the same, as in a text field. */
export function fixedChip(name) {
  return element("kbd", { "aria-hidden": "true" }, name);
}
