/** What is drawn on the photo or said beside it: stored with a decision, so that its influence can be measured. */

const NAMES = { label: "labels", prediction: "predictions", correction: "corrections" };

/** @returns {string[]} names of what can be seen now */
export function shownOverlays(desk) {
  return [...new Set([...besideThePhoto(desk), ...view(desk), ...(desk.peek.isShown ? map(desk) : onThePhoto(desk))])];
}

/** Figures and examples in the side panel. */
function besideThePhoto({ work, selected, peek, side }) {
  const { item } = work;
  const hasScores = item.predicted.length || (selected && item.predictions.length);
  return [hasScores && "scores", peek.inside !== null && "evidence", side.nearest.isShown && "examples"].filter(Boolean);
}

/** That the photo itself looks otherwise than it is. */
function view({ adjustment }) {
  return adjustment.isNeutral ? [] : ["adjusted view"];
}

function map({ peek }) {
  return ["saliency", ...(peek.isStale ? ["saliency before an edit"] : [])];
}

function onThePhoto(desk) {
  if (desk.isHidden) return [];
  const sources = desk.hasObjects ? desk.objects.map(({ source }) => source) : [desk.work.item.source];
  const drawn = sources.map((source) => NAMES[source]).filter(Boolean);
  return [...drawn, ...(desk.isComparing ? ["predictions", "difference"] : [])];
}
