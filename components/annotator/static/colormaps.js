/** Colour maps as 256 x RGB, interpolated between anchor colours. */

const ANCHORS = {
  inferno: ["000004", "1b0c41", "4a0c6b", "781c6d", "a52c60", "cf4446", "ed6925", "fb9b06", "f7d13d", "fcffa4"],
  viridis: ["440154", "482878", "3e4989", "31688e", "26828e", "1f9e89", "35b779", "6ece58", "b5de2b", "fde725"],
  cividis: ["00224e", "123570", "3b496c", "575d6d", "707173", "8a8678", "a59c74", "c3b369", "e1cc55", "fee838"],
  grey: ["000000", "ffffff"],
};

/** @param {string} name @returns {Uint8ClampedArray} 256 triples, darkest first */
export function colourMap(name) {
  const colours = ANCHORS[name].map((hex) => [0, 2, 4].map((at) => parseInt(hex.slice(at, at + 2), 16)));
  const table = new Uint8ClampedArray(256 * 3);
  for (let i = 0; i < 256; i++) {
    const place = (i / 255) * (colours.length - 1);
    const from = Math.min(Math.floor(place), colours.length - 2);
    const part = place - from;
    for (let c = 0; c < 3; c++) table[i * 3 + c] = colours[from][c] * (1 - part) + colours[from + 1][c] * part;
  }
  return table;
}
