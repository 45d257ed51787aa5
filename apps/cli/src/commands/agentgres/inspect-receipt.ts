import { writeFileSync } from 'node:fs';
import { digestOf } from '@ioi/canon';
import { parseNote } from '@ioi/crypto';
import type { LogEntry, ReceiptEnvelope } from '@ioi/protocol';
import { verifyEntry } from '@ioi/verifier';
import { entryProofIn, entryProofText } from '../../core/entry-proof-text.ts';
import { isSound, type ReceiptStanding, receiptView } from '../../core/receipt-view.ts';
import { visible } from '../../core/visible.ts';
import { type Command, type Context, textOption } from '../../shell/context.ts';
import { CommandFault, messageOf, usageFault } from '../../shell/fault.ts';
import { findItem } from '../../shell/find-item.ts';

const NONE = `sha256:${'0'.repeat(64)}`;
/** A receipt's id is made of this part of the hash of its body. */
const ID_FROM = 'sha256:'.length;
const ID_TO = ID_FROM + 32;

/**
 * `ioi agentgres inspect-receipt ID [--proof FILE]`: the receipt, the one before it, and its place
 * in the signed log, checked here.
 */
export const inspectReceipt: Command = async (context, [id = ''], options) => {
  const { daemon, output } = context;
  const item = await findItem(context, id, options);
  const receipt = receiptOf(item.entry, id);
  if (receipt === undefined) throw noReceipt(id, item.entry);
  const { domain_id, entry } = item;
  const text = entryProofText(await daemon.domains.entryProof(domain_id, entry.seq));
  const standing: ReceiptStanding = {
    receipt,
    domain_id,
    seq: entry.seq,
    previous: await previousOf(context, domain_id, receipt),
    proven: provenBy(text),
    witnesses: await witnessesOf(context, domain_id),
  };
  const out = textOption(options, 'proof');
  if (out !== undefined) save(out, text);
  const saved = out === undefined ? [] : [`wrote ${visible(out)}: ioi verify ${visible(out)}`];
  output.say([...receiptView(standing, output.paint), ...saved], standing);
  return isSound(standing) ? undefined : 'unverified';
};

function receiptOf({ events }: LogEntry, id: string): ReceiptEnvelope | undefined {
  const receipts = events
    .filter((event) => event['type'] === 'receipt.emitted')
    .map((event) => event['receipt'] as ReceiptEnvelope);
  return receipts.find(({ receipt_id }) => receipt_id.startsWith(id)) ?? receipts[0];
}

/** By the text that is saved, so that what is checked is what others will check. */
function provenBy(text: string): ReceiptStanding['proven'] {
  const proof = entryProofIn(text);
  if (proof === undefined) return { code: 'read.malformed', message: 'the proof is none' };
  const verified = verifyEntry(proof);
  if (!verified.ok) return verified.error;
  const { size, effect } = verified.value;
  if (effect === 'stands') return { size };
  return { code: 'log.unsealed', message: 'a crash left it unsealed and a recovery voided it' };
}

async function previousOf(
  { daemon }: Context,
  domainId: string,
  { body }: ReceiptEnvelope,
): Promise<ReceiptStanding['previous']> {
  const { prev_receipt_hash: hash } = body;
  if (hash === NONE) return 'first';
  const id = `receipt_${hash.slice(ID_FROM, ID_TO)}`;
  try {
    const { entry } = await daemon.domains.explain(domainId, id);
    const receipt = receiptOf(entry, id);
    const found = receipt && digestOf(receipt.body);
    return found?.ok && found.value === hash ? { receipt_id: id } : 'other';
  } catch (fault) {
    if (fault instanceof CommandFault && fault.about.code === 'id.unknown') return 'missing';
    throw fault;
  }
}

/** Whoever cosigned the node's own log; other domains have no witnesses of their own. */
async function witnessesOf({ daemon }: Context, domainId: string): Promise<string[]> {
  const { log } = await daemon.status();
  const [own] = await daemon.domains.list();
  const note = own?.domain_id === domainId ? log.witnessed?.note : undefined;
  const parsed = note === undefined ? undefined : parseNote(note);
  if (!parsed?.ok) return [];
  const names = parsed.value.signatures.map(({ name }) => name);
  return [...new Set(names)].filter((name) => name !== own?.origin);
}

function save(path: string, text: string): void {
  try {
    writeFileSync(path, text, { flag: 'wx', mode: 0o600 });
  } catch (fault) {
    throw usageFault(`the proof was not written: ${messageOf(fault)}`);
  }
}

function noReceipt(id: string, { seq, operation }: LogEntry): CommandFault {
  return new CommandFault({
    exit: 'usage',
    code: 'receipt.none',
    message: `${id} is entry ${seq}, ${operation}, which gave no receipt`,
    next: `ioi agentgres explain ${id}`,
  });
}
