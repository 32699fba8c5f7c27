/** What is drawn on the photo or said beside it: stored with a decision, so that its influence can be measured. */

const NAMES = { label: "labels", prediction: "predictions", correction: "corrections" };

/** @returns {string[]} names of the overlays that can be seen now */
export function shownOverlays(desk) {
  const { work } = desk;
  const { item } = work;
  const scores = item.predicted.length || (desk.selected && item.predictions.length) ? ["scores"] : [];
  if (desk.isHidden || desk.peek.isShown) return scores;
  const sources = desk.hasObjects ? desk.objects.map(({ source }) => source) : [item.source];
  const compared = desk.isComparing ? ["predictions"] : [];
  return [...new Set([...sources.map((source) => NAMES[source]).filter(Boolean), ...compared, ...scores])];
}
