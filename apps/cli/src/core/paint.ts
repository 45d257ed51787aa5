export type Colour = 'red' | 'green' | 'yellow' | 'cyan' | 'dim' | 'bold';

/** Puts a colour round a text, or returns it as it is. The text must be safe to print already. */
export type Paint = (colour: Colour, text: string) => string;

const CODES: Readonly<Record<Colour, number>> = {
  red: 31,
  green: 32,
  yellow: 33,
  cyan: 36,
  dim: 2,
  bold: 1,
};

export const paintNothing: Paint = (_colour, text) => text;

export const paintAnsi: Paint = (colour, text) => `\u001b[${CODES[colour]}m${text}\u001b[0m`;

/** The colour a verdict or an outcome is shown in; the word itself always stands there too. */
export function colourOf(word: string): Colour {
  if (['ALLOW', 'Allow', 'Approved', 'completed', 'PASS'].includes(word)) return 'green';
  if (['BLOCK', 'Block', 'DENIED', 'FAIL'].includes(word)) return 'red';
  return 'yellow';
}
