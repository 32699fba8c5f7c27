// The row above the maps. Every change stays in the browser.

import { icon, make } from "./dom.js";
import { SCALES, SIGNED, VIEWS } from "./settings.js";

const SHARED_HELP = "All maps share one colour scale, so that their colours can be compared. Without it each map has its own.";

export class Controls {
  constructor(onChange) {
    this.onChange = onChange;
    this.element = make("div", "controls");
    this.view = new ViewChoice((view) => onChange({ view }));
    this.scale = make("select", "select");
    this.scale.setAttribute("aria-label", "Colours of the map");
    this.scale.addEventListener("change", () => onChange({ scale: this.scale.value }));
    this.opacity = new OpacitySlider((opacity) => onChange({ opacity }));
    this.grey = makeSwitch("Grey photo", (isGrey) => onChange({ isGrey }));
    this.shared = makeSwitch("Shared scale", (isShared) => onChange({ isShared }));
    const help = make("span", "help", icon("help", 14));
    help.tabIndex = 0;
    help.setAttribute("role", "note");
    help.setAttribute("aria-label", SHARED_HELP);
    this.shared.row.append(help);
    this.element.append(this.view.element, this.scale, this.opacity.element, this.grey.row, this.shared.row);
  }

  show(settings, { canBeSigned }) {
    this.view.show(settings.view);
    const choices = canBeSigned ? [...SCALES, SIGNED] : SCALES;
    if (this.scale.options.length !== choices.length) {
      this.scale.replaceChildren(...choices.map(({ key, title }) => new Option(`Map: ${title}`, key)));
    }
    this.scale.value = settings.scale === "signed" && !canBeSigned ? "inferno" : settings.scale;
    const hasPhoto = settings.view !== "map";
    this.opacity.show(settings.opacity, hasPhoto);
    this.grey.input.checked = settings.isGrey;
    this.grey.input.disabled = !hasPhoto;
    this.grey.row.title = hasPhoto ? "" : "Map only shows no photo.";
    this.shared.input.checked = settings.isShared;
  }
}

class ViewChoice {
  constructor(onChoose) {
    this.element = make("div", "segments");
    this.element.setAttribute("role", "radiogroup");
    this.element.setAttribute("aria-label", "View");
    this.inputs = VIEWS.map(({ key, title }) => this.add(key, title, onChoose));
  }

  add(key, title, onChoose) {
    const input = make("input");
    input.type = "radio";
    input.name = "view";
    input.value = key;
    input.addEventListener("change", () => onChoose(key));
    this.element.append(make("label", "segment", input, title));
    return input;
  }

  show(view) {
    for (const input of this.inputs) input.checked = input.value === view;
  }
}

class OpacitySlider {
  constructor(onSlide) {
    this.text = make("span", "opacity-text");
    this.input = make("input");
    this.input.type = "range";
    this.input.min = 0;
    this.input.max = 100;
    this.input.step = 5;
    this.input.setAttribute("aria-label", "Opacity of the map");
    this.input.addEventListener("input", () => onSlide(Number(this.input.value)));
    this.element = make("label", "opacity", this.text, this.input);
  }

  show(opacity, isEnabled) {
    this.text.textContent = `Opacity ${opacity} %`;
    this.input.value = opacity;
    this.input.style.setProperty("--filled", `${opacity}%`);
    this.input.setAttribute("aria-valuetext", `${opacity} %`);
    this.input.disabled = !isEnabled;
    this.element.title = isEnabled ? "" : "Map only is always opaque.";
  }
}

function makeSwitch(title, onToggle) {
  const input = make("input");
  input.type = "checkbox";
  input.setAttribute("role", "switch");
  input.addEventListener("change", () => onToggle(input.checked));
  return { input, row: make("span", "switch-row", make("label", "switch", input, title)) };
}
