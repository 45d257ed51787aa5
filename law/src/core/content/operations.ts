import { err, ok, type Result } from '@ioi/basis';
import type { Digest } from '@ioi/canon';
import {
  type ForgetContent,
  type HeadKey,
  type HoldContent,
  isForgetContent,
  isHoldContent,
  isReleaseContent,
  type Operation,
  type Rejection,
  type View,
} from '@ioi/protocol';
import { keys } from '../boundary/heads.ts';
import { contentKeys, type HoldHead } from './heads.ts';

/** What is remembered and forgotten; together with the operation it stands in the log. */
export type ContentEvent =
  | { readonly type: 'content.forgotten'; readonly digests: readonly Digest[] }
  | {
      readonly type: 'content.held' | 'content.released';
      readonly digests: readonly Digest[];
      readonly matter: string;
    };

type ContentOperation<P> = Operation<P, ContentEvent>;
type Naming = { readonly digests: readonly string[] };

/** Matters that may hold one content at a time. */
const MOST_MATTERS = 64;

/** Sealed before keys are destroyed: a crash in between is made up for from the log. */
export const forgetContent: ContentOperation<ForgetContent> = {
  authors: ['channel'],
  accepts: isForgetContent,
  reads: readsOf,
  needs: () => [],
  decide: (payload, { view, at }) => {
    const digests = namedIn(payload, view);
    if (!digests.ok) return digests;
    const held = digests.value.find((digest) => mattersOf(digest, view).length > 0);
    if (held !== undefined) {
      return reject('content.held', `${held} is held by ${mattersOf(held, view).join(', ')}`);
    }
    const { authority, due } = payload;
    if (authority === 'retention' && due !== undefined && BigInt(due) > at.chainTime) {
      return reject('content.not_due', `kept until ${due}`);
    }
    return ok([{ type: 'content.forgotten', digests: digests.value }]);
  },
};

export const holdContent: ContentOperation<HoldContent> = {
  authors: ['channel'],
  accepts: isHoldContent,
  reads: readsOf,
  needs: () => [],
  decide: (payload, { view }) => {
    const digests = namedIn(payload, view);
    if (!digests.ok) return digests;
    const { matter } = payload;
    const refused = digests.value.find((digest) => {
      const matters = mattersOf(digest, view);
      return matters.includes(matter) || matters.length >= MOST_MATTERS;
    });
    if (refused !== undefined) {
      return reject('content.held', `${refused} is held by ${matter} or by too many`);
    }
    return ok([{ type: 'content.held', digests: digests.value, matter }]);
  },
};

export const releaseContent: ContentOperation<HoldContent> = {
  authors: ['channel'],
  accepts: isReleaseContent,
  reads: readsOf,
  needs: () => [],
  decide: (payload, { view }) => {
    const digests = namedIn(payload, view);
    if (!digests.ok) return digests;
    const { matter } = payload;
    const free = digests.value.find((digest) => !mattersOf(digest, view).includes(matter));
    if (free !== undefined) return reject('content.not_held', `${matter} does not hold ${free}`);
    return ok([{ type: 'content.released', digests: digests.value, matter }]);
  },
};

function readsOf({ digests }: Naming): HeadKey[] {
  return [
    keys.node,
    ...digests.flatMap((digest) => [contentKeys.forgotten(digest), contentKeys.hold(digest)]),
  ];
}

/** The digests, each named once and not forgotten before. */
function namedIn({ digests }: Naming, view: View): Result<readonly Digest[], Rejection> {
  if (!view.get(keys.node)) return reject('node.no_genesis', 'the log has no genesis');
  if (new Set(digests).size < digests.length) {
    return reject('content.named_twice', 'a content is named twice');
  }
  const gone = digests.find((digest) => view.get(contentKeys.forgotten(digest)) !== undefined);
  if (gone !== undefined) return reject('content.forgotten', `${gone} was forgotten before`);
  return ok(digests as readonly Digest[]);
}

export function mattersOf(digest: string, view: View): readonly string[] {
  return view.get<HoldHead>(contentKeys.hold(digest))?.matters ?? [];
}

function reject(code: string, message: string): Result<never, Rejection> {
  return err({ code, message });
}
