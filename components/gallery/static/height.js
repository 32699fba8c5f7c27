// The gallery scrolls inside itself, so it takes what is left of the window below its top.

const LEAST_HEIGHT = 420;
const BOTTOM_MARGIN = 16;

function ancestorsOf(element) {
  const found = [];
  let node = element.parentNode;
  while (node && node !== document) {
    if (node instanceof Element) found.push(node);
    node = node.parentNode ?? node.host;
  }
  return found;
}

function topOnPage(element) {
  const scrolled = ancestorsOf(element).reduce((sum, node) => sum + node.scrollTop, 0);
  return element.getBoundingClientRect().top + scrolled;
}

// Keeps the element's height right while the window or anything above it changes; returns a stop function.
export function fillWindow(element) {
  const fit = () => {
    const height = Math.max(LEAST_HEIGHT, Math.floor(window.innerHeight - topOnPage(element) - BOTTOM_MARGIN));
    if (element.style.height !== `${height}px`) element.style.height = `${height}px`;
  };
  // An ancestor grows when something above the gallery does; the observer reports at once as well.
  const observer = new ResizeObserver(fit);
  for (const node of ancestorsOf(element)) observer.observe(node);
  window.addEventListener("resize", fit);
  fit();
  return () => {
    observer.disconnect();
    window.removeEventListener("resize", fit);
  };
}
