import { writeFileSync } from 'node:fs';
import { canonicalJson } from '@ioi/canon';
import { coseReceipts, dsseEnvelope, keyIds, publicKeyPems, sigstoreBundle } from '@ioi/law';
import type { LogEntry, ReceiptEnvelope, VouchedReceipt } from '@ioi/protocol';
import { type VerifiedReceipt, verifyVouched } from '@ioi/verifier';
import { otherThanAsked, receiptAmong } from '../core/asked-receipt.ts';
import { entryProofText } from '../core/entry-proof-text.ts';
import { visible } from '../core/visible.ts';
import { type Command, type Context, flagOption, textOption } from '../shell/context.ts';
import { CommandFault, messageOf, usageFault } from '../shell/fault.ts';
import { findItem } from '../shell/find-item.ts';
import { askStamp, type Stamp, stampingAuthority } from '../shell/timestamps.ts';

type Formatted = {
  readonly vouched: VouchedReceipt;
  readonly verified: VerifiedReceipt;
  readonly stamp?: Stamp | undefined;
};
type Format = (formatted: Formatted) => string | Uint8Array;

/** Every format of others, by the name it is asked for. */
const FORMATS: ReadonlyMap<string, Format> = new Map<string, Format>([
  ['json', ({ verified }) => canonical(verified.receipt)],
  ['dsse', ({ vouched }) => dsseEnvelope(vouched)],
  ['sigstore', ({ vouched, stamp }) => sigstoreBundle(vouched, stamp?.response)],
  ['cose', (formatted) => coseOf(formatted).ed25519],
  ['cose-ml-dsa-44', (formatted) => coseOf(formatted).mlDsa44],
  ['tlog-proof', ({ vouched }) => entryProofText(vouched.proof)],
  ['entry', ({ vouched }) => vouched.proof.entry.text],
  ['key', ({ vouched }) => publicKeyPems(vouched.guardian_key).ed25519],
  ['key-ml-dsa-44', ({ vouched }) => publicKeyPems(vouched.guardian_key).mlDsa44],
]);

/**
 * `ioi receipt ID [--format FORMAT] [--out FILE]`: a receipt as itself, or in a form that programs
 * of others verify. What the guardian signed is checked here first, as that of the node which the
 * guardian itself names, or `--node`.
 */
export const receipt: Command = async (context, [id = ''], options) => {
  const name = textOption(options, 'format') ?? 'json';
  const format = FORMATS.get(name);
  if (!format)
    throw usageFault(`there is no format ${name}`, `one of ${[...FORMATS.keys()].join(', ')}`);
  const authority = stampingAuthority(options);
  if (authority && name !== 'sigstore') throw usageFault('a Sigstore bundle alone is stamped');
  const { domain_id: domainId, entry } = await findItem(context, id, options);
  const receiptId = receiptIdIn(entry, id);
  const vouched = await context.daemon.domains.vouched(domainId, entry.seq, receiptId);
  const nodeId = textOption(options, 'node') ?? (await context.guardian.status()).node_id;
  const verified = verifyVouched(vouched, { nodeId });
  if (!verified.ok) throw badlyVouched(verified.error);
  const message = otherThanAsked(
    { receiptId, domainId, seq: entry.seq, domain: textOption(options, 'domain') },
    {
      receiptId: verified.value.receipt.receipt_id,
      domainId: verified.value.domain_id,
      seq: verified.value.entry.seq,
    },
  );
  if (message !== undefined) throw badlyVouched({ code: 'receipt.other', message });
  const stamp = authority && (await askStamp(signatureIn(vouched), authority));
  const bytes = format({ vouched, verified: verified.value, stamp });
  const out = textOption(options, 'out');
  const about = {
    receipt_id: receiptId,
    domain_id: domainId,
    seq: entry.seq,
    size: verified.value.size,
    format: name,
    key_ids: keyIds(vouched.guardian_key),
    ...(stamp ? { stamped: { time: stamp.time, authority: stamp.authority } } : {}),
  };
  if (out === undefined) return show(context, bytes, about);
  save(out, bytes, flagOption(options, 'force'));
  context.output.say([`wrote ${visible(out)}: ${receiptId} as ${name}`], { ...about, out });
  return undefined;
};

function show({ output }: Context, bytes: string | Uint8Array, about: object): undefined {
  const isText = typeof bytes === 'string';
  if (output.json) {
    const shown = isText ? { text: bytes } : { base64: Buffer.from(bytes).toString('base64') };
    output.say([], { ...about, ...shown });
  } else if (isText) output.raw(bytes);
  else process.stdout.write(bytes);
  return undefined;
}

/** What a bundle has stamped is its signature. */
function signatureIn({ dsse }: VouchedReceipt): Uint8Array {
  return Buffer.from(dsse.ed25519, 'base64');
}

function coseOf({ vouched, verified: { signings, size } }: Formatted) {
  return coseReceipts(vouched, signings, size);
}

/** The receipt that was asked for by its id, or the first that the entry gave. */
function receiptIdIn({ events, seq, operation }: LogEntry, id: string): string {
  const ids = events
    .filter((event) => event['type'] === 'receipt.emitted')
    .map((event) => (event['receipt'] as ReceiptEnvelope).receipt_id);
  const found = receiptAmong(ids, id);
  if (found !== undefined) return found;
  throw new CommandFault({
    exit: 'usage',
    code: 'receipt.none',
    message: `${id} is entry ${seq}, ${operation}, which gave no receipt`,
    next: `ioi agentgres explain ${id}`,
  });
}

/** The very bytes whose digest the statement names: nothing is added to them. */
function canonical(value: ReceiptEnvelope): string {
  const text = canonicalJson(value);
  if (!text.ok) throw new Error(text.error.message);
  return text.value;
}

function save(path: string, bytes: string | Uint8Array, force: boolean): void {
  try {
    writeFileSync(path, bytes, { flag: force ? 'w' : 'wx', mode: 0o600 });
  } catch (fault) {
    throw usageFault(`${path} was not written: ${messageOf(fault)}`);
  }
}

function badlyVouched({ code, message }: { readonly code: string; readonly message: string }) {
  return new CommandFault({ exit: 'unverified', code, message, next: 'ioi agentgres doctor' });
}
