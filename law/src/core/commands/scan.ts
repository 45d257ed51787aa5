/** A word of a command, exactly; undefined where only the shell that runs it could say. */
export type Word = string | undefined;

export type Redirection = {
  readonly kind: 'read' | 'write' | 'both';
  readonly path: Word;
};

/** One program or builtin that would be started, in the order of the text. */
export type SimpleCommand = {
  readonly words: readonly Word[];
  /** Variables set for it, or by it when it has no words: `NAME=value`, `~` being any value. */
  readonly assigned: readonly string[];
  readonly redirections: readonly Redirection[];
  /** Texts given to it as input. */
  readonly texts: readonly Word[];
};

export type HereDocument = {
  readonly delimiter: string;
  readonly dropsTabs: boolean;
  readonly isQuoted: boolean;
  /** Those of its command, to which it is added. */
  readonly texts: Word[];
};

/** Where reading ends: at the end of the text, at a `)`, or at the end of a branch of `case`. */
export type Closer = 'end' | 'parenthesis' | 'branch';

/** The state of reading one script. Whatever reads moves `at` forward. */
export type Scan = {
  readonly text: string;
  at: number;
  /** How deep substitutions and groups are nested here. */
  readonly depth: number;
  readonly found: SimpleCommand[];
  /** What is shared with the scans of inner texts. */
  readonly outcome: { isUnderstood: boolean; hasAnsi: boolean };
  /** Documents announced on this line, which begin on the next. */
  documents: HereDocument[];
  /** Reads commands; here, so that words and commands can be in files of their own. */
  readonly readList: (scan: Scan, closer: Closer) => void;
};

/** Nested deeper than anybody writes; it bounds the stack and the time. */
const DEEPEST = 48;

/**
 * Reads what stands inside. Where that is nested too deep, the rest is given up and so nothing
 * of the script is understood.
 */
export function inside(scan: Scan, read: (inner: Scan) => void): void {
  if (scan.depth >= DEEPEST) {
    giveUp(scan);
    return;
  }
  const inner: Scan = { ...scan, depth: scan.depth + 1, documents: [] };
  read(inner);
  scan.at = inner.at;
  if (inner.documents.length > 0) misunderstand(scan);
}

/** A text of its own within the script: the inside of backquotes, the body of a document. */
export function innerText(scan: Scan, text: string, read: (inner: Scan) => void): void {
  if (scan.depth >= DEEPEST) misunderstand(scan);
  else read({ ...scan, text, at: 0, depth: scan.depth + 1, documents: [] });
}

export function misunderstand(scan: Scan): void {
  scan.outcome.isUnderstood = false;
}

export function giveUp(scan: Scan): void {
  misunderstand(scan);
  scan.at = scan.text.length;
}

/** A variable that is set by something else than a command's own assignments. */
export function noteAssigned(scan: Scan, name: string): void {
  scan.found.push({ words: [], assigned: [`${name}=~`], redirections: [], texts: [] });
}

/** Spaces, tabs and continued lines. */
export function skipBlanks(scan: Scan): void {
  for (;;) {
    const character = scan.text[scan.at];
    if (character === ' ' || character === '\t') scan.at += 1;
    else if (character === '\\' && scan.text[scan.at + 1] === '\n') scan.at += 2;
    else return;
  }
}

/**
 * Moves behind `((` and what follows up to `))` where that is nothing but numbers: then it starts
 * no program. A variable in arithmetic is evaluated again, and may start one; and what closes the
 * first parenthesis before the end is commands in groups.
 */
export function skipNumbers(scan: Scan): boolean {
  let open = 2;
  for (let at = scan.at + 2; at < scan.text.length; at += 1) {
    const character = scan.text[at] as string;
    if (character === '(') open += 1;
    else if (character === ')') open -= 1;
    else if (!'0123456789+-/%=!^:, \t\n'.includes(character)) return false;
    if (open === 1 && scan.text[at + 1] !== ')') return false;
    if (open > 0) continue;
    scan.at = at + 1;
    return true;
  }
  return false;
}
