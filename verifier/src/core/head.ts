import { decodeBase64, encodeUtf8, err, ok, type Result } from '@ioi/basis';
import { type Checkpoint, verifierRegistry } from '@ioi/crypto';
import { EPOCH_CHANGE, holdEpoch, nodeDomainOf, parseEntry, type SealedText } from '@ioi/law';
import { verifyInclusion } from '@ioi/merkle';
import { type IncludedEntry, isChangeEpoch } from '@ioi/protocol';
import { codeOf, type Finding } from './codes.ts';
import { Epochs } from './epochs.ts';
import { checkHead, keysInGenesis, type Trust, type TrustOptions } from './trust.ts';

/** The entries of a log that say who seals it, without the log. */
export type Sealers = {
  readonly genesis: IncludedEntry;
  /** Changes of epoch, the first first. */
  readonly epochs?: readonly IncludedEntry[] | undefined;
};

export type KnownSealers = Pick<Trust, 'genesis' | 'domainId'> & {
  readonly epochs: Epochs;
  readonly entries: readonly Included[];
};

type Included = SealedText & { readonly path: readonly string[] };

/** A log by its head: the note is by whoever seals at its end, and the entries are in it. */
export function headIn(
  note: string,
  sealers: Sealers,
  options: TrustOptions,
): Result<KnownSealers & { readonly head: Checkpoint }, Finding> {
  const known = sealersIn(sealers, options);
  if (!known.ok) return known;
  const head = checkHead(note, known.value.epochs.current);
  if (!head.ok) return head;
  if (known.value.entries.every((entry) => isIncluded(entry, entry.path, head.value))) {
    return ok({ ...known.value, head: head.value });
  }
  return refuse('log.root_mismatch', 'genesis or a change of epoch is not in this log');
}

/**
 * Who seals from genesis to the end, by the owner's word. Whether each change follows this very
 * log, only the whole log shows.
 */
export function sealersIn(
  { genesis, epochs: changes = [] }: Sealers,
  options: TrustOptions,
): Result<KnownSealers, Finding> {
  const first = parseEntry(encodeUtf8(genesis.text));
  if (!first.ok || first.value.entry.seq !== '0') {
    return refuse('genesis.missing', 'there is no genesis with it');
  }
  const named = keysInGenesis(first.value.entry, options);
  if (!named.ok) return named;
  const { sealer, genesis: payload } = named.value;
  let { log } = named.value;
  const epochs = new Epochs(sealer);
  const entries: Included[] = [{ ...first.value, path: genesis.path }];
  const registry = verifierRegistry({ disabled: options.disabled ?? [] });
  for (const { text, path } of changes) {
    const parsed = parseEntry(encodeUtf8(text));
    const { entry } = parsed.ok ? parsed.value : {};
    if (!parsed.ok || entry?.operation !== EPOCH_CHANGE || !isChangeEpoch(entry.payload)) {
      return refuse('epoch.misplaced', 'something else stands for a change of epoch');
    }
    const change = entry.payload;
    const held = holdEpoch(change, log, registry);
    if (!held.ok) return refuse(codeOf(held.error.code) ?? 'replay.refused', held.error.message);
    if (change.predecessor.size !== entry.seq) {
      return refuse('epoch.wrong_place', `the predecessor sealed ${change.predecessor.size}`);
    }
    const { epoch, guardian_key, origin } = change;
    epochs.begin(change, { epoch, from: Number(entry.seq) });
    const used = change.succession === undefined ? {} : { succession: change.succession.number };
    log = { ...log, epoch, guardian_key, origin, ...used };
    entries.push({ ...parsed.value, path });
  }
  const domainId = payload.domain_id ?? nodeDomainOf(payload.node_id);
  return ok({ genesis: payload, domainId, epochs, entries });
}

/** Whether an entry stands where it says in the log of a checkpoint; hashes in base64. */
export function isIncluded(
  { entry, leaf }: SealedText,
  path: readonly string[],
  checkpoint: Checkpoint,
): boolean {
  return verifyInclusion({
    leafHash: leaf,
    index: Number(entry.seq),
    size: checkpoint.size,
    root: decodeBase64(checkpoint.root) ?? new Uint8Array(),
    proof: hashesOf(path),
  }).ok;
}

/** What is no base64 becomes a hash of the wrong length, which no verification accepts. */
export function hashesOf(texts: readonly string[]): Uint8Array[] {
  return texts.map((text) => decodeBase64(text) ?? new Uint8Array());
}

function refuse(code: Finding['code'], message: string): Result<never, Finding> {
  return err({ code, message });
}
