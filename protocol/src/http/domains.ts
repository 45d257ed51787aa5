import Type from 'typebox';
import { LogEntry } from '../artifacts/log-entry.ts';
import { HybridPublicKey } from '../artifacts/primitives.ts';
import { StateRootProof } from '../artifacts/state-root-proof.ts';
import {
  anyValue,
  declare,
  flag,
  list,
  mapOf,
  object,
  of,
  oneOf,
  optional,
  text,
  whole,
} from './declare.ts';
import { IncludedEntry } from './log.ts';
import { nextCursor } from './paging.ts';
import { WitnessStatus } from './status.ts';

const entryMembers = LogEntry.schema.properties;
const watermark = text('`domain_seq:N`: the entry folded last.');

export const StoreBytes = declare(
  'StoreBytes',
  'Bytes of the files that keep a domain.',
  object({ log: whole(), heads: whole(), tree: whole(), projections: whole() }),
);

export const DomainStatus = declare(
  'DomainStatus',
  'A domain that is open.',
  object({
    domain_id: text(),
    origin: text('Of its checkpoints, as it is sealed now.'),
    genesis_origin: text('The same in every epoch: what a client signs names it.'),
    size: whole('Sealed entries.'),
    state_root: optional(text()),
    note: text(),
    cosigned: flag(),
    height: optional(text('Of the newest commit.')),
    chain_time: optional(text('Of the newest commit, in milliseconds since 1970.')),
    cosigned_size: whole('Entries under the newest note with both signatures.'),
    cosigned_time: optional(text('Chain Time of the last of them.')),
    key: text('C2SP verifier key of its checkpoints (the Ed25519 line).'),
    witnesses: list(of(WitnessStatus), 'Those that cover it.'),
    witnessed: optional(
      object({ size: whole(), note: text() }, 'The newest checkpoint with lines of witnesses.'),
    ),
    stores: of(StoreBytes),
  }),
);

export const DomainsPage = declare(
  'DomainsPage',
  'The domains of the node, its own log first.',
  object({
    domains: list(of(DomainStatus)),
    closed: list(
      text(),
      'Nobody asked for them since the start: each is opened for whoever asks first.',
    ),
    refused: list(
      object({ domain_id: text(), code: text(), message: text() }),
      'Those that could not be opened, and why.',
    ),
    next_cursor: nextCursor,
  }),
);

export const NewDomain = declare(
  'NewDomain',
  'The domain to be made.',
  object({ domain_id: text('agentgres://domain/…') }),
);

export const OperationRequest = declare(
  'OperationRequest',
  'An operation to be sealed.',
  object({
    operation: text(),
    payload: mapOf(anyValue()),
    operation_id: optional(text('Made when absent; the same id is admitted once.')),
    authenticated_by: optional(entryMembers.authenticated_by),
    preconditions: entryMembers.preconditions,
    payloads: optional(mapOf(text(), 'Texts that it refers to, by their digests.')),
  }),
);

export const SealedEntry = declare(
  'SealedEntry',
  'The entry, and how far the log was sealed with it.',
  object({ entry: of(LogEntry), sealed_size: whole() }),
);

export const ClassesPage = declare(
  'ClassesPage',
  'The classes of heads there are, and how many of each.',
  object({ watermark, classes: list(object({ head_class: text(), objects: whole() })) }),
);

export const ObjectsPage = declare(
  'ObjectsPage',
  'Objects of a class, in the order of ids.',
  object({
    watermark,
    objects: list(object({ id: text(), value: anyValue() })),
    next_cursor: nextCursor,
  }),
);

export const ObjectAnswer = declare(
  'ObjectAnswer',
  'One object as it stands.',
  object({ watermark, headClass: text(), id: text(), value: anyValue() }),
);

export const ProvenState = declare(
  'ProvenState',
  'Objects with all that shows them.',
  object({ size: whole(), proof: of(StateRootProof) }),
);

export const EntryProof = declare(
  'EntryProof',
  'An entry under a note with both signatures, and the commit that says whether it has effect.',
  object({
    domain_id: text(),
    note: text(),
    genesis: of(IncludedEntry),
    epochs: optional(list(of(IncludedEntry), 'Changes of epoch, the first first.')),
    entry: of(IncludedEntry),
    /** Closes the range the entry is of. */
    commit: of(IncludedEntry),
    /** What follows the commit, unless the note ends with it: it shows that it was sealed. */
    next: optional(of(IncludedEntry)),
  }),
);

const bothSignatures = object({ ed25519: text('Base64.'), ml_dsa_44: text('Base64.') });

export const VouchedReceipt = declare(
  'VouchedReceipt',
  'A receipt signed for verifiers of other formats, and what shows where it stands.',
  object({
    proof: of(EntryProof),
    receipt_id: text(),
    guardian_key: HybridPublicKey,
    statement: text('An in-toto Statement, canonical.'),
    dsse: bothSignatures,
    cose: bothSignatures,
  }),
);

const ITEM_KINDS = ['operation', 'commit', 'genesis', 'receipt', 'proposal', 'object'] as const;

export const ItemKind = declare('ItemKind', 'What was found.', oneOf(ITEM_KINDS));

const sealed = object({
  commit_seq: text(),
  height: text(),
  chain_time: text(),
  state_root: text(),
  first_seq: text('The first of the entries that the commit covers.'),
  checkpoint_size: whole('Entries under the checkpoint of the log.'),
  is_cosigned: flag(),
});

export const ItemExplanation = declare(
  'ItemExplanation',
  'An entry, a reference to one, or an object, with all that is around it.',
  object({
    domain_id: text(),
    kind: of(ItemKind),
    id: text(),
    /** The entry it is, came with, or was changed by last. */
    entry: of(LogEntry),
    author: object({
      kind: oneOf(['channel', 'guardian', 'signature', 'batch', 'batch_member']),
      key_id: optional(text()),
      label: optional(text('Of the key as it is registered now.')),
    }),
    is_voided: flag('Voided entries stand in the log and changed nothing.'),
    sealed,
    changed: list(
      object({
        head_class: text(),
        id: text(),
        changed_seq: optional(text('Of the last change; absent when the object is gone.')),
      }),
      'Objects it changed, and whether they still are as it left them.',
    ),
    constraints: list(
      object({
        object_class: text(),
        constraint_id: text(),
        constraint_type: text(),
        enforcement_mode: text(),
      }),
    ),
    invariants: list(text()),
    dependents: list(
      Type.Union([
        object({ kind: Type.Literal('entry'), seq: text(), operation: text() }),
        object({ kind: Type.Literal('reference'), constraint_id: text(), count: text() }),
      ]),
      'Later entries about the same, and references that hold an object.',
    ),
    value: optional(anyValue()),
  }),
);
