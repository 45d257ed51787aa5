import { tokenEnd } from './characters.ts';
import type { Confidence, PiiClass } from './classes.ts';
import type { Found } from './span.ts';

/** What words before a number say it is. */
export type Cue = 'phone' | 'ssn' | 'card_pan' | 'ip_address';

/** How far behind a cue a number may begin, in characters. */
const CUE_REACH = 32;

/** One pass over one folded text: what was found, and what was read just before. */
export class Scanning {
  readonly text: string;
  readonly found: Found[] = [];
  /** A word with digits in it ended here: what a dash joins to it is part of an identifier. */
  identifierEnd = -1;
  /** Where private keys end, by label, the next one last; read when the first key begins. */
  keyEnds: Map<string, number[]> | undefined = undefined;
  /** Up to here no JWT begins: the parts behind it were looked at. */
  noJwtBefore = -1;
  /** Up to here no address begins: the run of hex digits and colons was looked at whole. */
  noAddressBefore = -1;
  #tokenRun = { start: -1, end: -1 };
  readonly #cues = new Map<Cue, number>();

  constructor(text: string) {
    this.text = text;
  }

  addCue(cue: Cue, end: number): void {
    this.#cues.set(cue, end);
  }

  hasCue(cue: Cue, start: number): boolean {
    const end = this.#cues.get(cue);
    return end !== undefined && start - end <= CUE_REACH;
  }

  /** Where the run of token characters ends that this place is in; each is walked once. */
  tokenRunEnd(from: number): number {
    const { start, end } = this.#tokenRun;
    if (from >= start && from < end) return end;
    this.#tokenRun = { start: from, end: tokenEnd(this.text, from) };
    return this.#tokenRun.end;
  }

  add(piiClass: PiiClass, start: number, end: number, confidence: Confidence = 'high'): void {
    this.found.push({ class: piiClass, start, end, confidence, is_ambiguous: false });
  }

  /** What has the shape and may be something else. */
  addAmbiguous(piiClass: PiiClass, start: number, end: number, confidence: Confidence): void {
    this.found.push({ class: piiClass, start, end, confidence, is_ambiguous: true });
  }
}
