import { digestBytes } from '@ioi/canon';
import { type Act, isRequested } from '@ioi/law';
import type { ActionFacts, RuntimeToolContract } from '@ioi/protocol';
import { type Fields, MEMBER_NAME, type ResultReading } from './records.ts';
import {
  addressesIn,
  LONGEST_VALUE,
  piecesIn,
  referencesIn,
  SHORT,
  squashed,
  wordsIn,
} from './words.ts';

export type Provenance = NonNullable<ActionFacts['provenance']>;
type Origin = Provenance['destinations'][number];

/** One act that is about to be decided. */
export type ProposedAct = {
  readonly act: Act | undefined;
  readonly destinations: readonly unknown[];
  /** Texts that go out: addresses in them send a reader somewhere. */
  readonly contents: readonly unknown[];
  /** It is for something, so to name nothing is to mean whatever the tool takes that for. */
  readonly needsDestination: boolean;
};

type Source = Pick<RuntimeToolContract, 'server' | 'target' | 'labels'>;

const MOST_CHARACTERS = 1_048_576;
const LEAST_CHARACTERS = 64;
const MOST_RECORDS = 50_000;
const MOST_LABELS = 256;
const LONGEST_LABEL = 180;
const LONGEST_OBJECTIVE = 16_384;
const MOST_VALUES = 64;
const MOST_HOLDING = 64;
const DEEPEST = 32;

/**
 * What a session was asked for and has read since (whitepaper 2.6.2, graph-aware permissioning):
 * every result is a node, and a value in a later request has an edge to each that holds it.
 */
export class EvidenceGraph {
  /** In the person's words; undefined when nobody said. */
  readonly objective: string | undefined;
  readonly #asked: readonly string[];
  readonly #askedFolded: readonly string[];
  readonly #askedNames: readonly string[];
  readonly #written = new Set<string>();
  readonly #referred = new Set<string>();
  readonly #records = new Map<string, Fields[]>();
  readonly #labels = new Set<string>();
  #characters = 0;
  #recordCount = 0;
  #isLost = false;

  constructor(objective: string | undefined) {
    this.objective = objective?.slice(0, LONGEST_OBJECTIVE).toWellFormed();
    this.#asked = wordsIn(this.objective ?? '');
    this.#askedFolded = this.#asked.map((word) => word.normalize('NFKC').toLowerCase());
    this.#askedNames = this.#asked.flatMap(nameWords);
  }

  /** More was read than is kept: from then on a value could be from anywhere. */
  get isOverfull(): boolean {
    return this.#isLost || this.#characters > MOST_CHARACTERS || this.#recordCount > MOST_RECORDS;
  }

  /** Of everything that was read. */
  get labels(): readonly string[] {
    return [...this.#labels].sort();
  }

  /** More of it than is looked at. Its labels count all the same. */
  lose(source: Source): void {
    for (const label of sourceLabels(source)) this.#labels.add(label);
    this.#isLost = true;
    this.#forget();
  }

  /** One more result, as the agent was given it. */
  observe(source: Source, { records, prose }: ResultReading): void {
    for (const label of sourceLabels(source)) this.#labels.add(label);
    for (const text of prose) this.#characters += Math.max(LEAST_CHARACTERS, text.length);
    for (const { values } of records) this.#recordCount += 1 + values.length;
    if (this.isOverfull) {
      this.#forget();
      return;
    }
    for (const text of prose) {
      for (const piece of piecesIn(text)) this.#written.add(piece);
      for (const reference of referencesIn(text)) this.#referred.add(reference);
    }
    for (const fields of records) {
      for (const value of new Set(fields.values)) {
        const known = this.#records.get(value);
        if (known === undefined) this.#records.set(value, [fields]);
        else known.push(fields);
      }
    }
  }

  /**
   * Where the values of an act come from, as a fact to decide on. Undefined when the session has
   * read more kinds of things than a fact can name.
   */
  provenanceOf(proposed: ProposedAct): Provenance | undefined {
    const { objective } = this;
    if (this.#labels.size > MOST_LABELS) return undefined;
    const values = new Set([
      ...proposed.destinations.flatMap((value) => textsIn(value)),
      ...proposed.contents.flatMap((value) => textsIn(value)).flatMap(addressesIn),
    ]);
    const some = [...values].slice(0, MOST_VALUES);
    const origins = new Set(some.map((value) => this.#originOf(value)));
    if (values.size > MOST_VALUES) origins.add('unknown');
    if (values.size === 0 && proposed.needsDestination) origins.add('unknown');
    const { act } = proposed;
    return {
      ...(objective === undefined ? {} : { objective_hash: digestBytes(objective) }),
      ...(objective === undefined || act === undefined
        ? {}
        : { requested: isRequested(act, objective) }),
      destinations: [...origins].sort(),
      labels: [...this.labels],
    };
  }

  /** Nothing is more trusted than what a person wrote, and less than what anybody may have. */
  #originOf(value: string): Origin {
    if (value.length > LONGEST_VALUE) return 'unknown';
    if (this.#isAsked(value)) return 'user';
    if (this.isOverfull || this.#isWritten(value)) return 'content';
    const holding = this.#records.get(value);
    if (holding === undefined) return 'unknown';
    const some = holding.slice(0, MOST_HOLDING);
    return some.some((fields) => this.#isNamed(fields)) ? 'named' : 'record';
  }

  /** Word by word; in the case it has where case may tell one thing from another. */
  #isAsked(value: string): boolean {
    const words = wordsIn(value);
    if (words.length === 0) return false;
    const isExact = words.some(isIdentifier);
    const folded = words.map((word) => word.normalize('NFKC').toLowerCase());
    const asked = isExact ? this.#asked : this.#askedFolded;
    if (!standsIn(isExact ? words : folded, asked)) return false;
    return squashed(value).length >= SHORT || !/^\d+$/.test(value) || this.#isReferredTo(value);
  }

  #isReferredTo(value: string): boolean {
    return referencesIn(this.objective ?? '').has(squashed(value));
  }

  #isWritten(value: string): boolean {
    const bare = squashed(value);
    if (bare.length < SHORT) return this.#referred.has(bare);
    if (this.#written.has(bare)) return true;
    const words = wordsIn(value).map(squashed);
    return words.length > 1 && words.every((word) => this.#written.has(word));
  }

  /** Whether the person said what it is called, in more than one common word. */
  #isNamed({ names }: Fields): boolean {
    return names.some((name) => {
      const words = nameWords(name);
      const isTelling = words.length > 1 || /\.[A-Za-z0-9]{1,5}$/.test(name);
      return isTelling && standsIn(words, this.#askedNames);
    });
  }

  #forget(): void {
    this.#written.clear();
    this.#referred.clear();
    this.#records.clear();
  }
}

/** Of whatever one source gives. */
export function sourceLabels({ server, target, labels = [] }: Source): readonly string[] {
  const name = target.length <= LONGEST_LABEL ? target : digestBytes(target);
  return [`server:${server}`, `tool:${name}`, ...labels];
}

/** Letters with digits: another case could be another thing. */
function isIdentifier(word: string): boolean {
  return /\d/.test(word) && /\p{L}/u.test(word) && !/[@.]/.test(word);
}

function standsIn(words: readonly string[], text: readonly string[]): boolean {
  return text.some((_, at) => words.every((word, step) => text[at + step] === word));
}

/** `team-building_activities.docx` as a person would say it. */
function nameWords(name: string): string[] {
  const bare = name.replace(/\.[A-Za-z0-9]{1,5}$/, '');
  return bare
    .normalize('NFKC')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '');
}

/** Every text and number in a value, the names of its members too. */
function textsIn(value: unknown, depth = 0): string[] {
  if (typeof value === 'string') return value.trim() === '' ? [] : [value];
  if (typeof value === 'number' || typeof value === 'bigint') return [String(value)];
  if (typeof value !== 'object' || value === null) return [];
  // Deeper than anybody means: long enough to be from nowhere.
  if (depth > DEEPEST) return ['?'.repeat(LONGEST_VALUE + 1)];
  if (Array.isArray(value)) return value.flatMap((each) => textsIn(each, depth + 1));
  return Object.entries(value).flatMap(([name, each]) => {
    const said = MEMBER_NAME.test(name) ? [] : [name];
    return [...said, ...textsIn(each, depth + 1)];
  });
}
