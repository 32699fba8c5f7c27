/**
 * Projects of boxes: a model may outline what it finds, but only the box counts there, and only the box is edited. An object
 * that nobody touched goes back to the server as it came, outline included.
 */

const received = new WeakMap();

function asBox(object) {
  if (!object.polygons.length) return object;
  const box = { ...object, polygons: [] };
  received.set(box, object);
  return box;
}

/** An image with boxes instead of outlines. */
export function withBoxes(item) {
  return { ...item, objects: item.objects.map(asBox), predictions: item.predictions.map(asBox) };
}

/** An object under another name is as untouched as before. @returns {object} the renamed one */
export function alias(object, renamed) {
  const original = received.get(object);
  if (original) received.set(renamed, { ...original, label: renamed.label });
  return renamed;
}

/** What the server is told of an object. */
export function asReceived(object) {
  return received.get(object) ?? object;
}
