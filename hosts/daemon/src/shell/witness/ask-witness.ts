import { encodeBase64 } from '@ioi/basis';
import type { Checkpoint, NoteKey, NoteSignature } from '@ioi/crypto';
import { Frontier } from '@ioi/merkle';
import { type Opinion, readAnswer, readShown, type ShownCheckpoint } from '@ioi/witness';
import { addCheckpoint, shownCheckpoint, WitnessUnreachable } from '@ioi/witness/shell';
import { EntriesMissing, frontierAt, growthProof, type LeafSource } from './growth.ts';
import type { WitnessTarget } from './witness-config.ts';

/** What a witness is asked to cosign. */
export type Offer = {
  /** With the log's own signatures and no other. */
  readonly note: string;
  /** The text that is signed. */
  readonly text: string;
  readonly checkpoint: Checkpoint;
};

/** The log as witnesses know it. */
export type WitnessedLog = {
  readonly source: LeafSource;
  readonly keys: readonly NoteKey[];
  readonly verifierKey: string;
};

export type ContradictionCode = 'log.rolled_back' | 'log.forked';

/** A witness cosigned what this log is not a continuation of. */
export type Contradiction = {
  readonly code: ContradictionCode;
  readonly witness: string;
  readonly message: string;
  /** What it cosigned, when it shows that. */
  readonly shown: ShownCheckpoint | undefined;
};

export type Outcome =
  | {
      readonly kind: 'cosigned';
      readonly lines: readonly NoteSignature[];
      /** Seconds since 1970. */
      readonly timestamp: bigint;
      /** Of the log at the size that was cosigned. */
      readonly frontier: Frontier;
    }
  | { readonly kind: 'contradicted'; readonly contradiction: Contradiction }
  | { readonly kind: 'not_cosigned'; readonly code: string; readonly message: string };

export type Asked = { readonly log: WitnessedLog; readonly offer: Offer };

const TIMEOUT_MS = 3_000;
/** It says where it stands once; a second time when another request came between. */
const MOST_ATTEMPTS = 3;

/**
 * Has one witness cosign a checkpoint. `known` is the log where that witness last was, as far as
 * is remembered; when it is elsewhere it says so, and is asked again from there.
 */
export async function askWitness(
  target: WitnessTarget,
  asked: Asked,
  known: Frontier,
): Promise<Outcome> {
  try {
    return await ask(target, asked, known);
  } catch (fault) {
    if (fault instanceof EntriesMissing) return notCosigned(fault.code, fault.message);
    if (!(fault instanceof WitnessUnreachable)) throw fault;
    return notCosigned('witness.unreachable', fault.message);
  }
}

async function ask(target: WitnessTarget, asked: Asked, known: Frontier): Promise<Outcome> {
  const { log, offer } = asked;
  const { text, checkpoint, note } = offer;
  const { size } = checkpoint;
  let old = known.size > size ? Frontier.empty : known;
  let remembered = known.size;
  let frontier = await frontierAt(log.source, size, old);
  if (encodeBase64(frontier.root()) !== checkpoint.root) {
    // What was remembered is of another log than this one; the entries themselves tell.
    [old, remembered, frontier] = [Frontier.empty, 0, await frontierAt(log.source, size)];
  }
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt += 1) {
    const proof = growthProof(log.source, old, size);
    const request = { oldSize: old.size, proof, checkpoint: note, logKey: log.verifierKey };
    const answer = await addCheckpoint(addressOf(target), request);
    const asking = { text, size, oldSize: old.size, keys: target.keys };
    const opinion = readAnswer(asking, answer);
    if (opinion.kind === 'cosigned') return { ...opinion, frontier };
    if (opinion.kind === 'refused') return notCosigned(opinion.code, opinion.message);
    if (opinion.kind !== 'ask_from') return contradicted(target, asked, opinion);
    if (opinion.size < remembered) {
      const message = `it cosigned ${remembered} entries and now says ${opinion.size}`;
      return notCosigned('witness.forgot', message);
    }
    old = await frontierAt(log.source, opinion.size);
  }
  return notCosigned('witness.confused', 'it did not say twice where it stands');
}

type Claim = Extract<Opinion, { kind: 'knows_more' | 'knows_other' }>;

/**
 * What the witness claims is held against what it shows. A claim alone halts as well, since other
 * witnesses of the protocol show nothing; but one that shows what fits this log is only confused.
 */
async function contradicted(target: WitnessTarget, asked: Asked, claim: Claim): Promise<Outcome> {
  const { log, offer } = asked;
  const { origin } = offer.checkpoint;
  const note = await shownCheckpoint(addressOf(target), origin).catch(() => undefined);
  const keys = { log: log.keys, witness: target.keys };
  const read = note === undefined ? undefined : readShown(note, keys);
  const shown = read?.checkpoint.origin === origin ? read : undefined;
  const size = shown?.checkpoint.size ?? claim.size;
  const sealed = log.source.size;
  if (size > sealed) return contradiction(target, { code: 'log.rolled_back', size, sealed, shown });
  const ours = shown && (await frontierAt(log.source, size));
  const isOurs = ours && encodeBase64(ours.root()) === shown.checkpoint.root;
  if (size > offer.checkpoint.size && (isOurs || !shown)) {
    return notCosigned('witness.ahead', 'it was asked about less than it cosigned already');
  }
  if (isOurs) return notCosigned('witness.confused', 'what it shows is part of this log');
  return contradiction(target, { code: 'log.forked', size, sealed, shown });
}

type Found = Pick<Contradiction, 'code' | 'shown'> & {
  readonly size: number;
  readonly sealed: number;
};

function contradiction({ name }: WitnessTarget, { code, size, sealed, shown }: Found): Outcome {
  const proof = shown ? '' : '; it shows no checkpoint to prove it';
  const said =
    code === 'log.rolled_back'
      ? `witness ${name} cosigned ${size} entries of this log, which has ${sealed}${proof}`
      : `witness ${name} cosigned another log of ${size} entries${proof}`;
  return { kind: 'contradicted', contradiction: { code, witness: name, message: said, shown } };
}

function addressOf({ url }: WitnessTarget) {
  return { url, timeoutMs: TIMEOUT_MS };
}

function notCosigned(code: string, message: string): Outcome {
  return { kind: 'not_cosigned', code, message };
}
