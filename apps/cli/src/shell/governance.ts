import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type Digest, digestBytes, digestOf, parseStrict } from '@ioi/canon';
import type { GovernanceSigned, MutationJustification, QueryAnswer } from '@ioi/protocol';
import { isMutationJustification } from '@ioi/protocol';
import { reviewLines } from '../core/governance-view.ts';
import { matchId } from '../core/match-id.ts';
import { type Context, type Options, textOption } from './context.ts';
import { messageOf, usageFault } from './fault.ts';
import type { Wish } from './governance-api.ts';
import { canonicalText, keepPolicy, readPolicyFile } from './policy-file.ts';
import { ownerPassphrase } from './waiting.ts';

const DIGEST = /^sha256:[0-9a-f]{64}$/;
const MOST_ROWS = 1000;
const LONGEST_REASON = 256;

/** Shows what would be signed, asks for the passphrase, and signs exactly that. */
export async function signShown(
  context: Context,
  options: Options,
  wish: Wish,
): Promise<GovernanceSigned> {
  const { governance, output } = context;
  const review = await governance.review(wish);
  for (const line of reviewLines(review, output.paint)) output.note(line);
  const passphrase = await ownerPassphrase(context, options);
  return governance.sign(wish, review.review_hash, passphrase);
}

/** Rows of a governance projection that reflect everything answered before. */
export function rowsOf(
  { daemon }: Context,
  projection: string,
  where: Readonly<Record<string, unknown>> = {},
): Promise<QueryAnswer> {
  const consistency = 'linearized_domain';
  return daemon.query({ projection, consistency, where, limit: MOST_ROWS });
}

/** The one row a person means by the beginning of its id. */
export async function findRow(
  context: Context,
  { projection, column, list }: { projection: string; column: string; list: string },
  given: string,
): Promise<Readonly<Record<string, unknown>>> {
  const { rows } = await rowsOf(context, projection);
  const found = matchId(
    given,
    rows.map((row) => String(row[column])),
  );
  const row = found.ok ? rows.find((each) => each[column] === found.value) : undefined;
  if (row !== undefined) return row;
  const why = found.ok || found.error.code === 'id.unknown' ? 'fits none' : found.error.message;
  throw usageFault(`${given}: ${why} of the ${projection}`, list);
}

/** JSON as it is hashed: nothing that has no canonical form. */
export function readJson(path: string): unknown {
  const parsed = parseStrict(bytesIn(path));
  if (!parsed.ok) throw usageFault(`${path} is not JSON as it is signed: ${parsed.error.message}`);
  return parsed.value;
}

/** The digest itself, or that of the bytes of a file. */
export function digestArgument(given: string): Digest {
  return DIGEST.test(given) ? (given as Digest) : digestBytes(bytesIn(given));
}

/** Digest of a JSON artifact in a file. */
export function artifactDigest(value: unknown): Digest {
  const digest = digestOf(value);
  if (!digest.ok) throw usageFault(`it has no canonical form: ${digest.error.message}`);
  return digest.value;
}

/** The hash of a policy: itself, or that of an authored policy, whose canonical text is kept. */
export function policyArgument({ home }: Context, given: string): Digest {
  if (DIGEST.test(given)) return given as Digest;
  const loaded = readPolicyFile(given);
  keepPolicy(home, loaded.policyHash, canonicalText(loaded));
  return loaded.policyHash;
}

/** `--because TEXT` names one failure mode; `--justification FILE` says all there is. */
export function justificationOf(options: Options): MutationJustification {
  const text = textOption(options, 'because');
  const file = textOption(options, 'justification');
  if ((text === undefined) === (file === undefined)) {
    throw usageFault('say why: --because TEXT, or --justification FILE');
  }
  if (text !== undefined) return becauseOf(text);
  const value = readJson(file ?? '');
  if (isMutationJustification(value)) return value;
  throw usageFault(`${file} is no MutationJustification (docs/reference/artifacts.md)`);
}

function becauseOf(text: string): MutationJustification {
  if (text === '' || text.length > LONGEST_REASON) {
    throw usageFault(`--because takes 1 to ${LONGEST_REASON} characters; else --justification`);
  }
  const failure = { name: text, evidence_hash: digestBytes(text) };
  return { execution_trace_refs: [], failure_modes: [failure], fitness_signals: [] };
}

/** A number nobody used before, for statements that are told apart by it. */
export function freshNonce(): string {
  return String(randomBytes(8).readBigUInt64BE());
}

function bytesIn(path: string): Uint8Array {
  try {
    return readFileSync(path === '-' ? 0 : path);
  } catch (fault) {
    throw usageFault(`${path} cannot be read: ${messageOf(fault)}`);
  }
}
