// Dark one-sentence tooltips after half a second: for elements with data-tip, and for texts that are cut off.

import { make } from "./dom.js";

const DELAY_MS = 500;

export function addTooltips(root) {
  const tip = make("div", "tip");
  tip.setAttribute("aria-hidden", "true");
  tip.hidden = true;
  root.append(tip);
  let timer = 0;
  const hide = () => {
    clearTimeout(timer);
    tip.hidden = true;
  };
  root.addEventListener("pointerover", (event) => {
    hide();
    const target = event.target.closest("[data-tip], .may-cut");
    if (target) timer = setTimeout(() => showAt(tip, target), DELAY_MS);
  });
  for (const name of ["pointerdown", "pointerleave", "keydown", "wheel"]) root.addEventListener(name, hide, { passive: true });
  return hide;
}

function textFor(target) {
  if (target.dataset.tip) return target.dataset.tip;
  const isCut = target.scrollWidth > target.clientWidth || target.scrollHeight > target.clientHeight;
  return isCut ? target.textContent : "";
}

function showAt(tip, target) {
  const text = textFor(target);
  if (!target.isConnected || !text) return;
  const box = target.getBoundingClientRect();
  tip.textContent = text;
  tip.hidden = false;
  const left = Math.min(box.left, window.innerWidth - tip.offsetWidth - 8);
  const below = box.bottom + 4;
  const top = below + tip.offsetHeight > window.innerHeight ? box.top - tip.offsetHeight - 4 : below;
  tip.style.left = `${Math.max(8, left)}px`;
  tip.style.top = `${top}px`;
}
