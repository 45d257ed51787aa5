import type { StateAnswer, StateQuestion } from '@ioi/agentgres/shell';
import { decodeHex } from '@ioi/basis';
import { canonicalJson, sha256 } from '@ioi/canon';
import { type HeadText, headName } from '@ioi/law';
import { decodeStateProof, stateKey, verifyListing, verifyStateProof } from '@ioi/merkle';
import type { Replay } from './replay.ts';

/** Why this is not what the state was; undefined when it is. */
export function wrongAnswer(
  question: StateQuestion,
  answer: StateAnswer,
  replay: Replay,
): string | undefined {
  const root = decodeHex(replay.stateRoot.slice('sha256:'.length)) ?? new Uint8Array();
  if (question.kind === 'listing') {
    return answer.kind === 'listing'
      ? wrongListing(question.headClass, answer, { replay, root })
      : 'not a listing';
  }
  if (answer.kind === 'listing') return 'a listing';
  for (const { key, head, proof } of answer.heads) {
    const wrong = wrongHead(head, replay.heads.get(key));
    if (wrong) return `${headName(key)} ${wrong}`;
    const claim = { root, key: stateKey(key.headClass, key.id), valueDigest: digestIn(head) };
    const decoded = decodeStateProof(proof);
    const isProved = decoded.ok && verifyStateProof({ ...claim, proof: decoded.value }).ok;
    if (!isProved) return `${headName(key)} is not proved`;
  }
  return undefined;
}

function wrongListing(
  className: string,
  { heads, proof }: Extract<StateAnswer, { kind: 'listing' }>,
  { replay, root }: { readonly replay: Replay; readonly root: Uint8Array },
): string | undefined {
  const wanted = new Map(replay.heads.list(className).map(({ key, value }) => [key.id, value]));
  if (heads.length !== wanted.size) return `${heads.length} of ${wanted.size} ${className}`;
  for (const head of heads) {
    const wrong = wrongHead(head, wanted.get(head.id));
    if (wrong) return `${headName(head)} ${wrong}`;
  }
  const entries = heads.map((head) => ({
    id: head.id,
    valueDigest: digestIn(head) ?? new Uint8Array(),
  }));
  const decoded = decodeStateProof(proof);
  const isWhole =
    decoded.ok && verifyListing({ root, className, entries, proof: decoded.value }).ok;
  return isWhole ? undefined : `the listing of ${className} is not proved`;
}

function wrongHead(head: HeadText | undefined, wanted: unknown): string | undefined {
  const text = wanted === undefined ? undefined : canonicalJson(wanted);
  const value = text?.ok ? text.value : undefined;
  return head?.value === value ? undefined : `was ${head?.value}, by replay ${value}`;
}

function digestIn(head: HeadText | undefined): Uint8Array | undefined {
  return head?.value === undefined ? undefined : sha256(head.value);
}
