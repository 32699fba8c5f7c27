/**
 * Which objects are selected. One of them leads: it has the handles, the map and the prediction; classes, moves and
 * deletions are for all of them. A selection is never changed in place.
 *
 * @typedef {{ring: number, index: number}} Vertex
 * @typedef {{id: string, ids: string[], vertex: Vertex|null}} Selection `id` leads and is one of `ids`
 */

/** @param {string[]} ids @param {string} [lead] @returns {Selection|null} */
export function selectionOf(ids, lead = ids.at(-1)) {
  return ids.length ? { id: lead, ids, vertex: null } : null;
}

/** With an object added, which leads then, or taken out. */
export function toggled(selection, id) {
  const ids = selection?.ids ?? [];
  return selectionOf(ids.includes(id) ? ids.filter((other) => other !== id) : [...ids, id]);
}

/** With further objects; the last of them leads. */
export function withMore(selection, more) {
  const ids = new Set([...(selection?.ids ?? []), ...more]);
  return selectionOf([...ids], more.at(-1) ?? selection?.id);
}

/** From the leading object to another one, in the order of the list. @param {string[]} order */
export function upTo(selection, id, order) {
  const [from, to] = [order.indexOf(selection?.id), order.indexOf(id)];
  if (from < 0) return selectionOf([id]);
  const range = order.slice(Math.min(from, to), Math.max(from, to) + 1);
  return withMore(selection, [...range.filter((other) => other !== id), id]);
}

/** Without objects that are gone. @param {{id: string}[]} objects */
export function keptIn(selection, objects) {
  if (!selection) return null;
  const there = new Set(objects.map(({ id }) => id));
  const ids = selection.ids.filter((id) => there.has(id));
  if (ids.length === selection.ids.length) return selection;
  return selectionOf(ids, there.has(selection.id) ? selection.id : ids.at(-1));
}

/** Without its vertex when the leading object has no such point any more. @param {{polygons: number[][]}|null} lead */
export function withPoint(selection, lead) {
  const { vertex } = selection ?? {};
  if (!vertex || 2 * vertex.index < (lead?.polygons[vertex.ring]?.length ?? 0)) return selection;
  return { ...selection, vertex: null };
}
