/** The panel beside the photo: classes, prediction, what is in the image, decided images like it, what the class is. */

import { Classes } from "./classes.js";
import { element } from "./dom.js";
import { Facts } from "./facts.js";
import { Guide } from "./guide.js";
import { Nearest } from "./nearest.js";
import { Objects } from "./objects.js";
import { Prediction } from "./prediction.js";

export class Side {
  constructor(desk) {
    this.classes = new Classes(desk);
    this.prediction = new Prediction(desk);
    this.objects = new Objects(desk);
    this.facts = new Facts(desk);
    this.nearest = new Nearest(desk);
    this.guide = new Guide(desk, this.classes);
    this.parts = [this.classes, this.prediction, this.objects, this.facts, this.nearest, this.guide];
    this.root = element(
      "aside",
      { class: "side", "aria-label": "Classes and objects" },
      ...this.parts.map((part) => part.root),
    );
  }

  render() {
    for (const part of this.parts) part.render();
  }

  destroy() {
    this.nearest.destroy();
  }
}
