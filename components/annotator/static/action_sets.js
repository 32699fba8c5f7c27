/** What takes the place of the decisions in the action bar: reasons, a comment, the brush. */

import { element, fixedChip, keyChip, setAttribute, setText } from "./dom.js";
import { icon } from "./icons.js";
import { REASONS } from "./words.js";

/** The reasons of a rejection, under the digits. */
export function reasonSet(actions) {
  const reasons = REASONS.map((reason, index) =>
    actions.button(reason, "reason", { key: String(index + 1), sign: "", argument: String(index + 1) }),
  );
  return element(
    "div",
    { class: "set", role: "group", "aria-label": "Reason for the rejection", hidden: true },
    element("strong", {}, "Reject because"),
    ...reasons,
    cancel(actions),
  );
}

function cancel(actions) {
  return actions.button("Cancel", "escape", { key: "Esc", sign: "", kind: "plain" });
}

/** A text field with the place on the photo that it is about. */
export function commentSet(actions) {
  const { desk } = actions;
  const field = element("input", {
    type: "text",
    class: "field",
    maxlength: "2000",
    oninput: () => desk.keepAside(),
    onkeydown: (event) => key(event),
  });
  const key = (event) => {
    if (event.isComposing) return;
    if (event.key === "Enter") save();
    else if (event.key === "Escape") desk.run("escape");
    else return;
    event.preventDefault();
  };
  const save = () => desk.run("save-comment", field.value);
  const sign = element("span", { class: "row" });
  const words = element("span", { class: "words" });
  const button = element("button", { type: "button", class: "button primary", onclick: save }, sign, words, fixedChip("Enter"));
  const place = element("span", { class: "grey place" });
  const whole = element(
    "button",
    { type: "button", class: "quiet", "aria-label": "Flag the whole image instead", onclick: () => clear(desk) },
    "Whole image",
  );
  const root = element("div", { class: "set wide", role: "group", hidden: true }, field, place, whole, button, cancel(actions));
  return {
    root,
    field,
    /** @param {typeof import("./modes.js").MODES.flag} mode */
    name(mode) {
      setAttribute(root, "aria-label", mode.title);
      setAttribute(field, "aria-label", mode.field);
      setAttribute(field, "placeholder", mode.placeholder);
      setText(words, mode.button);
      sign.replaceChildren(icon(mode.sign));
    },
    render({ mode, marks }) {
      place.hidden = mode !== "flag";
      whole.hidden = mode !== "flag" || !marks.box;
      setText(place, marks.box ? "about the marked place" : "Drag on the photo to mark a place, or click an object");
    },
  };
}

function clear(desk) {
  desk.marks.box = null;
  desk.marks.changed();
  desk.actions.field.focus();
}

/** The brush for evidence: tool, size, and what ends it. */
export function brushSet(actions) {
  const brush = actions.button("Brush", "box", { key: "B", sign: "brush" });
  const eraser = actions.button("Eraser", "edit", { key: "E", sign: "eraser" });
  const size = element("span", { class: "brush-size", "aria-label": "Size of the brush" });
  const root = element(
    "div",
    { class: "set", role: "group", "aria-label": "Right label, wrong evidence", hidden: true },
    element("strong", {}, "Brush over the wrong evidence"),
    brush,
    eraser,
    actions.button("Smaller", "brush-smaller", { key: "[", sign: "minus", kind: "plain rare" }),
    size,
    actions.button("Larger", "brush-larger", { key: "]", sign: "plus", kind: "plain rare" }),
    actions.button("Take object", "take-object", { key: "O", sign: "", kind: "plain objects-only" }),
    actions.button("Undo", "undo", { key: "Ctrl Z", kind: "plain rare" }),
    actions.button("Save wrong evidence", "save-evidence", { key: "Enter", sign: "wrong_evidence", kind: "primary" }),
    cancel(actions),
  );
  return {
    root,
    render({ marks, hasObjects }) {
      setAttribute(brush, "aria-pressed", String(!marks.brush.isErasing));
      setAttribute(eraser, "aria-pressed", String(marks.brush.isErasing));
      setText(size, `${marks.brush.size} px`);
      root.querySelector(".objects-only").hidden = !hasObjects;
    },
  };
}
