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

/** What the server is told of an object. */
export function asReceived(object) {
  return received.get(object) ?? object;
}
