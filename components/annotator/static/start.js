/**
 * What another page of the app, or the address of this one, asks of the desk when it opens: the image to begin with, and a
 * sentence to be read. Both count once on a load of the page: coming back to the desk is not asking again.
 */

/** @type {Map<number, string>} project -> the wish that was followed last */
const followed = new Map();
const told = new Set();

/** The image to begin with; "" when there is none, or the desk began with it already. */
export function takeStart({ project, start, start_number: number = 0 }) {
  const wish = `${number} ${start}`;
  if (!start || followed.get(project) === wish) return "";
  followed.set(project, wish);
  return start;
}

/** The sentence to be read; "" when there is none, or it was told already. */
export function takeNotice({ notice = "" }) {
  if (told.has(notice)) return "";
  told.add(notice);
  return notice;
}
