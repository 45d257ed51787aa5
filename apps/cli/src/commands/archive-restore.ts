import { randomBytes } from 'node:crypto';
import { join, resolve } from 'node:path';
import type {
  AgentStateArchiveEnvelope,
  OperationRequest,
  OwnerSource,
  RestoreReceiptEnvelope,
  SealedEntry,
} from '@ioi/protocol';
import {
  domainOf,
  importOperations,
  isImported,
  mayComeUnder,
  NO_POLICY,
  namesHeads,
  type StateHeads,
} from '../core/archive-state.ts';
import { visible } from '../core/visible.ts';
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
import { readPhrase } from '../shell/phrase-input.ts';
import { withProgress } from '../shell/progress.ts';
import { readPassphrase } from '../shell/prompt.ts';
import { recover } from '../shell/recovery.ts';
import { withPart } from '../shell/replacement.ts';

type Opened = {
  readonly envelope: AgentStateArchiveEnvelope;
  readonly heads: StateHeads;
  readonly requester: string;
};

/**
 * `ioi archive restore FILE --as DOMAIN`: a new domain with the classes, constraints and objects
 * of an archive, made by operations. Everything is checked before the first of them; who may speak
 * in the new domain is not in the archive.
 */
export const archiveRestore: Command = async (context, [file = ''], options) => {
  needNode(context.home);
  const domainId = newDomainOf(options);
  const opened = await openArchive(context, resolve(file), options);
  const operations = importOperations(domainId, opened.heads);
  if (!operations.ok) throw refusedArchive(operations.error.code, operations.error.message);
  const { domains } = context.daemon;
  await refuseOpen(context, domainId);
  await domains.open(domainId);
  const imported = await importAll(context, domainId, operations.value);
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

/** Authority, hash, policy, schema, log, state root and heads, in turn; each refuses by name. */
async function openArchive(context: Context, path: string, options: Options): Promise<Opened> {
  const { home, output } = context;
  const envelope = envelopeOf(path);
  await checkPolicy(context, envelope, options);
  const sha256 = await withProgress(output, 'reading', (tell) => fileDigest(path, tell));
  if (`sha256:${sha256}` !== envelope.archive_sha256) {
    throw refusedArchive('archive.hash_mismatch', 'the file is not the one its envelope names');
  }
  const owner = await ownerShown(context, options);
  return withPart(join(home.folder, 'archive'), async (staging) => {
    const into = join(staging, 'log.ioi');
    const job = { archive: path, archive_id: envelope.archive_id, owner, into };
    const { archive } = await withProgress(output, 'opening', (tell) =>
      recover({ kind: 'open_archive', ...job }, 'archive_opened', tell),
    );
    const { root } = await verifiedLog(output, into, textOption(options, 'node'));
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
    return { envelope, heads, requester: archive.did };
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

async function ownerShown({ home, output }: Context, options: Options): Promise<OwnerSource> {
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

async function refuseOpen({ daemon }: Context, domainId: string): Promise<void> {
  const { domains, closed } = await daemon.domains.page();
  const names = [...domains.map((each) => each.domain_id), ...closed];
  if (names.includes(domainId)) {
    throw usageFault(`${domainId} is there already; an archive becomes a new domain`);
  }
}

/** How many there were, the first and the last. */
type Imported = { readonly count: number; readonly ends: readonly SealedEntry['entry'][] };

function importAll(
  { daemon, output }: Context,
  domainId: string,
  operations: readonly OperationRequest[],
): Promise<Imported> {
  return withProgress(output, 'importing', async (tell) => {
    let imported: Imported = { count: 0, ends: [] };
    for (const operation of operations) {
      const { entry } = await daemon.domains.submit(domainId, operation);
      const ends = [imported.ends[0] ?? entry, ...(imported.count > 0 ? [entry] : [])];
      imported = { count: imported.count + 1, ends };
      tell(imported.count, operations.length);
    }
    return imported;
  });
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
