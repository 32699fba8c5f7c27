// One image of the gallery: the whole photo, its shapes, and the line of facts under it.

import { icon, make } from "./dom.js";
import { drawScores, drawShapes } from "./shapes.js";

const STATUS = {
  new: { icon: "dot", word: "New" },
  accept: { icon: "check", word: "Accepted" },
  correct: { icon: "pencil", word: "Corrected" },
  reject: { icon: "cross", word: "Rejected" },
  skip: { icon: "skip", word: "Skipped" },
  flag: { icon: "flag", word: "Flagged" },
  wrong_evidence: { icon: "evidence", word: "Right label, wrong evidence" },
  send_back: { icon: "back", word: "Sent back" },
  resolve: { icon: "flag", word: "Flag answered" },
};

export function createCell() {
  const element = make("div", "cell");
  element.setAttribute("role", "option");
  const photo = make("div", "photo");
  const check = make("span", "check");
  check.append(icon("check", 12));
  photo.append(make("div", "fit"), check);
  element.append(photo, make("div", "caption"), make("div", "reason may-cut"), make("div", "classes may-cut"));
  return element;
}

// What the reader sees of a cell; `view` is {show, threshold, reasons, hasReasons, hasClassesLine, photoWidth, photoHeight}.
export function fillCell(element, cell, view) {
  const [photo, caption, reason, classes] = element.children;
  fillPhoto(photo, cell, view);
  caption.replaceChildren(...captionParts(cell, view));
  reason.hidden = !view.hasReasons;
  reason.textContent = view.reasons?.[cell.image_id]?.[1] ?? "";
  classes.hidden = !view.hasClassesLine;
  classes.replaceChildren(...classesParts(cell, view.show));
}

export function nameCell(cell, isSelected, reason) {
  if (cell.isPending) return isSelected ? "loading, selected" : "loading";
  const parts = [cell.name, (STATUS[cell.status] ?? STATUS.new).word.toLowerCase()];
  if (cell.problem) parts.push(cell.problem);
  if (cell.labels?.length) parts.push(`label ${cell.labels.join(", ")}`);
  if (cell.predicted?.length) parts.push(`predicted ${cell.predicted.join(", ")}`);
  if (cell.differs) parts.push("label and prediction differ");
  if (reason?.[1]) parts.push(reason[1]);
  else if (typeof cell.score === "number") parts.push(`score ${cell.score.toFixed(2)}`);
  if (isSelected) parts.push("selected");
  return parts.join(", ");
}

function fillPhoto(photo, cell, view) {
  const fit = photo.firstElementChild;
  if (cell.problem) {
    fit.className = "problem may-cut";
    fit.removeAttribute("style");
    fit.replaceChildren(cell.problem);
    return;
  }
  fit.className = "fit";
  if (cell.isPending) return fit.replaceChildren();
  const size = containedSize(cell, view);
  fit.style.width = `${size.width}px`;
  fit.style.height = `${size.height}px`;
  const image = keepImage(fit, cell.thumb);
  const overlay = [drawShapes(cell, size, view.show), ...drawScores(cell, size, view.show)].filter(Boolean);
  for (const old of [...fit.children]) if (old !== image) old.remove();
  fit.append(...overlay);
}

// The rectangle that the whole photo takes inside its cell; the shapes take exactly the same.
function containedSize(cell, view) {
  const scale = Math.min(view.photoWidth / cell.width, view.photoHeight / cell.height);
  return { width: cell.width * scale, height: cell.height * scale };
}

// The same <img> stays as long as its address does: a new status must not make the photo blink.
function keepImage(fit, address) {
  const old = fit.querySelector("img");
  if (old?.getAttribute("src") === address) return old;
  const image = make("img");
  image.alt = "";
  image.decoding = "async";
  image.draggable = false;
  image.src = address;
  image.onerror = () => fit.classList.add("missing");
  fit.classList.remove("missing");
  fit.replaceChildren(image);
  return image;
}

function captionParts(cell, view) {
  if (cell.isPending) return [];
  const parts = [make("span", "name may-cut", cell.name)];
  if (view.reasons) return [...parts, figurePart(view.reasons[cell.image_id]?.[0]), statusPart(cell.status)];
  if (cell.differs) parts.push(make("span", "pill", "differs"));
  if (!cell.problem) parts.push(scorePart(cell.score, view.threshold));
  parts.push(statusPart(cell.status));
  return parts;
}

function figurePart(figure) {
  return make("span", "figure", typeof figure === "number" ? figure.toFixed(3) : "–");
}

function scorePart(score, threshold) {
  if (typeof score !== "number") return make("span", "score", "–");
  return make("span", score < threshold ? "score low" : "score", score.toFixed(2));
}

function statusPart(status) {
  const { icon: name, word } = STATUS[status] ?? STATUS.new;
  const part = make("span", `status ${status}`);
  part.dataset.tip = word;
  part.append(icon(name, 14));
  return part;
}

function classesParts(cell, show) {
  const labels = show.has("labels") ? (cell.labels ?? []) : [];
  const predicted = show.has("predictions") ? (cell.predicted ?? []) : [];
  const parts = [];
  if (labels.length > 0) parts.push(make("span", "label", labels.join(", ")));
  if (predicted.length > 0) {
    parts.push(make("span", "grey", parts.length > 0 ? "; predicted " : "predicted "));
    parts.push(make("span", cell.differs ? "predicted wrong" : "predicted", predicted.join(", ")));
  }
  return parts;
}
