import { randomBytes } from 'node:crypto';
import { join, resolve } from 'node:path';
import type { AgentStateArchiveEnvelope, OwnerSource, RestoreReceiptEnvelope } from '@ioi/protocol';
import {
  artifactsIn,
  domainOf,
  isImported,
  mayComeUnder,
  NO_POLICY,
  namesHeads,
  type StateHeads,
} from '../core/archive-state.ts';
import { triedOperations } from '../core/import-trial.ts';
import { visible } from '../core/visible.ts';
import { artifactsFolder, holdParts, placeParts } from '../shell/archive-artifacts.ts';
import {
  envelopeOf,
  fileDigest,
  headsOf,
  refusedArchive,
  verifiedLog,
} from '../shell/archive-files.ts';
import { keepObject } from '../shell/archive-objects.ts';
import {
  type Command,
  type Context,
  needNode,
  type Options,
  textOption,
} from '../shell/context.ts';
import { usageFault } from '../shell/fault.ts';
import { headSource } from '../shell/head-source.ts';
import { type Imported, importAll, isBegun, keepersFor } from '../shell/import-domain.ts';
import { holdArriving, moveIn } from '../shell/moving.ts';
import { readPhrase } from '../shell/phrase-input.ts';
import { withProgress } from '../shell/progress.ts';
import { readPassphrase } from '../shell/prompt.ts';
import { recover } from '../shell/recovery.ts';
import { withPart } from '../shell/replacement.ts';

type Opened = {
  readonly envelope: AgentStateArchiveEnvelope;
  readonly heads: StateHeads;
  readonly requester: string;
  /** Who sealed the log inside. */
  readonly nodeId: string;
};

/**
 * `ioi archive restore FILE --as DOMAIN`: a new domain with the classes, constraints, invariants,
 * objects, references and artifacts of an archive, made by operations. Everything is checked before
 * the first of them; who may speak in the new domain is not in the archive. Interrupted, the same
 * command goes on.
 */
export const archiveRestore: Command = async (context, [file = ''], options) => {
  needNode(context.home);
  const domainId = newDomainOf(options);
  const found = await openArchive(context, resolve(file), options, async (opened) => {
    await holdArriving(context, { ...opened, domainId }, options);
    const { keys, rebound } = await keepersFor(context, opened.heads, options);
    const to = { domainId, rebound };
    const operations = triedOperations(to, opened.heads, BigInt(Date.now()));
    if (!operations.ok) throw refusedArchive(operations.error.code, operations.error.message);
    const { envelope } = opened;
    const moveId = moveIn(opened.heads)?.move_id;
    const importing = { domainId, envelope, moveId, steps: operations.value, keys };
    return { opened, importing, isOpen: await isBegun(context, importing) };
  });
  const { opened, importing, isOpen } = found;
  if (options['check'] === true) {
    const said = `${visible(opened.envelope.domain_id)} can be made here as ${visible(domainId)}`;
    context.output.say([said], { domain_id: domainId, archive_id: opened.envelope.archive_id });
    return undefined;
  }
  if (!isOpen) await context.daemon.domains.open(domainId);
  const imported = await importAll(context, importing);
  const came = await headSource(context, domainId);
  if (!isImported(opened.heads, await headsOf(came))) {
    const message = `${domainId} has other objects than the archive; it has no RestoreReceipt`;
    throw refusedArchive('archive.heads_differ', message);
  }
  const receipt = receiptOf(opened, imported, came.stateRoot);
  const value = { kind: 'RestoreReceipt', id: receipt.restore_id, value: receipt } as const;
  const kept = await keepObject(context.daemon, domainId, value);
  const lines = [
    `restored ${visible(opened.envelope.domain_id)} as ${visible(domainId)}`,
    `  by ${imported.count} operations; its objects are those of the archive`,
    `  ${receipt.restore_id}, entry ${kept.entry.seq}`,
    'next: ioi domain key add, for whoever is to speak in it',
  ];
  context.output.say(lines, { domain_id: domainId, seq: kept.entry.seq, receipt });
  return undefined;
};

/**
 * Authority, hash, policy, schema, log, state root and heads, in turn; each refuses by name. What
 * goes along is put in its place once all of it is `found` to be in order.
 */
async function openArchive<T>(
  context: Context,
  path: string,
  options: Options,
  found: (opened: Opened) => Promise<T>,
): Promise<T> {
  const { home, output } = context;
  const envelope = envelopeOf(path);
  await checkPolicy(context, envelope, options);
  const sha256 = await withProgress(output, 'reading', (tell) => fileDigest(path, tell));
  if (`sha256:${sha256}` !== envelope.archive_sha256) {
    throw refusedArchive('archive.hash_mismatch', 'the file is not the one its envelope names');
  }
  const isAlong = envelope.contents.includes('artifact_refs');
  const folder = artifactsFolder(options, isAlong);
  const given = options['owner'] as OwnerSource | undefined;
  const owner = given ?? (await ownerShown(context, options));
  const part = folder ? join(folder, '.restoring') : join(home.folder, 'archive');
  return withPart(part, async (staging) => {
    const into = join(staging, 'log.ioi');
    const along = folder === undefined ? {} : { parts_into: staging };
    const job = { archive: path, archive_id: envelope.archive_id, owner, into, ...along };
    const { archive } = await withProgress(output, 'opening', (tell) =>
      recover({ kind: 'open_archive', ...job }, 'archive_opened', tell),
    );
    const { root, nodeId } = await verifiedLog(output, into, textOption(options, 'node'));
    const source = await headSource(context, into);
    if (root !== envelope.receipt_root || source.stateRoot !== envelope.base_state_root) {
      throw refusedArchive('archive.state_root_mismatch', 'its log has another root or state');
    }
    const heads = await headsOf(source);
    if (domainOf(heads) !== envelope.domain_id) {
      throw refusedArchive('archive.other_domain', 'its log is of another domain than it names');
    }
    if (!namesHeads(envelope, heads)) {
      throw refusedArchive('archive.heads_differ', 'its objects are not those it names');
    }
    const { did, parts } = archive;
    holdParts(artifactsIn(heads), { parts, isAlong });
    const ready = await found({ envelope, heads, nodeId, requester: did });
    if (folder !== undefined && options['check'] !== true) placeParts(staging, folder, parts ?? []);
    return ready;
  });
}

/** State made under one policy does not come under another unless somebody says so. */
async function checkPolicy(
  { daemon }: Context,
  { policy_hash: made }: AgentStateArchiveEnvelope,
  options: Options,
): Promise<void> {
  const now = (await daemon.status()).policy?.policy_hash;
  if (mayComeUnder({ made, now, accepted: textOption(options, 'acceptPolicy') })) return;
  const message = `it was made under ${made ?? 'no policy'}, and ${now ?? 'none'} is in force`;
  throw refusedArchive('archive.other_policy', `${message}: --accept-policy ${made ?? NO_POLICY}`);
}

/** Whoever the archive is sealed to, by key file or phrase. */
export async function ownerShown(
  { home, output }: Context,
  options: Options,
): Promise<OwnerSource> {
  if ('phraseFile' in options || 'shareFile' in options) {
    return { kind: 'phrase', phrase: await readPhrase(options, output), passphrase: '' };
  }
  const path = resolve(textOption(options, 'ownerKey') ?? join(home.guardian, 'owner.key'));
  const source = { passphraseFile: textOption(options, 'passphraseFile') };
  return { kind: 'key_file', path, passphrase: await readPassphrase(source, output) };
}

function newDomainOf(options: Options): string {
  const name = textOption(options, 'as');
  if (name === undefined) throw usageFault('say what the new domain is called: --as DOMAIN');
  return name.includes('://') ? name : `agentgres://domain/${name}`;
}

function receiptOf(
  { envelope, requester }: Opened,
  imported: Imported,
  stateRoot: string,
): RestoreReceiptEnvelope {
  return {
    restore_id: `restore_${randomBytes(16).toString('hex')}`,
    archive_ref: `arch://${envelope.archive_id}`,
    archive_sha256: envelope.archive_sha256,
    requester_ref: `wallet://${requester}`,
    authority_grant_refs: [],
    hash_verified: true,
    decrypted: true,
    schema_validated: true,
    state_root_validated: true,
    object_heads_validated: true,
    imported_operation_refs: imported.ends.map(({ operation_id }) => `op://${operation_id}`),
    imported_operations: imported.count,
    result_state_root: stateRoot,
    receipt_time: imported.ends.at(-1)?.chain_time ?? '0',
  };
}
