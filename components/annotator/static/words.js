/** How numbers, times and verdicts are written. */

export const VERDICTS = {
  new: "not reviewed",
  accept: "accepted",
  correct: "corrected",
  reject: "rejected",
  skip: "skipped",
  flag: "flagged",
  wrong_evidence: "marked as wrong evidence",
  send_back: "sent back",
  resolve: "answered",
};

export const REASONS = [
  "Not in the class list",
  "Image unusable",
  "Label cannot be decided",
  "Duplicate image",
  "Other",
];

const WHOLE = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

/** 4139 -> "4,139" */
export function count(number) {
  return WHOLE.format(Math.round(number));
}

/** "1 decision", "3 decisions" */
export function plural(number, noun, nouns = `${noun}s`) {
  return `${count(number)} ${number === 1 ? noun : nouns}`;
}

/** A score with two decimals, as on photos and in lists; "–" when there is none. */
export function score(value) {
  return value === null || value === undefined ? "–" : value.toFixed(2);
}

/** Seconds to 1, from 90 s minutes, from 90 min tenths of an hour. */
export function duration(seconds) {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}

/** A time taken, to a hundredth under a second, above it three significant digits: 0.21 s, 8.40 s, 41.2 s. */
export function seconds(value) {
  return `${value < 1 ? value.toFixed(2) : value.toPrecision(3)} s`;
}

/** A moment as the reviewer's clock shows it: the time, before today with the date. */
export function clockTime(iso) {
  const moment = new Date(iso);
  if (Number.isNaN(moment.getTime())) return iso;
  const pad = (number) => String(number).padStart(2, "0");
  const time = [moment.getHours(), moment.getMinutes(), moment.getSeconds()].map(pad).join(":");
  const date = [moment.getFullYear(), pad(moment.getMonth() + 1), pad(moment.getDate())].join("-");
  return moment.toDateString() === new Date().toDateString() ? time : `${date} ${time}`;
}

export function capitalised(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** The name of an object for a screen reader: "truck, score 0.58, 5 of 9". */
export function objectName(object, position, total) {
  const says = { prediction: `score ${score(object.score)}`, label: "label", correction: "corrected" }[object.source];
  return `${object.label}, ${says}, ${position} of ${total}`;
}
