import type { Conditions } from '../policy/rules.ts';

/** What a source says of a call. */
export type SourceDecision = 'allow' | 'ask' | 'deny';

/** Where something stands: the file as it is shown, the line from 1, the entry as written. */
export type Place = { readonly file: string; readonly line: number; readonly text: string };

/** One rule's worth of a statement, with requests that it must be about, or must not. */
export type Scope = {
  readonly target: string;
  readonly conditions: Conditions;
  readonly match: readonly Params[];
  /** Kept as examples where they hold. */
  readonly notMatch: readonly Params[];
  /** Overrides what the statement says, only ever to something more careful. */
  readonly isAsked?: boolean;
};

export type Params = { readonly [name: string]: string | readonly string[] };

/** Something a source says that can be said here. */
export type Statement = {
  readonly decision: SourceDecision;
  readonly place: Place;
  readonly scopes: readonly Scope[];
  /** How it differs from the source, where it does: never by allowing more. */
  readonly note?: string;
};

/**
 * Something that cannot be said here. Where it denies or asks, nothing it might be about is
 * allowed: `targets` are those, `*` for all.
 */
export type Untranslated = {
  readonly decision: SourceDecision | 'setting';
  readonly place: Place;
  readonly targets: readonly string[];
  readonly reason: string;
};

/** What one file says. */
export type SourceReading = {
  readonly statements: readonly Statement[];
  readonly untranslated: readonly Untranslated[];
  /** Whether the program asks about what nothing in the file decides; else it refuses. */
  readonly asksOtherwise: boolean;
};

/** What one place of a file comes to. */
export type Said = Statement | Untranslated;

export function readingOf(said: readonly Said[], asksOtherwise = true): SourceReading {
  return {
    statements: said.filter((each) => 'scopes' in each),
    untranslated: said.filter((each) => 'reason' in each),
    asksOtherwise,
  };
}

export type SourceProgram = 'claude' | 'codex' | 'gemini';

export type SourceFile = {
  readonly program: SourceProgram;
  /** What kind of file it is: by its name, such as `settings.json` or `git.rules`. */
  readonly file: string;
  readonly text: string;
  /** What the text says, where it is TOML; the guardian runs this package and reads none. */
  readonly toml?: Readonly<Record<string, unknown>>;
  /** Folder of the project, absolute and without wildcards. */
  readonly project: string;
  readonly home: string;
  /** Whether it is of one project, rather than of the person in all of them. */
  readonly isOfProject: boolean;
};

export const EVERYTHING: readonly string[] = ['*'];

/** The targets under which the node knows what these programs call reading, writing, running. */
export const READING: readonly string[] = ['fs::read', 'fs::list', 'fs::search', 'fs::stat'];
export const WRITING: readonly string[] = ['fs::write', 'fs::mkdir', 'fs::move'];
export const RUNNING: readonly string[] = ['sys::exec'];
export const FETCHING: readonly string[] = ['net::fetch'];

/** A reading of a file that is not understood: it might deny anything. */
export function unreadable({ file }: SourceFile, reason: string): SourceReading {
  const place = { file, line: 1, text: '' };
  const all: Untranslated = { decision: 'deny', place, targets: EVERYTHING, reason };
  return readingOf([all]);
}

/** The same scope on each of several targets. */
export function onEach(targets: readonly string[], scope: Omit<Scope, 'target'>): Scope[] {
  return targets.map((target) => ({ ...scope, target }));
}

export const ANYTHING: Omit<Scope, 'target'> = { conditions: {}, match: [], notMatch: [] };

type Entry = { readonly decision: SourceDecision; readonly place: Place };

export function told(
  { decision, place }: Entry,
  scopes: readonly Scope[],
  note?: string,
): Statement {
  return { decision, place, scopes, ...(note === undefined ? {} : { note }) };
}

export function untold(
  { decision, place }: Pick<Untranslated, 'decision' | 'place'>,
  targets: readonly string[],
  reason: string,
): Untranslated {
  return { decision, place, targets, reason };
}
