// Colour scales as anchors at even steps with straight lines between them. No rainbow: brightness rises with the value.

const SCALES = {
  inferno: `000004 0C0826 240C4F 420A68 5D126E 781C6D 932667 AE305C C73E4C DD513A ED6925 F8850F FCA50A FAC62D F2E661 FCFFA4`,
  viridis: `440154 481A6C 472F7D 414487 39568C 31688E 2A788E 23888E 1F988B 22A884 35B779 54C568 7AD151 A5DB36 D2E21B FDE725`,
  cividis: `00224E 002E6C 1E3A6F 35456C 47516C 575D6D 666970 757575 848279 948E77 A59C74 B7A96E C8B866 DBC75A EED649 FEE838`,
  grey: `000000 FFFFFF`,
};
// The two sides of the signed scale from weak to strong; around zero it is transparent, never white.
const FOR = `EE8C3C D2610F 9C4003`;
const AGAINST = `5E9AE0 2F74C8 0B4F9E`;
const STEPS = 1025; // odd, so that one step is exactly zero on the signed scale

const parse = (text) => text.split(" ").map((hex) => [0, 2, 4].map((at) => parseInt(hex.slice(at, at + 2), 16)));
const ANCHORS = new Map(Object.entries(SCALES).map(([name, text]) => [name, parse(text)]));
const SIDES = { for: parse(FOR), against: parse(AGAINST) };

// Colour [r, g, b] (0 to 255) at a position 0 to 1 of a scale; 0.5 is the zero of the signed one.
export function colourAt(scale, position) {
  if (scale !== "signed") return between(ANCHORS.get(scale), position);
  const value = 2 * position - 1;
  return between(value < 0 ? SIDES.against : SIDES.for, Math.abs(value));
}

function between(anchors, position) {
  const x = Math.min(1, Math.max(0, position)) * (anchors.length - 1);
  const low = Math.min(anchors.length - 2, Math.floor(x));
  return anchors[low].map((start, i) => start + (anchors[low + 1][i] - start) * (x - low));
}

// How much of the map covers the photo at full opacity: weak evidence leaves the photo visible.
export function unsignedAlpha(value) {
  return 0.12 + 0.88 * value ** 0.7;
}

export function signedAlpha(value) {
  return Math.abs(value) ** 0.6;
}

// A look-up table of STEPS RGBA colours for values from 0 to 1, or from -1 to 1 on the signed scale.
export function colourTable(scale, isOpaque) {
  const table = new Uint8ClampedArray(STEPS * 4);
  for (let step = 0; step < STEPS; step += 1) {
    const position = step / (STEPS - 1);
    const alpha = scale === "signed" ? signedAlpha(2 * position - 1) : unsignedAlpha(position);
    table.set([...colourAt(scale, position), 255 * (isOpaque ? 1 : alpha)], step * 4);
  }
  return table;
}

export function tableOffset(value, isSigned) {
  const position = isSigned ? (value + 1) / 2 : value;
  return Math.round(Math.min(1, Math.max(0, position)) * (STEPS - 1)) * 4;
}

// The scale as a CSS background, as transparent as it is over a photo at full opacity where it has two signs.
export function gradient(scale) {
  const stops = Array.from({ length: 41 }, (_, step) => {
    const position = step / 40;
    const alpha = scale === "signed" ? signedAlpha(2 * position - 1) : 1;
    return `rgb(${colourAt(scale, position).map(Math.round).join(" ")} / ${alpha.toFixed(3)})`;
  });
  return `linear-gradient(90deg, ${stops.join(", ")})`;
}
