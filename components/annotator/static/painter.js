/**
 * Objects on a canvas, in stage pixels: a halo under each line, dashes, a faint fill, hatching. A thousand of them are drawn
 * anew in every frame of a zoom, so what cannot be seen is left out: objects off the stage, and points nearer to their
 * neighbours than a pixel.
 *
 * @typedef {object} Look how an object is drawn
 * @property {string} colour
 * @property {number} width of the line, pixels
 * @property {number[]} dash
 * @property {number} strength of line and halo, 0 to 1
 * @property {number} halo its opacity, 0 to 1
 * @property {number} fill opacity of the area, 0 to 1
 * @property {""|"/"|"\\"} hatch
 */

const HALO = "#0b0d10";
const HALO_EDGE = 2.5; // pixels that the halo is wider than the line
const FINE = 1; // pixels between points that can be told apart
const MARGIN = 40; // pixels around the stage that lines may cross
const FAR = 4000; // pixels; a box that reaches further is drawn up to here, or dashes alone would take seconds
const DOT = 9; // pixels across
const HATCH = 9; // pixels between hatched lines

const hatches = new Map();

/** @param {CanvasRenderingContext2D} context @param {{object: object, look: Look}[]} shapes the last lies on top */
export function paint(context, shapes, viewport) {
  const seen = shapes.filter(({ object }) => isOnStage(object, viewport));
  const traced = seen.map(({ object, look }) => ({ look, outline: outlineOf(object, viewport) }));
  context.lineJoin = "round";
  context.strokeStyle = HALO;
  context.setLineDash([]);
  for (const { look, outline } of traced) {
    context.globalAlpha = look.halo * look.strength;
    context.lineWidth = look.width + HALO_EDGE;
    outline.stroke(context);
  }
  for (const { look, outline } of traced) paintLine(context, look, outline);
  context.globalAlpha = 1;
}

function paintLine(context, look, outline) {
  context.globalAlpha = look.strength;
  context.lineWidth = look.width;
  context.strokeStyle = look.colour;
  context.setLineDash(look.dash);
  outline.stroke(context);
  if (look.fill) fill(context, outline, look.colour, look.fill);
  if (look.hatch) fill(context, outline, hatchOf(context, look), 0.6);
}

function fill(context, outline, style, opacity) {
  context.globalAlpha = opacity;
  context.fillStyle = style;
  outline.fill(context);
}

/** The signs of objects whose names have no room. */
export function paintDots(context, shapes, viewport) {
  context.setLineDash([]);
  context.lineWidth = 1;
  context.strokeStyle = HALO;
  for (const { object, look } of shapes) {
    const [x, y] = viewport.toStage(object.box[0], object.box[1]);
    if (x < -DOT || y < -DOT || x > viewport.stageWidth + DOT || y > viewport.stageHeight + DOT) continue;
    context.globalAlpha = look.strength;
    context.fillStyle = look.colour;
    context.beginPath();
    context.arc(x, y, DOT / 2, 0, 2 * Math.PI);
    context.fill();
    context.globalAlpha = 0.6 * look.strength;
    context.stroke();
  }
  context.globalAlpha = 1;
}

function isOnStage({ box }, viewport) {
  const [left, top] = viewport.toStage(box[0], box[1]);
  const [right, bottom] = viewport.toStage(box[2], box[3]);
  const { stageWidth, stageHeight } = viewport;
  return right > -MARGIN && bottom > -MARGIN && left < stageWidth + MARGIN && top < stageHeight + MARGIN;
}

/** @returns {{stroke: (context: CanvasRenderingContext2D) => void, fill: (context: CanvasRenderingContext2D) => void}} */
function outlineOf({ box, polygons }, viewport) {
  if (polygons.length) {
    const path = new Path2D();
    for (const ring of polygons) traceRing(path, ring, viewport);
    return { stroke: (context) => context.stroke(path), fill: (context) => context.fill(path, "evenodd") };
  }
  const [left, top] = viewport.toStage(box[0], box[1]).map((value) => Math.max(value, -FAR));
  const [right, bottom] = viewport.toStage(box[2], box[3]).map((value) => Math.min(value, 2 * FAR));
  const sides = [left, top, right - left, bottom - top];
  return { stroke: (context) => context.strokeRect(...sides), fill: (context) => context.fillRect(...sides) };
}

/** Which sides of the stage a point lies beyond, as bits. */
function beyond(x, y, { stageWidth, stageHeight }) {
  const across = x < -MARGIN ? 1 : x > stageWidth + MARGIN ? 2 : 0;
  return across | (y < -MARGIN ? 4 : y > stageHeight + MARGIN ? 8 : 0);
}

/**
 * A ring without the points that nobody can see: those a pixel from the last one, and those in a run beyond one side of
 * the stage.
 */
function traceRing(path, ring, viewport) {
  const { left, top } = viewport;
  const [scaleX, scaleY] = viewport.scale;
  let [atX, atY] = [left + ring[0] * scaleX, top + ring[1] * scaleY];
  let atSide = beyond(atX, atY, viewport);
  let skipped = null;
  path.moveTo(atX, atY);
  for (let i = 2; i < ring.length; i += 2) {
    const x = left + ring[i] * scaleX;
    const y = top + ring[i + 1] * scaleY;
    if (Math.abs(x - atX) + Math.abs(y - atY) < FINE) continue;
    const side = beyond(x, y, viewport);
    if (side & atSide) {
      skipped = [x, y]; // it stays on that side: only the last point of the run matters
      atSide &= side;
      continue;
    }
    if (skipped) path.lineTo(...skipped);
    path.lineTo(x, y);
    [atX, atY, atSide, skipped] = [x, y, side, null];
  }
  if (skipped) path.lineTo(...skipped);
  path.closePath();
}

/** Lines that tell an area from others also without its colour. */
function hatchOf(context, { colour, hatch }) {
  const name = `${colour}${hatch}`;
  if (!hatches.has(name)) hatches.set(name, drawHatch(context, colour, hatch));
  return hatches.get(name);
}

function drawHatch(context, colour, hatch) {
  const tile = Object.assign(document.createElement("canvas"), { width: HATCH, height: HATCH });
  const pen = tile.getContext("2d");
  const [from, to] = hatch === "/" ? [HATCH, 0] : [0, HATCH];
  const lines = new Path2D();
  for (const shift of [-HATCH, 0, HATCH]) {
    lines.moveTo(shift, from);
    lines.lineTo(shift + HATCH, to);
  }
  Object.assign(pen, { strokeStyle: HALO, lineWidth: 3 });
  pen.stroke(lines);
  Object.assign(pen, { strokeStyle: colour, lineWidth: 1.5 });
  pen.stroke(lines);
  return context.createPattern(tile, "repeat");
}
