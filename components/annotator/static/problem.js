/** What stands on the stage instead of a photo: why there is none, and the one thing to do. */

import { element } from "./dom.js";
import { icon } from "./icons.js";
import { count, duration, plural } from "./words.js";

/** @returns {{name: string, sign?: string, title: string, text: string, actions?: [string, string][]}|null} actions: words and command */
function problemOf(desk) {
  const { entry, queue } = desk;
  if (entry && !entry.item.readable)
    return {
      name: "unreadable",
      sign: "warning",
      title: `${entry.item.name} cannot be read`,
      text: `${entry.item.problem} Reject, skip or flag it; the other images are not affected.`,
    };
  if (entry?.isBroken && entry.isPassing)
    return {
      name: "broken",
      sign: "warning",
      title: `${entry.item.name} cannot be loaded`,
      text: `${entry.problem} It is tried again until it is there.`,
      actions: [
        ["Try again", "reload-image"],
        ["Next image", "next"],
      ],
    };
  if (entry?.isBroken)
    return {
      name: "broken",
      sign: "warning",
      title: `${entry.item.name} cannot be loaded`,
      text: `${entry.problem} Reject, skip or flag it; the other images are not affected.`,
      actions: [
        ["Next image", "next"],
        ["Try again", "reload-image"],
      ],
    };
  if (entry) return null;
  if (queue.error)
    return {
      name: "failed",
      sign: "warning",
      title: "The queue cannot be loaded",
      text: queue.error.sentence,
      actions: [["Try again", "reload-queue"]],
    };
  if ((queue.isLoading || !queue.hasEnded) && !queue.isLookingAgain) return { name: "loading", title: "", text: "" };
  if (desk.isPending())
    return {
      name: "saving",
      title: "These were the last images",
      text: "Once everything is saved, the queue is looked through again.",
    };
  return endOf(queue, desk);
}

const WHOLE = ["Back to the whole project", "whole-project"];

function endOf({ totals }, desk) {
  const { worklist } = desk;
  if (worklist && !totals.total)
    return {
      name: "empty",
      title: "No image of this list is left",
      text: `The images of "${worklist.title}" are not in the project any more.`,
      actions: [WHOLE],
    };
  if (!totals.total)
    return {
      name: "empty",
      title: "No images yet",
      text: "Choose a folder of JPEG, PNG, WebP or TIFF images in Workspace, or open the demo project.",
      actions: [["Open Workspace", "go-workspace"]],
    };
  const skipped = totals.skipped ? ` ${plural(totals.skipped, "image")} stayed skipped.` : "";
  const open = Math.max(totals.total - desk.decided - totals.skipped, 0);
  if (open)
    return {
      name: "held",
      title: "No open image is free",
      text: `${heldWords(desk.queue.held)}${count(desk.decided)} of ${count(totals.total)} images are reviewed.${skipped}`,
      actions: [["Look again", "reload-queue"], ...(worklist ? [WHOLE] : [])],
    };
  if (worklist)
    return {
      name: "done",
      title: `${count(desk.decided)} of ${plural(totals.total, "image")} on this list reviewed`,
      text: `These were the images of "${worklist.title}".${skipped}`,
      actions: [WHOLE],
    };
  const title = totals.skipped
    ? `${count(desk.decided)} of ${count(totals.total)} images are reviewed`
    : `All ${count(totals.total)} images are reviewed`;
  return {
    name: "done",
    title,
    text: `The corrected labels are ready in Export.${skipped}`,
    actions: [["Open Export", "go-export"]],
  };
}

/** Who works on what is left. */
function heldWords(held) {
  if (!held) return "The queue is looked through again every minute. ";
  const [one, ...others] = held.reviewers;
  const who = others.length ? `${one} and ${plural(others.length, "other")}` : one;
  const work = others.length ? "work" : "works";
  const when = `the first is free in ${duration(held.free_in)} at the latest`;
  return `${who} ${work} on ${plural(held.images, "open image")}; ${when}, and is shown then. `;
}

export class Problem {
  constructor(desk) {
    this.desk = desk;
    this.root = element("div", { class: "problem", hidden: true });
  }

  /** @returns {string} the name of the problem, "" when there is a photo to show */
  render() {
    const problem = problemOf(this.desk);
    this.root.hidden = !problem;
    const shown = JSON.stringify(problem);
    if (!problem || this.shown === shown) return problem?.name ?? "";
    this.shown = shown;
    this.root.dataset.problem = problem.name;
    this.root.replaceChildren(
      ...(problem.name === "loading"
        ? [element("div", { class: "block", role: "img", "aria-label": "The queue is loading" })]
        : [this.card(problem)]),
    );
    return problem.name;
  }

  card({ sign, title, text, actions = [] }) {
    const buttons = actions.map(([words, command], index) =>
      element(
        "button",
        { type: "button", class: index ? "button" : "button primary", onclick: () => this.desk.run(command) },
        words,
      ),
    );
    const heading = element("h2", {}, sign ? icon(sign) : null, title);
    return element(
      "div",
      { class: "card", role: "status" },
      heading,
      element("p", {}, text),
      buttons.length ? element("div", { class: "row" }, ...buttons) : null,
    );
  }
}
