/** Commands that change how the photo is seen, and nothing about it. */

import { SCALES } from "./adjustment.js";

const STEP = 0.15; // of the stage
const SIDES = { Left: [1, 0], Right: [-1, 0], Up: [0, 1], Down: [0, -1] };

export const VIEW_COMMANDS = {
  "zoom-in": (desk) => desk.stage.look((viewport) => viewport.zoomBy(1.25)),
  "zoom-out": (desk) => desk.stage.look((viewport) => viewport.zoomBy(0.8)),
  fit: (desk) => desk.stage.look((viewport) => viewport.fit()),
  "actual-size": (desk) => desk.stage.look((viewport) => viewport.actualSize()),
  pan: (desk, side) => pan(desk, SIDES[side]),

  brighter: (desk) => adjust(desk, "brightness", 1),
  darker: (desk) => adjust(desk, "brightness", -1),
  "more-contrast": (desk) => adjust(desk, "contrast", 1),
  "less-contrast": (desk) => adjust(desk, "contrast", -1),
  "more-gamma": (desk) => adjust(desk, "gamma", 1),
  "less-gamma": (desk) => adjust(desk, "gamma", -1),
  neutral: (desk) => {
    desk.adjustment.reset();
    desk.say("The photo is shown as it is.");
  },
};

function pan(desk, [x, y]) {
  desk.stage.look((viewport) => viewport.pan(x * STEP * viewport.stageWidth, y * STEP * viewport.stageHeight));
}

function adjust(desk, name, direction) {
  desk.adjustment.step(name, direction);
  const { title, words } = SCALES[name];
  desk.say(`${title} ${words(desk.adjustment.values[name])}.`);
}
