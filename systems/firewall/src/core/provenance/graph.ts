import { type Digest, digestBytes } from '@ioi/canon';
import { type Act, isRequested } from '@ioi/law';
import type { ActionFacts, RuntimeToolContract } from '@ioi/protocol';
import { addressesIn, isReferredTo, occursIn, plain } from './plain-text.ts';
import { type Fields, type ResultReading, readResult } from './reading.ts';

export type Provenance = NonNullable<ActionFacts['provenance']>;
export type Origin = Provenance['destinations'][number];

/**
 * What a session was asked for and has read since (whitepaper 2.6.2, graph-aware permissioning):
 * every result is a node, and a value in a later request has an edge to each that holds it.
 */
export type EvidenceGraph = {
  /** In the person's words; undefined when nobody said. */
  readonly objective: string | undefined;
  readonly results: readonly ResultReading[];
  readonly labels: readonly string[];
  readonly characters: number;
  /** More was read than is kept: from then on a value could be from anywhere. */
  readonly isOverfull: boolean;
};

/** One act that is about to be decided. */
export type ProposedAct = {
  readonly act: Act | undefined;
  readonly destinations: readonly unknown[];
  /** Texts that go out: addresses in them send a reader somewhere. */
  readonly contents: readonly unknown[];
};

const MOST_CHARACTERS = 1_048_576;
const LONGEST_OBJECTIVE = 16_384;
/** Each is looked for in all that was read. */
const MOST_VALUES = 32;
const MOST_LABELS = 256;
/** Shorter values stand in dates and counts everywhere. */
const SHORT = 4;
const LONGEST_NAME = 80;

/** An objective of more than 16,384 characters is read up to there. */
export function openGraph(said: string | undefined): EvidenceGraph {
  const objective = said?.slice(0, LONGEST_OBJECTIVE).toWellFormed();
  return { objective, results: [], labels: [], characters: 0, isOverfull: false };
}

/** The graph with one more result in it. */
export function observeResult(
  graph: EvidenceGraph,
  contract: Pick<RuntimeToolContract, 'server' | 'target' | 'returns' | 'labels'>,
  text: string,
): EvidenceGraph {
  const own = [`server:${contract.server}`, `tool:${contract.target}`, ...(contract.labels ?? [])];
  const labels = [...new Set([...graph.labels, ...own])].sort();
  const characters = graph.characters + text.length;
  const isOverfull = characters > MOST_CHARACTERS || labels.length > MOST_LABELS;
  const kept = { ...graph, labels: labels.slice(0, MOST_LABELS), characters };
  if (graph.isOverfull || isOverfull) return { ...kept, results: [], isOverfull: true };
  const results = [...graph.results, readResult(text, contract.returns ?? 'text')];
  return { ...kept, results };
}

/** Where the values of an act come from, as a fact to decide on. */
export function provenanceOf(graph: EvidenceGraph, proposed: ProposedAct): Provenance {
  const { objective, labels } = graph;
  const values = [
    ...proposed.destinations.flatMap(textsIn),
    ...proposed.contents.flatMap(textsIn).flatMap(addressesIn),
  ];
  const asked = objective === undefined ? undefined : plain(objective);
  const origins = new Set(
    values.slice(0, MOST_VALUES).map((value) => originOf(graph, asked, plain(value))),
  );
  if (values.length > MOST_VALUES) origins.add('unknown');
  const { act } = proposed;
  return {
    ...(objective === undefined ? {} : { objective_hash: digestBytes(objective) as Digest }),
    ...(objective === undefined || act === undefined
      ? {}
      : { requested: isRequested(act, objective) }),
    destinations: [...origins].sort(),
    labels: [...labels],
  };
}

/** Nothing is more trusted than what a person wrote, and less than what anybody may have. */
function originOf(graph: EvidenceGraph, objective: string | undefined, value: string): Origin {
  const isShort = value.length < SHORT;
  const stands = isShort ? isReferredTo : occursIn;
  if (objective !== undefined && stands(value, objective)) return 'user';
  if (graph.isOverfull) return 'content';
  const isWritten = graph.results.some(({ prose }) =>
    prose.some((text) => text !== value && stands(value, text)),
  );
  if (isWritten) return 'content';
  const holding = graph.results.flatMap(({ records }) =>
    records.filter(({ values }) => values.has(value)),
  );
  if (objective !== undefined && holding.some((each) => isNamed(each, objective))) return 'named';
  if (holding.length > 0) return 'record';
  return isAnywhere(graph, value) ? 'content' : 'unknown';
}

function isAnywhere({ results }: EvidenceGraph, value: string): boolean {
  return results.some(({ prose }) => prose.some((text) => text.includes(value)));
}

/** Whether the person named the record: one of its short values stands in their words. */
function isNamed({ values }: Fields, objective: string): boolean {
  const asked = ` ${wordsOnly(objective)} `;
  return [...values].some((value) => {
    if (value.length < SHORT || value.length > LONGEST_NAME || !/\p{L}{3}/u.test(value))
      return false;
    const words = wordsOnly(value);
    return words.length >= SHORT && asked.includes(` ${words} `);
  });
}

/** Letters and digits, everything between them one space; an ending such as `.docx` goes. */
function wordsOnly(text: string): string {
  const bare = text.replace(/(\p{L})\.[a-z0-9]{2,4}(?=$|[\s'",;)])/gu, '$1');
  return bare.replace(/[^\p{L}\p{N}@]+/gu, ' ').trim();
}

/** Every text and number in a value, however deep. */
function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return value.trim() === '' ? [] : [value];
  if (typeof value === 'number' || typeof value === 'bigint') return [String(value)];
  if (Array.isArray(value)) return value.flatMap(textsIn);
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(textsIn);
}
