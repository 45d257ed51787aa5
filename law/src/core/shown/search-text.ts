import type { ActionRequest, DecideAction, LogEntry } from '@ioi/protocol';
import { describeEntry } from './describe-entry.ts';

/** Parameters that say where an act goes; what it sends is not looked up by. */
const PLACES = ['path', 'paths', 'source', 'destination', 'url', 'host', 'app'];
const MOST_PLACES = 16;
/** Characters of one of them: what is longer is found by its beginning. */
const MOST_CHARACTERS = 1_024;
/** Words of one question: every further one only narrows. */
const MOST_WORDS = 8;
const SHORTEST_INDEXED = 3;

/**
 * What a person would look an entry up by, each on a line of its own, all in lower case: verdict,
 * target, places, rule, agent. That something was completed is no news, and is left out.
 */
export function searchedText(entry: LogEntry): string {
  const { word, code, target, path, ruleId, detail } = describeEntry(entry);
  if (code === 'execution.completed' || entry.operation === 'domain/commit') return '';
  const { request } = entry.payload as Partial<DecideAction>;
  const about = isRequest(request) ? [request.context.agent_id, ...placesIn(request)] : [];
  const named = [word, code, target, path, ruleId, detail, ...about].filter(isText);
  return [...new Set(named.map(lowered))].join('\n');
}

/** Ids and digests that an entry names beside those it is known by, one of many acts each. */
export function sharedIds({ payload, events }: LogEntry): string[] {
  const { request, contract_hash } = payload as Partial<DecideAction>;
  const session = isRequest(request) ? request.context.session_id : undefined;
  const receipts = events.map((event) => event['receipt'] as Readonly<Record<string, unknown>>);
  const policies = receipts.map((receipt) => receipt?.['policy_hash']);
  const named = [session, contract_hash, payload['run_id'], payload['session_id'], ...policies];
  return [...new Set(named.filter(isText))];
}

/** A question a person typed, as it is looked up. */
export type Asked = {
  /** All of them have to be there. */
  readonly words: readonly string[];
  /** Those of them an index of three letters at a time can find. */
  readonly indexed: readonly string[];
  /** Beginnings of ids it can mean, where it is one word. */
  readonly ids: readonly string[];
  /** The position it can mean. */
  readonly seq: number | undefined;
};

/** Undefined where there is nothing in it that could be looked up. */
export function askedFor(question: string): Asked | undefined {
  const typed = question.split(/[\s\0]+/).filter((word) => word !== '');
  const words = [...new Set(typed.map(lowered))].slice(0, MOST_WORDS);
  const indexed = words.filter((word) => [...word].length >= SHORTEST_INDEXED);
  const [only = ''] = typed.length === 1 ? typed : [];
  const seq = /^(0|[1-9][0-9]{0,14})$/.test(only) ? Number(only) : undefined;
  const ids = idsMeantBy(only);
  if (indexed.length === 0 && seq === undefined) return undefined;
  return { words, indexed, ids, seq };
}

/** Whether all words stand in what `searchedText` says of an entry. */
export function hasWords(text: string, { words }: Pick<Asked, 'words'>): boolean {
  return words.every((word) => text.includes(word));
}

/** An id, or the digits of one without what says of which kind it is. */
function idsMeantBy(word: string): string[] {
  if (word.length < 4) return [];
  if (!/^[0-9a-fA-F]{6,64}$/.test(word)) return [word];
  const digits = word.toLowerCase();
  return [`sha256:${digits}`, `receipt_${digits}`, `op_${digits}`, `run_${digits}`];
}

function placesIn({ params }: ActionRequest): string[] {
  const all = PLACES.flatMap((name) => params[name]).filter(isText);
  return all.slice(0, MOST_PLACES);
}

/** Of a log that is read back nothing is taken for granted. */
function isRequest(value: unknown): value is ActionRequest {
  const { params, context } = Object(value) as Partial<ActionRequest>;
  return typeof params === 'object' && params !== null && typeof context === 'object';
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function lowered(text: string): string {
  return text.slice(0, MOST_CHARACTERS).toWellFormed().toLowerCase();
}
