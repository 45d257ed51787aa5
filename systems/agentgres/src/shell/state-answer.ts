import type { HeadText } from '@ioi/law';
import { encodeStateProof, type StateTree } from '@ioi/merkle';
import type { HeadKey } from '@ioi/protocol';
import type { LogStore } from '../core/index.ts';
import { LogFault } from './log-faults.ts';

/** Objects by their keys, or all of one class. */
export type StateQuestion =
  | { readonly kind: 'objects'; readonly keys: readonly HeadKey[] }
  | { readonly kind: 'listing'; readonly headClass: string };

export type ProvenHead = {
  readonly key: HeadKey;
  /** Undefined where the proof shows that there is none. */
  readonly head: HeadText | undefined;
  /** As `encodeStateProof` writes it. */
  readonly proof: Uint8Array;
};

/** What the state was right after the commit that ends at `size`, and what shows it. */
export type StateAnswer =
  | { readonly kind: 'objects'; readonly size: number; readonly heads: readonly ProvenHead[] }
  | {
      readonly kind: 'listing';
      readonly size: number;
      /** All of them: a listing with one less does not verify. */
      readonly heads: readonly HeadText[];
      readonly proof: Uint8Array;
    };

/** Objects a listing may have: more are read in parts, through a projection. */
export const MAX_LISTED = 100_000;
const PAGE = 10_000;

/** Reads heads and tree together: nothing may be committed meanwhile. */
export async function answerState(
  question: StateQuestion,
  { store, tree, size }: { store: LogStore; tree: StateTree; size: number },
): Promise<StateAnswer> {
  if (question.kind === 'listing') {
    const { headClass } = question;
    const heads = await listed(store, headClass);
    return { kind: 'listing', size, heads, proof: encodeStateProof(tree.proveListing(headClass)) };
  }
  const { keys } = question;
  const found = new Map((await store.headsAt(keys)).map((head) => [nameOf(head), head]));
  const heads = keys.map((key) => {
    const proof = encodeStateProof(tree.prove(tree.keyOf(key.headClass, key.id)));
    return { key, head: found.get(nameOf(key)), proof };
  });
  return { kind: 'objects', size, heads };
}

async function listed(store: LogStore, headClass: string): Promise<HeadText[]> {
  const heads: HeadText[] = [];
  let after: HeadKey = { headClass, id: '' };
  for (;;) {
    const page = await store.headsAfter(after, PAGE);
    const members = page.filter((head) => head.headClass === headClass);
    heads.push(...members);
    const last = members.at(-1);
    if (last === undefined || members.length < PAGE) return heads;
    if (heads.length > MAX_LISTED) {
      const message = `${headClass} has more than ${MAX_LISTED} objects`;
      throw new LogFault('log.listing_too_long', message);
    }
    after = { headClass, id: last.id };
  }
}

function nameOf({ headClass, id }: HeadKey): string {
  return JSON.stringify([headClass, id]);
}
