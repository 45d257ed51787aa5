import { encodeBase64, encodeUtf8 } from '@ioi/basis';
import { parseCheckpoint, parseNote } from '@ioi/crypto';
import { commitSummaryOf } from '@ioi/law';
import { Frontier, leafHash } from '@ioi/merkle';
import type { LogEntry } from '@ioi/protocol';
import type { BrokenRule } from '../world.ts';
import type { ClusterWorld } from './world.ts';

/** Holds the log as it is in the end against everything that was said of it meanwhile. */
export function judgeLog(world: ClusterWorld): void {
  const { log } = world;
  const texts = log.rows.slice(0, log.told?.size ?? 0).map(({ text }) => text);
  const broken = forkIn(world, texts) ?? lossIn(world, texts);
  if (broken) world.violate(broken.message, broken.breach);
}

function forkIn(
  { log, witnesses }: ClusterWorld,
  texts: readonly string[],
): BrokenRule | undefined {
  const roots = rootsOf(texts);
  const fork = (message: string): BrokenRule => ({ message, breach: 'fork' });
  for (const { size, note, term } of log.history) {
    const parsed = parseNote(note);
    const checkpoint = parsed.ok ? parseCheckpoint(parsed.value.text) : parsed;
    if (!checkpoint.ok || roots[size] !== checkpoint.value.root) {
      return fork(`what was told of ${size} entries in term ${term} is a fork`);
    }
  }
  for (const { size, root } of witnesses.flatMap(({ signed }) => signed)) {
    if (roots[size] !== root) return fork(`a witness cosigned another log of ${size} entries`);
  }
  if (!rises(log.history.map(({ term }) => term))) {
    return fork('a writer of before told something as sealed');
  }
  return rises(epochsOf(texts)) ? undefined : fork('an epoch came back');
}

function lossIn({ acknowledged }: ClusterWorld, texts: readonly string[]): BrokenRule | undefined {
  const roots = rootsOf(texts);
  const counted = countOf(texts);
  for (const { id, size, root } of acknowledged) {
    if (roots[size] !== root) return { message: `${id} was sealed in another log`, breach: 'fork' };
    const times = counted.get(id) ?? 0;
    if (times === 0) return { message: `${id} was acknowledged, and is gone`, breach: 'lost' };
    if (times > 1) return { message: `${id} stands ${times} times`, breach: 'other' };
  }
  return undefined;
}

/** By size, from nought on. */
function rootsOf(texts: readonly string[]): string[] {
  let frontier = Frontier.empty;
  const roots = [encodeBase64(frontier.root())];
  for (const text of texts) {
    frontier = frontier.append(leafHash(encodeUtf8(text)));
    roots.push(encodeBase64(frontier.root()));
  }
  return roots;
}

/** How often each operation stands in the log and counts. */
function countOf(texts: readonly string[]): Map<string, number> {
  const entries = texts.map((text) => JSON.parse(text) as LogEntry);
  const summaries = entries.flatMap((entry) => commitSummaryOf(entry) ?? []);
  const voided = new Set(summaries.flatMap(({ voided: all }) => all.map(({ seq }) => seq)));
  const counted = new Map<string, number>();
  for (const { operation_id: id, seq } of entries) {
    if (!voided.has(seq)) counted.set(id, (counted.get(id) ?? 0) + 1);
  }
  return counted;
}

function epochsOf(texts: readonly string[]): number[] {
  const summaries = texts.flatMap((text) => commitSummaryOf(JSON.parse(text) as LogEntry) ?? []);
  return summaries.map(({ epoch }) => Number(epoch));
}

function rises(numbers: readonly number[]): boolean {
  return numbers.every((each, at) => at === 0 || each >= (numbers[at - 1] as number));
}
