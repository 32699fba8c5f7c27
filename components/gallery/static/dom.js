// Three short ways to make an element. Text is always a text node: a label is never read as markup.

const SVG = "http://www.w3.org/2000/svg";

export function make(tag, className, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

export function makeSvg(tag, attributes = {}) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

const ICONS = {
  check: "M3 8.5l3.2 3.2L13 4.8",
  pencil: "M3 13l.6-2.6L10.8 3.2l2 2L5.6 12.4zM9.6 4.4l2 2",
  cross: "M4 4l8 8M12 4l-8 8",
  skip: "M3.5 4l5 4-5 4zM11.5 4v8",
  flag: "M4 14V2.5h7.5L9.8 5.6l1.7 3.1H4",
  back: "M7 3.5L2.5 8 7 12.5M2.5 8H11a2.5 2.5 0 0 1 2.5 2.5V12",
  dot: "M8 6a2 2 0 1 0 0 4 2 2 0 0 0 0-4z",
  evidence: "M2.5 13.5l11-11M1.8 8S4 3.8 8 3.8 14.2 8 14.2 8 12 12.2 8 12.2 1.8 8 1.8 8z",
};

export function icon(name, size) {
  const svg = makeSvg("svg", { class: "icon", width: size, height: size, viewBox: "0 0 16 16", "aria-hidden": "true" });
  svg.append(makeSvg("path", { d: ICONS[name] }));
  return svg;
}
