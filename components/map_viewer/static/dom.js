// Short ways to make an element. Text is always a text node: a title or label is never read as markup.

const SVG = "http://www.w3.org/2000/svg";

export function make(tag, className, ...children) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...children);
  return element;
}

export function makeSvg(tag, attributes, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

const ICONS = {
  warn: "M8 2.5L14.300 13H1.700zM8 6.500v3M8 11v.4",
  help: "M8 2.200a5.800 5.800 0 1 0 0 11.600A5.800 5.800 0 0 0 8 2.200zM6.300 6.400a1.700 1.700 0 1 1 2.500 1.500c-.6.3-.8.6-.8 1.200M8 11.200v.3",
};

export function icon(name, size) {
  const attributes = { class: "icon", width: size, height: size, viewBox: "0 0 16 16", "aria-hidden": "true" };
  return makeSvg("svg", attributes, makeSvg("path", { d: ICONS[name] }));
}
