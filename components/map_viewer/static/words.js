// Numbers and sentences of the viewer.

// Three significant digits, a true minus sign, no needless exponent.
export function threeDigits(value) {
  const size = Math.abs(value);
  const sign = value < 0 ? "−" : "";
  if (size === 0) return "0";
  if (size < 1e-4) return `${sign}${size.toExponential(2).replace("-", "−")}`;
  if (size >= 999.5) return `${sign}${Math.round(size).toLocaleString("en")}`;
  return `${sign}${size.toPrecision(3)}`;
}

// Hundredths are enough for a time.
export function secondsText(seconds) {
  if (seconds < 0.01) return "under 0.01 s";
  return `${seconds < 10 ? seconds.toFixed(2) : threeDigits(seconds)} s`;
}

// What a reader who cannot see the map is told.
export function describeMap(map, peak) {
  const percent = (fraction) => `${Math.round(fraction * 100)} %`;
  const parts = [`${map.title} map${map.target?.label ? ` for ${map.target.label}` : ""}`];
  parts.push(`highest at ${percent(peak.x)} from the left and ${percent(peak.y)} from the top of the photo`);
  if (typeof map.inside === "number") parts.push(`evidence inside the box ${map.inside.toFixed(3)}`);
  return `${parts.join(", ")}.`;
}
