import { createHash } from 'node:crypto';
import type { HybridKey } from '@ioi/crypto/shell';
import { operationIdWith } from '@ioi/law';
import type { AgentStateArchiveEnvelope, OperationRequest, SealedEntry } from '@ioi/protocol';
import { canonicalText, type StateHeads } from '../core/archive-state.ts';
import type { ImportStep } from '../core/import-invariants.ts';
import { keepersOf } from '../core/import-plan.ts';
import { visible } from '../core/visible.ts';
import { refusedArchive } from './archive-files.ts';
import { type Context, listOption, type Options, textOption } from './context.ts';
import { CommandFault, usageFault } from './fault.ts';
import { keyIdOf, openKey, publicKeyIn } from './principal-key.ts';
import { withProgress } from './progress.ts';
import { signedRequest } from './submit.ts';

/** Keys that speak for the classes which keep fields for them, and classes that get another. */
export type Keepers = {
  readonly keys: ReadonlyMap<string, HybridKey>;
  readonly rebound: ReadonlySet<string>;
};

/**
 * Whoever a class keeps fields for speaks again with the key itself, which is in no archive; or
 * the class is kept for this node's channel from now on, where somebody says so.
 */
export async function keepersFor(
  context: Context,
  heads: StateHeads,
  options: Options,
): Promise<Keepers> {
  const rebound = new Set(listOption(options, 'rebind'));
  const keepers = keepersOf(heads);
  const known = new Set([...keepers.values()].flat());
  for (const name of rebound) {
    if (!known.has(name)) throw usageFault(`${visible(name)} keeps no fields for a key`);
  }
  const paths = new Map(
    listOption(options, 'sign').map((path) => [keyIdOf(publicKeyIn(path)), path]),
  );
  const passphraseFile = textOption(options, 'signPassphraseFile');
  const keys = new Map<string, HybridKey>();
  for (const [keyId, classes] of keepers) {
    const needed = classes.filter((name) => !rebound.has(name));
    if (needed.length === 0) continue;
    const path = paths.get(keyId);
    if (path === undefined) throw keeperNeeded(keyId, needed);
    keys.set(keyId, await openKey(context, path, passphraseFile ? { passphraseFile } : {}));
  }
  return { keys, rebound };
}

function keeperNeeded(keyId: string, classes: readonly string[]): CommandFault {
  const names = visible(classes.join(', '));
  const ways = `--sign KEYFILE of that key, or --rebind ${visible(classes[0] ?? '')}`;
  const message = `${names} keeps fields for the key ${keyId}: ${ways}`;
  return new CommandFault({ exit: 'authority', code: 'archive.keeper_needed', message });
}

/** How many there were, the first and the last. */
export type Imported = { readonly count: number; readonly ends: readonly SealedEntry['entry'][] };

export type Importing = {
  readonly domainId: string;
  readonly envelope: AgentStateArchiveEnvelope;
  /** Of a domain that moves: whichever archive it is made of, it is the same one. */
  readonly moveId?: string | undefined;
  readonly steps: readonly ImportStep[];
  readonly keys: ReadonlyMap<string, HybridKey>;
};

/** Keys speak in the new domain while it is made, and afterwards when they are let again. */
function withKeys({ steps, keys }: Importing): readonly ImportStep[] {
  const registered = [...keys.values()].map(({ publicKey }): ImportStep => {
    const payload = { public_key: publicKey, operations: ['objects/*'], label: 'restore' };
    return { operation: 'domain/principal.register', payload };
  });
  const revoked = [...keys.keys()].map((key_id): ImportStep => {
    return { operation: 'domain/principal.revoke', payload: { key_id } };
  });
  return [...registered, ...steps, ...revoked];
}

/**
 * The same for the same archive, or move, and domain: what was sealed before an interruption is
 * found.
 */
function operationId({ envelope, moveId, domainId }: Importing, at: number): string {
  const of = moveId === undefined ? { archive_id: envelope.archive_id } : { move_id: moveId };
  const text = canonicalText({ ...of, at, domain_id: domainId });
  const digits = createHash('sha256').update(text).digest('hex').slice(0, 20);
  return operationIdWith(moveId === undefined ? Number(envelope.created_at) : 0, digits);
}

/**
 * Whether the domain is there already, of an interrupted import of this archive, which is gone on
 * with: nothing is sealed twice. Refuses one that anything else is in.
 */
export async function isBegun(context: Context, importing: Importing): Promise<boolean> {
  const { domains } = context.daemon;
  const { domainId } = importing;
  const page = await domains.page();
  const names = [...page.domains.map((each) => each.domain_id), ...page.closed];
  if (!names.includes(domainId)) return false;
  const { classes } = await domains.classes(domainId);
  const held = classes.filter(({ objects }) => objects > 0).map(({ head_class }) => head_class);
  const isNew = held.every((headClass) => headClass === 'node');
  const isDone = held.includes('object.RestoreReceipt');
  const isOurs = isNew || (await foundIn(context, domainId, operationId(importing, 0)));
  if (!isDone && isOurs) return true;
  throw usageFault(`${domainId} is there already; an archive becomes a new domain`);
}

/** Whether a domain here was made of this archive to its end, as its receipt says. */
export async function isMadeOf(
  { daemon: { domains } }: Context,
  domainId: string,
  { archive_sha256: sha256 }: { readonly archive_sha256: string },
): Promise<boolean> {
  const { domains: open } = await domains.page();
  if (!open.some((each) => each.domain_id === domainId)) return false;
  const { objects } = await domains.objects(domainId, 'object.RestoreReceipt', { limit: 1 });
  const [receipt] = objects.map(({ value }) => Object(value).value?.envelope);
  return receipt?.archive_sha256 === sha256;
}

async function foundIn({ daemon }: Context, domainId: string, id: string) {
  try {
    return (await daemon.domains.explain(domainId, id)).entry;
  } catch (fault) {
    if (fault instanceof CommandFault && fault.about.code === 'id.unknown') return undefined;
    throw fault;
  }
}

export function importAll(context: Context, importing: Importing): Promise<Imported> {
  const { domains } = context.daemon;
  const { domainId, keys } = importing;
  const steps = withKeys(importing);
  return withProgress(context.output, 'importing', async (tell) => {
    const { domain_id, genesis_origin: origin } = await domains.status(domainId);
    let imported: Imported = { count: 0, ends: [] };
    for (const [at, { speaker, ...step }] of steps.entries()) {
      const request = { ...step, operation_id: operationId(importing, at) };
      const key = speaker === undefined ? undefined : keys.get(speaker);
      const spoken = key ? signedRequest(key, { domain_id, origin }, request) : request;
      const entry = await sealedOnce(context, domainId, spoken);
      const ends = [imported.ends[0] ?? entry, ...(imported.count > 0 ? [entry] : [])];
      imported = { count: imported.count + 1, ends };
      tell(imported.count, steps.length);
    }
    return imported;
  });
}

/** What stands there under its id is what it is, or the import was begun in another way. */
async function sealedOnce(
  context: Context,
  domainId: string,
  request: OperationRequest,
): Promise<SealedEntry['entry']> {
  try {
    return (await context.daemon.domains.submit(domainId, request)).entry;
  } catch (fault) {
    const isThere = fault instanceof CommandFault && fault.about.code === 'operation.duplicate';
    const entry = isThere && (await foundIn(context, domainId, request.operation_id ?? ''));
    if (!entry) throw fault;
    const isSame =
      entry.operation === request.operation &&
      canonicalText(entry.payload) === canonicalText(request.payload);
    if (isSame) return entry;
    const message = `${domainId} was begun with other options; give those, or another --as`;
    throw refusedArchive('archive.other_import', message);
  }
}
