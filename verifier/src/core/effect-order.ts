import { effectiveItems, type NodeEvent, nodeEventsOf } from '@ioi/law';
import type { Finding, FindingCode } from './codes.ts';
import type { PlacedCommit, PlacedEntry } from './commit-rules.ts';

type Committed = { readonly height: string; readonly recovered: boolean };

/**
 * An effect starts only after the seal of its commit (design section 4). So what became of an
 * action stands in a later commit than the action; and an action that only a recovery sealed was
 * started by nobody: no receipt says it was completed, unless it reconciles one that did not know.
 */
export class EffectOrder {
  readonly #committed = new Map<string, Committed>();

  /** To be asked of every commit in order, once it was replayed. */
  brokenBy(commit: PlacedCommit): Finding | undefined {
    const { recovered } = commit.range.summary;
    for (const item of effectiveItems(commit)) {
      for (const event of nodeEventsOf(item.entry)) {
        if (event.type === 'action.committed') {
          const { height } = item.entry;
          this.#committed.set(event.committed.request_hash, { height, recovered });
        }
        const broken = event.type === 'receipt.emitted' && this.#brokenReceipt(event, item);
        if (broken) return broken;
      }
    }
    return undefined;
  }

  #brokenReceipt(
    { receipt: { body } }: Extract<NodeEvent, { type: 'receipt.emitted' }>,
    item: PlacedEntry,
  ): Finding | undefined {
    if (!('outcome' in body)) return undefined;
    const committed = this.#committed.get(body.request_hash);
    if (!committed || BigInt(committed.height) >= BigInt(item.entry.height)) {
      return found(item, 'action.effect_before_seal', `${body.request_hash} was not sealed yet`);
    }
    const completed = body.outcome === 'completed' && body.reconciles === undefined;
    if (committed.recovered && completed) {
      return found(item, 'action.recovered_effect', `${body.request_hash} was never started`);
    }
    if (body.outcome !== 'effect_unknown') this.#committed.delete(body.request_hash);
    return undefined;
  }
}

function found(item: PlacedEntry, code: FindingCode, message: string): Finding {
  return { code, message, line: item.line, seq: item.entry.seq };
}
