import { randomBytes } from 'node:crypto';
import { existsSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { AgentStateArchiveEnvelope, OwnerIdentity } from '@ioi/protocol';
import { artifactsIn, canonicalText, cidOf, headRefs } from '../core/archive-state.ts';
import { shortDomain } from '../core/domain-view.ts';
import { triedOperations } from '../core/import-trial.ts';
import { sizeText } from '../core/size-text.ts';
import { visible } from '../core/visible.ts';
import { partsOf } from '../shell/archive-artifacts.ts';
import {
  envelopeOf,
  envelopePath,
  fileDigest,
  headsOf,
  recipientIn,
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
import { moveIn } from '../shell/moving.ts';
import { identityIn } from '../shell/owner-identity.ts';
import { withProgress } from '../shell/progress.ts';
import { putNew } from '../shell/put-new.ts';
import { recover } from '../shell/recovery.ts';
import { clearParts, withPart } from '../shell/replacement.ts';
import { saveExport } from '../shell/save-export.ts';
import { saveNew } from '../shell/save-new.ts';

export { archiveRestore } from './archive-restore.ts';

/**
 * `ioi archive create DOMAIN --to FILE [--recipient FILE]`: the log of a domain, sealed to an
 * owner. What it is stands beside it in `FILE.json`, and in the domain as an object.
 */
export const archiveCreate: Command = async (context, [name = ''], options) => {
  const { home, daemon, output } = context;
  needNode(home);
  const to = targetOf(options);
  const recipient = recipientOf(context, options);
  const { domain_id: domainId } = await daemon.domains.status(name);
  const [own] = await daemon.domains.list();
  if (own?.domain_id === domainId) throw ownLog();
  const sealing = { name, domainId, recipient, to, options };
  const envelope = await withPart(join(home.folder, 'archive'), (staging) =>
    sealed(context, sealing, staging),
  );
  const lines = [
    `wrote ${visible(to)}, ${sizeText(envelope.bytes)}`,
    `wrote ${visible(envelopePath(to))}, which says what it is`,
    `  ${envelope.archive_id}, ${visible(domainId)} as of ${envelope.base_state_root}`,
    `  opens with the key or recovery phrase of ${recipient.did}`,
  ];
  output.say(lines, { file: to, ...envelope });
  return undefined;
};

type Sealing = {
  readonly name: string;
  readonly domainId: string;
  readonly recipient: OwnerIdentity;
  readonly to: string;
  readonly options: Options;
};

/** The log is verified as it was exported; the file appears once its envelope is in the domain. */
async function sealed(
  context: Context,
  { name, domainId, recipient, to, options }: Sealing,
  staging: string,
): Promise<AgentStateArchiveEnvelope & { readonly bytes: number }> {
  const { daemon, output } = context;
  const archive_id = `arch_${randomBytes(16).toString('hex')}`;
  const plain = join(staging, 'log.ioi');
  const part = `${to}.${process.pid}.part`;
  try {
    await saveExport({ export: () => daemon.domains.export(name) }, plain, false);
    const { root } = await verifiedLog(output, plain);
    const source = await headSource(context, plain);
    const heads = await headsOf(source);
    // What no restore would carry is refused now, not when the domain is gone.
    const as = { domainId: moveIn(heads)?.to_domain_id ?? domainId };
    const carried = triedOperations(as, heads, BigInt(Date.now()));
    if (!carried.ok) throw refusedArchive(carried.error.code, carried.error.message);
    const refs = headRefs(shortDomain(domainId), heads);
    const { entry: last } = await daemon.domains.explain(name, String(source.size - 1));
    const parts = partsOf(artifactsIn(heads), options);
    const along = parts === undefined ? {} : { parts };
    const job = { plain, recipient, archive_id, to: part, ...along } as const;
    const { archive } = await withProgress(output, 'sealing', (tell) =>
      recover({ kind: 'seal_archive', ...job }, 'archive_sealed', tell),
    );
    const policy = (await daemon.status()).policy?.policy_hash;
    const made: AgentStateArchiveEnvelope = {
      archive_id,
      domain_id: domainId,
      base_state_root: source.stateRoot,
      object_head_refs: refs,
      archive_cid: cidOf(archive.sha256),
      archive_sha256: `sha256:${archive.sha256}`,
      encryption: {
        scheme: 'hybrid_pq',
        recipient_ref: `wallet://${recipient.did}`,
        key_ref: `key://${recipient.did}/agreement`,
      },
      contents: ['operation_log', ...(parts === undefined ? [] : (['artifact_refs'] as const))],
      schema_version: '1.0.0',
      ...(policy === undefined ? {} : { policy_hash: policy }),
      created_at: last.chain_time,
      receipt_root: root,
    };
    // One that is on its way takes nothing more; its last entry names the archive.
    if (moveIn(heads) === undefined) {
      await keepObject(daemon, name, { kind: 'AgentStateArchive', id: archive_id, value: made });
    }
    saveNew(envelopePath(to), canonicalText(made));
    putNew(part, to);
    return { ...made, bytes: archive.bytes };
  } finally {
    rmSync(part, { force: true });
  }
}

/** `ioi archive inspect FILE`: the envelope, and whether the file is the one it names. */
export const archiveInspect: Command = async ({ output }, [file = '']) => {
  const path = resolve(file);
  const envelope = envelopeOf(path);
  const sha256 = await withProgress(output, 'reading', (tell) => fileDigest(path, tell));
  if (`sha256:${sha256}` !== envelope.archive_sha256) {
    throw refusedArchive('archive.hash_mismatch', 'the file is not the one its envelope names');
  }
  const lines = [
    `archive      ${envelope.archive_id}`,
    `domain       ${visible(envelope.domain_id)}`,
    `state        ${envelope.base_state_root}`,
    `sealed to    ${visible(envelope.encryption.recipient_ref)}`,
    `policy       ${envelope.policy_hash ?? 'none was in force'}`,
    ...envelope.object_head_refs.map((ref) => `objects      ${visible(ref)}`),
    `sha256       ${sha256}`,
    'what is in it is checked when it is restored',
  ];
  output.say(lines, envelope);
  return undefined;
};

function recipientOf({ home }: Context, options: Options): OwnerIdentity {
  const path = textOption(options, 'recipient');
  if (path !== undefined) return recipientIn(path);
  const identity = identityIn(home);
  if (identity) return identity;
  throw usageFault('the owner of this node has no identity yet', 'ioi wallet id');
}

function targetOf(options: Options): string {
  const to = textOption(options, 'to');
  if (to === undefined) throw usageFault('say where to: --to FILE');
  const path = resolve(to);
  // What a command that was killed left, of no use to anybody.
  clearParts(path);
  for (const each of [path, envelopePath(path)]) {
    if (existsSync(each)) throw usageFault(`${each} is there already`);
  }
  return path;
}

function ownLog() {
  const message = "the node's own log is no archive: it says what happened on this node";
  return usageFault(message, 'ioi backup --to FILE');
}
