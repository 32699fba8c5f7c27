() => {
  // What a demanding reader would find wrong with the layout of the page: sentences, none when all is well.

  const everything = [];
  const walk = (root) => {
    for (const node of root.querySelectorAll("*")) {
      everything.push(node);
      if (node.shadowRoot) walk(node.shadowRoot);
    }
  };
  walk(document);

  const parentOf = (node) => node.parentElement ?? node.getRootNode().host ?? null;
  const name = (node) =>
    `${node.tagName.toLowerCase()} "${(node.getAttribute("aria-label") || node.innerText || "").trim().slice(0, 40)}"`;
  const isShown = (node) => {
    const box = node.getBoundingClientRect();
    return box.width > 1 && box.height > 1 && node.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  };
  const inside = (node, selector) => {
    for (let at = node; at; at = parentOf(at)) if (at.matches(selector)) return true;
    return false;
  };
  const found = [];
  const check = (isFine, sentence) => isFine || found.push(sentence);

  // ---- the frame
  const wide = document.scrollingElement;
  check(wide.scrollWidth <= innerWidth, `The page is ${wide.scrollWidth} px wide, the window ${innerWidth}.`);
  const main = document.querySelector('[data-testid="stMain"]');
  check(main.scrollWidth <= main.clientWidth, `The main part is ${main.scrollWidth - main.clientWidth} px too wide.`);
  const header = document.querySelector("header.stAppHeader").getBoundingClientRect();
  check(header.height === 44, `The header is ${header.height} px high.`);
  const desk = everything.find((node) => node.matches(".desk"));
  if (desk) {
    const { top, bottom } = desk.getBoundingClientRect();
    check(top === 44 && bottom === innerHeight, `The desk reaches from ${top} to ${bottom}, the window to ${innerHeight}.`);
    check(main.scrollHeight <= main.clientHeight, "The page scrolls under the desk.");
  } else {
    const { top } = document.querySelector(".st-key-head").getBoundingClientRect();
    check(top === 52, `The first content stands at ${top} px.`);
  }

  // ---- controls
  const CONTROLS = "button, a[href], input, select, textarea, [role=button], [role=option], [role=slider], [role=switch]";
  for (const node of everything.filter((node) => node.matches(CONTROLS) && isShown(node))) {
    const box = node.getBoundingClientRect();
    check(box.left >= -0.5 && box.right <= innerWidth + 0.5, `${name(node)} reaches from ${box.left} to ${box.right}.`);
    if (desk && inside(node, ".desk")) check(box.bottom <= innerHeight + 0.5, `${name(node)} ends below the window.`);
    for (const part of [node, ...node.querySelectorAll("*")]) {
      const isClipped = getComputedStyle(part).overflowX !== "visible" && !part.matches("input, svg, svg *");
      const isMeant = inside(part, "[title], [role=option]") && getComputedStyle(part).textOverflow === "ellipsis";
      if (isClipped && part.scrollWidth > part.clientWidth + 1) check(isMeant, `${name(node)} is cut off.`);
    }
  }
  const HIGH_32 = ".stButton, .stDownloadButton, .stPopover, .stMenuButton, .stTextInput, .stSelectbox, .stNumberInput";
  const box32 = (node) => node.querySelector("button, [data-testid=stTextInputRootElement], .react-aria-ComboBox > div, .stNumberInputContainer");
  for (const node of document.querySelectorAll(`.stMain :is(${HIGH_32})`)) {
    const control = box32(node);
    if (!control || !isShown(control) || inside(node, ".st-key-context, .stButtonGroup, [class*='st-key-change-']")) continue;
    const { height } = control.getBoundingClientRect();
    check(height === 32, `${name(control)} is ${height} px high.`);
  }

  // ---- contrast of text
  const pixel = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    pixel.clearRect(0, 0, 1, 1);
    pixel.fillStyle = colour;
    pixel.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = pixel.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = ([r, g, b, a], under) => [r, g, b].map((value, index) => value * a + under[index] * (1 - a));
  const backgroundOf = (node) => {
    const layers = [];
    for (let at = node; at; at = parentOf(at)) {
      const { backgroundColor, backgroundImage } = getComputedStyle(at);
      if (backgroundImage !== "none") return null;
      layers.push(rgba(backgroundColor));
      if (layers.at(-1)[3] === 1) return layers.reduceRight((under, layer) => over(layer, under), [0, 0, 0]);
    }
    return layers.reduceRight((under, layer) => over(layer, under), [255, 255, 255]);
  };
  const opacityOf = (node) => {
    let opacity = 1;
    for (let at = node; at; at = parentOf(at)) opacity *= Number(getComputedStyle(at).opacity);
    return opacity;
  };
  const light = (rgb) => {
    const [r, g, b] = rgb.map((value) => value / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  // On photos, disabled, icons, and a slider's value, which Streamlit paints outside of the thumb it belongs to.
  const EXCEPT = ".stage svg, .thumb, :disabled, [aria-disabled=true], [data-testid=stIconMaterial], .stSlider, svg *";
  for (const node of everything) {
    const hasText = [...node.childNodes].some((child) => child.nodeType === Node.TEXT_NODE && child.data.trim());
    if (!hasText || !isShown(node) || node.matches("style, script, noscript") || inside(node, EXCEPT)) continue;
    const background = backgroundOf(node);
    if (!background) continue;
    const [r, g, b, a] = rgba(getComputedStyle(node).color);
    const text = over([r, g, b, a * opacityOf(node)], background);
    const [high, low] = [light(text), light(background)].sort((x, y) => y - x);
    const ratio = (high + 0.05) / (low + 0.05);
    const least = inside(node, "[aria-hidden=true]") ? 3 : 4.5; // signs, such as the keys on buttons
    check(ratio >= least, `${name(node)} has a contrast of ${ratio.toFixed(1)}.`);
  }
  return [...new Set(found)];
}
