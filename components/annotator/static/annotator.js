/**
 * The review desk as a Streamlit component. Streamlit calls the default export again with every new `data` and on a change
 * of theme, and runs only the last cleanup it got, at unmount: so there is one desk per place, and later calls update it.
 */

import { Desk } from "./desk.js";

const desks = new WeakMap();

export default function annotator(component) {
  const { parentElement, data } = component;
  const known = desks.get(parentElement);
  if (known?.data.project === data.project && known.data.reviewer === data.reviewer) known.update(component);
  else {
    known?.destroy();
    desks.set(parentElement, new Desk(component));
  }
  return () => {
    desks.get(parentElement)?.destroy();
    desks.delete(parentElement);
  };
}
