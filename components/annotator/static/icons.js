/** Outline icons, 16 px grid, 1.6 px stroke, in the colour of the text around them. */

import { svg } from "./dom.js";

const PATHS = {
  accept: "M2.8 8.6 6.2 12 13.2 4.4",
  correct: "M2.8 13.2l.7-2.9 7.2-7.2 2.2 2.2-7.2 7.2zM9.2 4.6l2.2 2.2",
  reject: "M4 4l8 8M12 4l-8 8",
  skip: "M3.6 4v8L9 8zM12 4v8",
  flag: "M4 14V2.6h8L10.2 5.8 12 9H4",
  wrong_evidence: "M8 2.4a5.6 5.6 0 1 0 0 11.2A5.6 5.6 0 0 0 8 2.4zM4.2 11.8l7.6-7.6",
  send_back: "M7 3.4 2.6 7.6 7 11.8V9.2h3.2a3 3 0 0 1 3 3v.6",
  lock: "M4 7.4h8v6.2H4zM5.6 7.4V5.2a2.4 2.4 0 0 1 4.8 0v2.2",
  resolve: "M2.6 3.4h10.8v7.4H7.4l-3 2.6v-2.6H2.6zM5.4 7.2l1.8 1.8 3.4-3.6",
  brush: "M13.4 2.6 7.6 8.4M6.2 8.2c-2 0-2.6 1.4-2.6 2.8 0 .9-.5 1.5-1.2 1.8 2.6 1 5.6.3 5.6-2.4A1.9 1.9 0 0 0 6.2 8.2z",
  eraser: "M6.4 13.2 2.8 9.6 9.2 3.2l4.2 4.2-5.8 5.8zM5.8 6.6l4.2 4.2",
  link: "M6.6 9.4a2.6 2.6 0 0 0 3.7 0l2.3-2.3a2.6 2.6 0 0 0-3.7-3.7L8 4.3M9.4 6.6a2.6 2.6 0 0 0-3.7 0L3.4 8.9a2.6 2.6 0 0 0 3.7 3.7l.9-.9",
  history: "M2.6 8a5.4 5.4 0 1 0 1.6-3.8L2.6 5.8M2.6 2.8v3h3M8 5v3.2l2.2 1.4",
  edit: "M3.8 2.6l8.8 5-3.9 1.1L6.5 12.3z",
  box: "M2.8 3.8h10.4v8.4H2.8z",
  polygon: "M8 2.4l5.6 4.1-2.1 6.7h-7L2.4 6.5z",
  saliency:
    "M8 2.2c2.9 2.2 4.2 4.2 4.2 6.6a4.2 4.2 0 0 1-8.4 0C3.8 6.4 5.1 4.4 8 2.2zM8 8.2c1.1.9 1.6 1.6 1.6 2.5A1.6 1.6 0 0 1 8 12.3",
  overlays:
    "M1.6 8S3.9 3.9 8 3.9 14.4 8 14.4 8 12.1 12.1 8 12.1 1.6 8 1.6 8zM8 6.1a1.9 1.9 0 1 0 0 3.8 1.9 1.9 0 0 0 0-3.8z",
  repeat: "M3 6.4a5.2 5.2 0 0 1 9.3-1.2M12.8 2.4v3h-3M13 9.6a5.2 5.2 0 0 1-9.3 1.2M3.2 13.6v-3h3",
  undo: "M5.6 3 2.6 6l3 3M2.6 6h7.2a3.5 3.5 0 0 1 0 7H6.2",
  redo: "M10.4 3l3 3-3 3M13.4 6H6.2a3.5 3.5 0 0 0 0 7h3.6",
  previous: "M10 3 5 8l5 5",
  next: "M6 3l5 5-5 5",
  search: "M7 2.6a4.4 4.4 0 1 0 0 8.8 4.4 4.4 0 0 0 0-8.8zM10.2 10.2 13.8 13.8",
  warning: "M8 2.6 14.2 13.2H1.8zM8 6.6v3.2M8 11.3v.3",
  waiting: "M8 2.3a5.7 5.7 0 1 0 0 11.4A5.7 5.7 0 0 0 8 2.3zM8 5v3.2l2.2 1.3",
  image: "M2.6 3.6h10.8v8.8H2.6zM2.6 10.4l3.1-3.1 3 3 2-1.8 2.7 2.5",
  delete: "M3 4.6h10M6.2 4.6V2.8h3.6v1.8M4.4 4.6l.6 8.6h6l.6-8.6",
  minus: "M3.2 8h9.6",
  plus: "M8 3.2v9.6M3.2 8h9.6",
  adjust: "M8 2.4a5.6 5.6 0 1 0 0 11.2A5.6 5.6 0 0 0 8 2.4zM8 2.4v11.2M8 5h4.4M8 8h5.4M8 11h4.4",
  fit: "M2.6 6V2.6H6M10 2.6h3.4V6M13.4 10v3.4H10M6 13.4H2.6V10",
  unfold: "M4 6.2l4 4 4-4",
  new: "M8 6.2a1.8 1.8 0 1 0 0 3.6 1.8 1.8 0 0 0 0-3.6z",
};

/**
 * @param {keyof typeof PATHS} name
 * @param {number} size width and height in pixels at the usual size of text
 */
export function icon(name, size = 16) {
  const path = svg("path", { d: PATHS[name] });
  const style = `width: calc(${size} * var(--u)); height: calc(${size} * var(--u))`; // grows with the text
  return svg("svg", { class: "icon", style, viewBox: "0 0 16 16", "aria-hidden": "true" }, path);
}
