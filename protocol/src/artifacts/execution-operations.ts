import Type from 'typebox';
import { artifact } from './artifact.ts';
import { exampleSignature } from './example-signature.ts';
import { Count, closed, Digest, HybridSignature, MemberName, Uint64 } from './primitives.ts';
import { RUN_EXAMPLE, RunId } from './run-envelope.ts';

const HASH = `sha256:${'9e'.repeat(32)}`;
const signature = exampleSignature(HASH);

/** Milliseconds of Chain Time. */
const Lasting = Type.Integer({ minimum: 1000, maximum: 3_600_000 });

/** What a worker says of its end: what it returned is judged by the node. */
const Outcome = Type.Union([
  Type.Literal('returned'),
  Type.Literal('raised'),
  Type.Literal('died'),
]);

export const AdmitExecutor = artifact({
  name: 'AdmitExecutor',
  source: 'whitepaper 2.2 (plane C), 2.2.1; decision 0077',
  summary:
    'Payload of `execution/executor.admit`, signed by the owner: a machine may carry out runs of ' +
    'workers. `key_hash` is SHA-256 of its public key (SubjectPublicKeyInfo), by which it is ' +
    'known when it connects. It gives no authority: executors propose steps and hold no secret.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      admission: Type.Object({ name: MemberName, key_hash: Digest, sequence: Uint64 }, closed),
      signature: HybridSignature,
    },
    closed,
  ),
  examples: [{ admission: { name: 'crunch', key_hash: HASH, sequence: '1' }, signature }],
  refused: [{ why: 'unsigned', value: { admission: { name: 'crunch', sequence: '1' } } }],
});

export const DismissExecutor = artifact({
  name: 'DismissExecutor',
  source: 'whitepaper 2.2 (plane C); decision 0077',
  summary:
    'Payload of `execution/executor.dismiss`, signed by the owner: it carries nothing out from ' +
    'here on, also not what it has begun.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      dismissal: Type.Object({ name: MemberName, sequence: Uint64 }, closed),
      signature: HybridSignature,
    },
    closed,
  ),
  examples: [{ dismissal: { name: 'crunch', sequence: '2' }, signature }],
  refused: [{ why: 'unsigned', value: { dismissal: { name: 'crunch', sequence: '2' } } }],
});

export const LeaseRun = artifact({
  name: 'LeaseRun',
  source: 'whitepaper 2.2 (plane C); decision 0077',
  summary:
    'Payload of `execution/lease`: an executor carries a run out, for so long in Chain Time. ' +
    '`fence` is one more than that of the lease before. One that has not run out is taken over ' +
    'by its holder alone.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    { run_id: RunId, fence: Uint64, holder: MemberName, lasts_ms: Lasting },
    closed,
  ),
  examples: [{ run_id: RUN_EXAMPLE, fence: '1', holder: 'crunch', lasts_ms: 60_000 }],
  refused: [{ why: 'no fence', value: { run_id: RUN_EXAMPLE, holder: 'crunch' } }],
});

export const RenewLease = artifact({
  name: 'RenewLease',
  source: 'whitepaper 2.2 (plane C); decision 0077',
  summary:
    'Payload of `execution/renew`: the lease goes on for as long as it was given for. One that ' +
    'ran out, or is not the newest, does not.',
  artifactClass: 'enforceable',
  schema: Type.Object({ run_id: RunId, fence: Uint64 }, closed),
  examples: [{ run_id: RUN_EXAMPLE, fence: '1' }],
  refused: [{ why: 'no fence', value: { run_id: RUN_EXAMPLE } }],
});

export const ProposeStep = artifact({
  name: 'ProposeStep',
  source: 'whitepaper 2.2 (plane C), 2.2.1; decision 0077',
  summary:
    'Payload of `execution/propose`: the holder of the newest lease of a run asks for its next ' +
    'step, whose `step_hash` is over its target, its parameters and a salt of the node. Sealed ' +
    'before anything is done about it. It renews the lease, and decides nothing: the step is ' +
    'decided as any other.',
  artifactClass: 'enforceable',
  schema: Type.Object({ run_id: RunId, fence: Uint64, index: Count, step_hash: Digest }, closed),
  examples: [{ run_id: RUN_EXAMPLE, fence: '1', index: 0, step_hash: HASH }],
  refused: [{ why: 'no fence', value: { run_id: RUN_EXAMPLE, index: 0, step_hash: HASH } }],
});

export const ReturnLease = artifact({
  name: 'ReturnLease',
  source: 'whitepaper 2.2 (plane C), E.2; decision 0077',
  summary:
    'Payload of `execution/return`: what the holder of the newest lease says of the end of a ' +
    'run. `end_hash` is over all that it said and a salt of the node. Without it a run that is ' +
    'leased is not completed.',
  artifactClass: 'enforceable',
  schema: Type.Object({ run_id: RunId, fence: Uint64, outcome: Outcome, end_hash: Digest }, closed),
  examples: [{ run_id: RUN_EXAMPLE, fence: '1', outcome: 'returned', end_hash: HASH }],
  refused: [{ why: 'no end', value: { run_id: RUN_EXAMPLE, fence: '1' } }],
});
