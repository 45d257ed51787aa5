/**
 * Sections that hold every word, the ones that are about them first: a title weighs more than a
 * heading, and a heading more than the text.
 *
 * @param {readonly (readonly [string, string, string, string])[]} rows
 * @param {string} asked
 */
export function rank(rows, asked) {
  const words = asked
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  if (words.length === 0) return [];
  const found = rows.flatMap((row) => {
    const [, page, heading, text] = row.map((part) => part.toLowerCase());
    let weight = 0;
    for (const word of words) {
      const here = 8 * times(page, word) + 5 * times(heading, word) + times(text, word);
      if (here === 0) return [];
      weight += here;
    }
    return [{ row, weight }];
  });
  return found.sort((one, other) => other.weight - one.weight).map(({ row }) => row);
}

/** Often is not better without end: long texts would win. */
function times(text, word) {
  return Math.min(3, text.split(word).length - 1);
}
