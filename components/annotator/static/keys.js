/** Which key usually does what: the one table that the desk obeys and the overlay of all keys shows. See `keymap.js`. */

const DIGITS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "0"];

/**
 * @typedef {object} Binding
 * @property {string} command
 * @property {string[]} keys as `keyName` writes them; a command is given the last part of its usual key, e.g. "Left"
 * @property {string} does for the overlay; bindings without it are listed with those before them
 * @property {string} [name] what it does in a word or two, where the beginning of `does` is not that
 * @property {string} [shows] how a gesture without keys is written
 * @property {string} group
 * @property {boolean} [isHeld] whether it acts while its key is down
 * @property {boolean} [isFixed] whether its key can never be another one
 * @property {boolean} [repeats] whether holding the key repeats it
 * @property {"objects"} [only] for projects with boxes or polygons
 */

/** @type {Binding[]} */
export const BINDINGS = [
  { group: "Decide", command: "accept", keys: ["Enter", "Space"], does: "Accept as shown, go to the next" },
  { group: "Decide", command: "reject", keys: ["X"], does: "Reject, then 1 to 5 for a reason" },
  { group: "Decide", command: "skip", keys: ["S"], does: "Skip; it comes once more at the end" },
  { group: "Decide", command: "flag", keys: ["F"], does: "Flag with a comment, on a place if one is marked" },
  { group: "Decide", command: "answer", keys: ["N"], does: "Answer the flag of this image" },
  { group: "Decide", command: "send-back", keys: ["K"], does: "Send back with a note (leads)" },
  { group: "Decide", command: "wrong-evidence", keys: ["W"], does: "Right label, wrong evidence: brush over it" },
  {
    group: "Decide",
    command: "brush-smaller",
    keys: ["["],
    does: "Size of the brush; meanwhile B brushes, E erases",
    repeats: true,
  },
  { group: "Decide", command: "brush-larger", keys: ["]"], name: "Size of the brush", repeats: true },
  { group: "Decide", command: "take-object", keys: ["O"], does: "Brush the whole selected object", only: "objects" },
  { group: "Decide", command: "resolve-conflict", keys: ["Y"], does: "Choose between two people's changes, see what was refused" },
  { group: "Decide", command: "undo", keys: ["Ctrl+Z"], does: "Undo, across images", repeats: true },
  { group: "Decide", command: "redo", keys: ["Ctrl+Shift+Z", "Ctrl+Y"], does: "Redo", repeats: true },
  {
    group: "Class",
    command: "class",
    keys: DIGITS,
    name: "Class by number",
    does: "Set the class of the selection, or of the image",
  },
  { group: "Class", command: "search", keys: ["/"], does: "Search all classes" },
  { group: "Class", command: "take-over", keys: ["M"], does: "Take the model's answer over" },
  {
    group: "Class",
    command: "take-missing",
    keys: ["Shift+M"],
    does: "Add the predicted objects that the label lacks",
    only: "objects",
  },
  { group: "Go", command: "previous", keys: ["A"], does: "Previous image", repeats: true },
  { group: "Go", command: "next", keys: ["D"], does: "Next image", repeats: true },
  {
    group: "Go",
    command: "arrow-left",
    keys: ["Left"],
    does: "Previous, next; with a selection nudge it",
    repeats: true,
  },
  { group: "Go", command: "arrow-right", keys: ["Right"], name: "Next", repeats: true },
  { group: "Look", command: "peek", keys: ["Z"], does: "Peek at the saliency map", isHeld: true },
  { group: "Look", command: "latch", keys: ["Shift+Z"], does: "Keep the map on, or take it off" },
  { group: "Look", command: "fainter", keys: [","], does: "Opacity of the map", repeats: true },
  { group: "Look", command: "stronger", keys: ["."], name: "Opacity of the map", repeats: true },
  { group: "Look", command: "hide", keys: ["V"], does: "Hide all overlays", isHeld: true },
  { group: "Look", command: "compare", keys: ["L"], does: "Label and prediction together" },
  {
    group: "Look",
    command: "zoom-in",
    keys: ["+", "="],
    does: "Zoom; also wheel and pinch",
    repeats: true,
  },
  { group: "Look", command: "zoom-out", keys: ["-", "_"], name: "Zoom out", repeats: true },
  { group: "Look", command: "fit", keys: ["Shift+0"], does: "Fit the photo" },
  { group: "Look", command: "actual-size", keys: ["Shift+1"], does: "Actual size" },
  ...["Left", "Right", "Up", "Down"].map((side, index) => ({
    group: "Look",
    command: "pan",
    keys: [`Ctrl+Shift+${side}`],
    does: index ? undefined : "Move the photo; also drag it",
    name: "Move the photo",
    repeats: true,
  })),
  { group: "Look", command: "brighter", keys: ["U"], does: "Brightness of the view", repeats: true },
  { group: "Look", command: "darker", keys: ["Shift+U"], name: "Less brightness", repeats: true },
  { group: "Look", command: "more-contrast", keys: ["C"], does: "Contrast of the view", repeats: true },
  { group: "Look", command: "less-contrast", keys: ["Shift+C"], name: "Less contrast", repeats: true },
  { group: "Look", command: "more-gamma", keys: ["G"], does: "Gamma of the view", repeats: true },
  { group: "Look", command: "less-gamma", keys: ["Shift+G"], name: "Less gamma", repeats: true },
  { group: "Look", command: "neutral", keys: ["Q"], does: "Show the photo as it is" },
  {
    group: "Objects",
    command: "cycle",
    keys: ["Tab"],
    does: "Next object, smallest first",
    only: "objects",
    repeats: true,
  },
  {
    group: "Objects",
    command: "cycle-back",
    keys: ["Shift+Tab"],
    does: "Previous object",
    only: "objects",
    repeats: true,
  },
  { group: "Objects", command: "box", keys: ["B"], does: "Draw a box: two clicks, or drag", only: "objects" },
  { group: "Objects", command: "polygon", keys: ["P"], does: "Draw a polygon", only: "objects" },
  { group: "Objects", command: "edit", keys: ["E"], does: "Edit shapes", only: "objects" },
  { group: "Objects", command: "repeat", keys: ["R"], does: "Repeat the previous image's boxes", only: "objects" },
  {
    group: "Objects",
    command: "delete",
    keys: ["Delete", "Backspace"],
    does: "Delete the object or vertex",
    only: "objects",
  },
  { group: "Objects", command: "copy", keys: ["Ctrl+C"], does: "Copy the selected objects", only: "objects" },
  { group: "Objects", command: "paste", keys: ["Ctrl+V"], does: "Paste them, also into another image", only: "objects" },
  ...arrows("nudge", "", "Nudge 1 px", ["Up", "Down"]),
  ...arrows("nudge-far", "Shift+", "Nudge 10 px"),
  ...arrows("grow", "Alt+", "Move the right or bottom edge 1 px"),
  ...arrows("grow-far", "Alt+Shift+", "Move that edge 10 px"),
  ...[
    { command: "select-all", keys: ["Ctrl+A"], does: "Select all objects" },
    { command: "select-alike", keys: ["Shift+A"], does: "Select all objects of the same class" },
    { command: "add-next", keys: ["Ctrl+Down"], does: "Add the next or previous object", repeats: true },
    { command: "add-previous", keys: ["Ctrl+Up"], name: "Add the previous object", repeats: true },
    { command: "", keys: [], shows: "Ctrl click", does: "Add to the selection, or take out; also in the list" },
    { command: "", keys: [], shows: "Shift drag", does: "Select what lies wholly inside a frame" },
    { command: "", keys: [], shows: "Click again", does: "Select the next larger object in the same place" },
  ].map((binding) => ({ group: "Select", only: "objects", ...binding })),
  ...[
    { command: "segment", keys: ["Shift+P"], does: "Add a segment; inside the outline it is a hole" },
    { command: "delete-segment", keys: ["Shift+Delete", "Shift+Backspace"], does: "Delete the segment of the chosen point" },
    { command: "next-point", keys: ["T"], does: "Next or previous point", repeats: true },
    { command: "previous-point", keys: ["Shift+T"], name: "Previous point", repeats: true },
    { command: "add-point", keys: ["I"], does: "Add a point behind the chosen one" },
    { command: "", keys: [], shows: "Click an edge", does: "Add a point there" },
    { command: "", keys: [], shows: "Shift click", does: "Redraw a section, from point to point" },
  ].map((binding) => ({ group: "Polygons", only: "objects", ...binding })),
  { group: "Go", command: "jump", keys: ["J"], does: "Go to a file" },
  { group: "Go", command: "copy-link", keys: ["Shift+L"], does: "Copy the link to the image" },
  { group: "Go", command: "history", keys: ["H"], does: "History of the image and its objects" },
  { group: "Go", command: "escape", keys: ["Escape"], does: "Cancel, unselect, leave the desk", isFixed: true },
  { group: "Go", command: "help", keys: ["?"], does: "All keys" },
];

function arrows(command, modifier, does, names = ["Left", "Right", "Up", "Down"]) {
  return names.map((name, index) => ({
    group: "Objects",
    command,
    keys: [modifier + name],
    does: index ? undefined : does,
    name: does,
    repeats: true,
    only: "objects",
  }));
}

const NAMED = { " ": "Space", ArrowLeft: "Left", ArrowRight: "Right", ArrowUp: "Up", ArrowDown: "Down", "−": "-" };

/**
 * The name of a pressed key with its modifiers, e.g. "Ctrl+Shift+Z". Digits go by the physical key, so that keyboards
 * that write digits with Shift only (AZERTY) need none; letters by what is printed, or by place in other alphabets.
 * @param {KeyboardEvent} event
 */
export function keyName(event) {
  const digit = /^(?:Digit|Numpad)(\d)$/.exec(event.code)?.[1];
  const isPad = event.code.startsWith("Numpad");
  const writesSign = ["/", "?"].includes(event.key);
  const isDigit = digit !== undefined && !writesSign && (!isPad || event.key === digit);
  const letter = /^[a-z]$/i.test(event.key) ? event.key : /^Key([A-Z])$/.exec(event.code)?.[1];
  const name = isDigit ? digit : (letter?.toUpperCase() ?? NAMED[event.key] ?? event.key);
  const isSign = !isDigit && name.length === 1 && !letter;
  const modifiers = [
    (event.ctrlKey || event.metaKey) && "Ctrl",
    event.altKey && "Alt",
    event.shiftKey && !isSign && "Shift",
  ];
  return [...modifiers.filter(Boolean), name].join("+");
}

/** The table by usual key. @returns {Map<string, Binding & {key: string, argument: string}>} */
export function bindingsByKey(bindings = BINDINGS) {
  const table = new Map();
  for (const binding of bindings) {
    for (const key of binding.keys) {
      if (table.has(key)) throw new Error(`The key ${key} belongs to "${table.get(key).command}" already.`);
      table.set(key, { ...binding, key, argument: key.split("+").at(-1) });
    }
  }
  return table;
}

const WRITTEN = { Left: "←", Right: "→", Up: "↑", Down: "↓", Escape: "Esc", Delete: "Del", "-": "−" };

/** How a key stands on its chip: "Ctrl+Shift+Z" -> "Ctrl Shift Z". */
export function writtenKey(key) {
  const parts = key.split(/\+(?=.)/);
  return [...parts.slice(0, -1), WRITTEN[parts.at(-1)] ?? parts.at(-1)].join(" ");
}

/** What a binding does, in a word or two. */
export function nameOf({ name, does, command }) {
  return name ?? does?.split(/[,;:]/)[0] ?? command;
}
