import { err, ok, type Result } from '@ioi/basis';
import {
  type AlgorithmId,
  type Checkpoint,
  type NoteKey,
  noteKeysOf,
  parseCheckpoint,
  parseNote,
  rememberingLast,
  verifierRegistry,
  verifyNote,
} from '@ioi/crypto';
import {
  type Authenticate,
  authenticator,
  BOUNDARY,
  domainModules,
  type ExportHeader,
  firstSealer,
  logNameOf,
  type Modules,
  nodeIdOf,
  nodeModules,
  type SealedLog,
} from '@ioi/law';
import {
  type DomainGenesis,
  type Genesis,
  isDomainGenesis,
  isGenesis,
  type LogEntry,
} from '@ioi/protocol';
import { codeOf, type Finding, type FindingCode } from './codes.ts';
import { type Epoch, isLaterOrigin } from './epochs.ts';

/**
 * What is known once genesis and header agree: whose log this is, and what they signed. The keys of
 * a later epoch stand further on: `checkHead` tells whether they signed.
 */
export type Trust = {
  readonly genesis: AnyGenesis;
  readonly domainId: string;
  /** Who seals it first. */
  readonly sealer: Epoch;
  readonly checkpoint: Checkpoint;
  readonly modules: Modules;
  readonly authenticate: Authenticate;
};

export type TrustOptions = {
  /** The node this must be. Without it any node may speak, in its own name only. */
  readonly nodeId?: string;
  /** Algorithms that no longer prove anything here. */
  readonly disabled?: readonly AlgorithmId[];
};

type Trusted<T> = Result<T, Finding>;

/**
 * Takes the keys from genesis and checks the header's note with them. Nothing is believed about
 * a key but that node_id follows from it: who wants a certain node pins its node_id.
 */
export function establishTrust(
  header: ExportHeader,
  first: LogEntry,
  options: TrustOptions,
): Trusted<Trust> {
  const named = keysInGenesis(first, options);
  if (!named.ok) return named;
  const { genesis, sealer } = named.value;
  const registry = verifierRegistry({ disabled: options.disabled ?? [] });
  const modules = genesis.domain_id === undefined ? nodeModules(registry) : domainModules(registry);
  const log = logNameOf(genesis);
  const authenticate = authenticator(log, rememberingLast(registry));
  const strange = unknownModule(genesis, modules);
  if (strange !== undefined) return refuse('genesis.unknown_module', strange);
  const checkpoint = headOf(header.note, genesis.origin, sealer);
  if (!checkpoint.ok) return checkpoint;
  if (checkpoint.value.size !== header.entries) {
    const message = `the checkpoint covers ${checkpoint.value.size} entries, not ${header.entries}`;
    return inHeader('log.size_mismatch', message);
  }
  const about = { genesis, domainId: log.domain_id, sealer, modules, authenticate };
  return ok({ ...about, checkpoint: checkpoint.value });
}

/** Whose log begins with this entry, and who seals it first. */
export function keysInGenesis(
  first: LogEntry,
  options: TrustOptions,
): Trusted<Pick<Trust, 'genesis' | 'sealer'> & { readonly log: SealedLog }> {
  const genesis = readGenesis(first, options);
  if (!genesis.ok) return genesis;
  const registry = verifierRegistry({ disabled: options.disabled ?? [] });
  const sealing = isOfDomain(genesis.value) ? firstSealer(genesis.value, registry) : genesis;
  if (!sealing.ok) {
    return refuse(codeOf(sealing.error.code) ?? 'genesis.invalid', sealing.error.message);
  }
  const { epoch, guardian_key, origin } = sealing.value;
  const disabled = (options.disabled ?? []).find((id) => guardian_key.algorithm.includes(id));
  if (disabled) return refuse('algorithm.disabled', `${disabled} is disabled here`);
  const pair = noteKeysOf(guardian_key, origin);
  if (!pair.ok) return refuse('genesis.invalid', pair.error.message);
  const keys = [pair.value.ed25519, pair.value.mlDsa44];
  const log = { ...genesis.value, ...sealing.value };
  return ok({ genesis: genesis.value, log, sealer: { epoch, origin, keys, from: 0 } });
}

/** The checkpoint of a note, by whoever seals at its end: both signatures, of the origin. */
export function checkHead(note: string, { origin, keys }: Epoch): Trusted<Checkpoint> {
  const checkpoint = readNote(note, keys);
  if (!checkpoint.ok || checkpoint.value.origin === origin) return checkpoint;
  return inHeader('note.other_log', `the checkpoint is of ${checkpoint.value.origin}`);
}

/** The same by who seals first, unless the note names an epoch whose keys are yet to come. */
function headOf(note: string, base: string, sealer: Epoch): Trusted<Checkpoint> {
  const parsed = parseNote(note);
  const named = parsed.ok ? parseCheckpoint(parsed.value.text) : parsed;
  const isLater = named.ok && named.value.origin !== sealer.origin;
  if (isLater && isLaterOrigin(named.value.origin, base)) return named;
  return checkHead(note, sealer);
}

/** Of a node's own log, or of a domain that a node keeps. */
type AnyGenesis = Genesis & Partial<Pick<DomainGenesis, 'domain_id'>>;

function isOfDomain(genesis: AnyGenesis): genesis is DomainGenesis {
  return genesis.domain_id !== undefined;
}

function genesisIn({ operation, payload }: LogEntry): AnyGenesis | undefined {
  if (operation === `${BOUNDARY}/genesis`) return isGenesis(payload) ? payload : undefined;
  return operation === 'domain/genesis' && isDomainGenesis(payload) ? payload : undefined;
}

function readGenesis(first: LogEntry, { nodeId }: TrustOptions): Trusted<AnyGenesis> {
  const payload = genesisIn(first);
  if (!payload) return refuse('genesis.missing', `entry 0 is ${first.operation}, or no genesis`);
  const { node_id, owner_key, guardian_key, origin } = payload;
  if (node_id !== nodeIdOf(owner_key, guardian_key)) {
    return refuse('genesis.wrong_node', 'node_id does not follow from the keys');
  }
  if (origin !== logNameOf(payload).origin) {
    return refuse('genesis.wrong_node', 'origin does not follow from node_id and domain');
  }
  if (nodeId !== undefined && nodeId !== node_id) {
    return refuse('genesis.unexpected_node', `this is the log of ${node_id}`);
  }
  return ok(payload);
}

/**
 * Genesis names the modules that fold the log; others would fold it to something else. Modules that
 * came since fold nothing but what they are named in, so an older log has fewer of them.
 */
function unknownModule(genesis: AnyGenesis, modules: Modules): string | undefined {
  const strange = genesis.modules.find(
    (named) => modules.get(named.name)?.moduleHash !== named.module_hash,
  );
  if (strange) return `module ${strange.name} ${strange.version} is not known here`;
  const names = new Set(genesis.modules.map(({ name }) => name));
  if (names.size !== genesis.modules.length) return 'genesis names a module twice';
  const own = genesis.domain_id === undefined ? BOUNDARY : 'domain';
  return names.has(own) ? undefined : 'genesis does not name its own module';
}

/** Both lines, Ed25519 first, and no other: then no byte of the note can be anything else. */
function readNote(text: string, keys: readonly NoteKey[]): Trusted<Checkpoint> {
  const note = parseNote(text);
  if (!note.ok) return inHeader('note.malformed', note.error.message);
  const checked = verifyNote(text, keys);
  if (!checked.ok) return inHeader('note.bad_signature', checked.error.message);
  const types = checked.value.signers.map((signer) => signer.key.type);
  const missing = keys.find((key) => !types.includes(key.type));
  if (missing) {
    return inHeader('note.missing_cosignature', 'the note lacks one of the two signatures');
  }
  const inOrder = keys.every((key, index) => key.type === types[index]);
  if (note.value.signatures.length !== keys.length || !inOrder) {
    return inHeader('note.malformed', 'the note has lines beyond its two signatures');
  }
  const checkpoint = parseCheckpoint(note.value.text);
  if (checkpoint.ok) return checkpoint;
  return inHeader('note.malformed', checkpoint.error.message);
}

function refuse(code: FindingCode, message: string): Trusted<never> {
  return err({ code, message, seq: '0' });
}

function inHeader(code: FindingCode, message: string): Trusted<never> {
  return err({ code, message, line: 1 });
}
