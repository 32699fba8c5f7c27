/** The panel beside the photo: classes, prediction, and what is in the image. */

import { Classes } from "./classes.js";
import { element } from "./dom.js";
import { Facts } from "./facts.js";
import { Objects } from "./objects.js";
import { Prediction } from "./prediction.js";

export class Side {
  constructor(desk) {
    this.classes = new Classes(desk);
    this.prediction = new Prediction(desk);
    this.objects = new Objects(desk);
    this.facts = new Facts(desk);
    this.parts = [this.classes, this.prediction, this.objects, this.facts];
    this.root = element(
      "aside",
      { class: "side", "aria-label": "Classes and objects" },
      ...this.parts.map((part) => part.root),
    );
  }

  render() {
    for (const part of this.parts) part.render();
  }
}
