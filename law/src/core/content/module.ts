import { assert } from '@ioi/basis';
import { digestOf } from '@ioi/canon';
import type {
  HeadChange,
  HeadKey,
  Module,
  NamedOperation,
  Operation,
  Stamp,
  View,
} from '@ioi/protocol';
import { contentKeys } from './heads.ts';
import {
  type ContentEvent,
  forgetContent,
  holdContent,
  mattersOf,
  releaseContent,
} from './operations.ts';

const CONTENT = 'content';
const VERSION = '1';

export const FORGET_OPERATION = `${CONTENT}/forget`;

/** What the log says of bytes that stand outside it: that they are held, or were forgotten. */
export function contentModule(): Module<ContentEvent> {
  const operations: Record<string, NamedOperation<ContentEvent>> = {
    forget: named(forgetContent),
    hold: named(holdContent),
    release: named(releaseContent),
  };
  const manifest = { name: CONTENT, version: VERSION, operations: Object.keys(operations) };
  const moduleHash = digestOf(manifest);
  assert(moduleHash.ok, 'a manifest has a canonical form');
  return {
    name: CONTENT,
    version: VERSION,
    moduleHash: moduleHash.value,
    classes: { forgotten: { limit: undefined }, hold: { limit: 1_000_000 } },
    operations,
    touches,
    evolve,
  };
}

function touches({ type, digests }: ContentEvent): readonly HeadKey[] {
  const keyOf = type === 'content.forgotten' ? contentKeys.forgotten : contentKeys.hold;
  return digests.map(keyOf);
}

function evolve(view: View, event: ContentEvent, { seq }: Stamp): readonly HeadChange[] {
  if (event.type === 'content.forgotten') {
    const value = { seq: String(seq) };
    return event.digests.map((digest) => ({ key: contentKeys.forgotten(digest), value }));
  }
  const { type, matter } = event;
  return event.digests.map((digest) => {
    const others = mattersOf(digest, view).filter((each) => each !== matter);
    const matters = type === 'content.held' ? [...others, matter].sort() : others;
    const value = matters.length === 0 ? undefined : { matters };
    return { key: contentKeys.hold(digest), value };
  });
}

/** Forgets the payload type; `admit` calls `accepts` first, which is what the type stood for. */
function named<P>(operation: Operation<P, ContentEvent>): NamedOperation<ContentEvent> {
  return operation as unknown as NamedOperation<ContentEvent>;
}
