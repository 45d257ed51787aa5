import { err, ok, type Result } from '@ioi/basis';
import type {
  EndWorkerRun,
  HeadKey,
  ManagedInvocationReceipt,
  OpenWorkerRun,
  Rejection,
  RuntimeToolContract,
  Stamp,
  View,
} from '@ioi/protocol';
import { type ActionHead, type ContractHead, keys, type NodeHead } from '../boundary/heads.ts';
import { accumulate, accumulatorRoot, receiptLeaf } from '../governance/accumulator.ts';
import { NO_HASH } from '../governance/names.ts';
import { isQuestionContract } from '../person/index.ts';
import type { RunEnd } from './end.ts';
import { type InstalledHead, type WorkerRunHead, workerKeys } from './heads.ts';
import { assignmentOf, receiptIdOf } from './installs.ts';
import { hashOf, taskSchemaHash } from './markers.ts';
import { installedWorkerId } from './widening.ts';

const MOST_GRANTS = 64;
const NO_CONTRACT: Rejection = {
  code: 'step.undeclared',
  message: 'an act has no contract in the log',
};

/** The worker that a run is of, where it is an installed one. */
export function managedKeys({ managed }: Pick<OpenWorkerRun, 'managed'>): HeadKey[] {
  return managed === undefined ? [] : [workerKeys.installed(managed.id)];
}

/** A run of an installed worker is of what is installed, and bounded by what it declares. */
export function holdManaged(run: OpenWorkerRun, view: View): Result<void, Rejection> {
  const { managed, task } = run;
  if (managed === undefined) return ok(undefined);
  const head = view.get<InstalledHead>(workerKeys.installed(managed.id));
  if (head?.state !== 'installed') {
    return refuse('worker.not_installed', `${managed.id} is not installed`);
  }
  const { manifest, manifest_hash } = head;
  const isThis =
    managed.manifest_hash === manifest_hash &&
    managed.instance_id === head.instance.instance_id &&
    run.program_hash === head.package &&
    run.worker_id === installedWorkerId(manifest.authority, manifest_hash);
  if (!isThis) return refuse('worker.moved', `${managed.id} is no longer what this run is of`);
  const declared = manifest.tasks.find(({ name }) => name === task.objective);
  if (declared === undefined || taskSchemaHash(schemasOf(declared)) !== run.task_schema_hash) {
    return refuse('worker.no_task', `${managed.id} declares no such task as ${task.objective}`);
  }
  const { primitive_capabilities_required: prims, authority_scopes_required: scopes } = task;
  const { capabilities_required = [], scopes_requested = [] } = manifest;
  const declaredHere = new Set<string>([...capabilities_required, ...scopes_requested]);
  const more = [...prims, ...scopes].find((each) => !declaredHere.has(each));
  if (more === undefined) return ok(undefined);
  return refuse('worker.other_bounds', `a run has no more than its manifest declares: ${more}`);
}

type Declared = InstalledHead['manifest']['tasks'][number];

/** What was signed was read as JSON. */
function schemasOf({
  input_schema,
  output_schema,
}: Declared): Parameters<typeof taskSchemaHash>[0] {
  return { input_schema, output_schema } as Parameters<typeof taskSchemaHash>[0];
}

type Bounds = Pick<OpenWorkerRun, 'managed' | 'task'>;
type Needs = Pick<
  RuntimeToolContract,
  'server' | 'schema_hash' | 'target' | 'primitive_capabilities' | 'authority_scopes'
>;

/** What a step needs that the manifest of its worker does not declare; undefined where nothing. */
export function undeclaredIn({ managed, task }: Bounds, contract: Needs): Rejection | undefined {
  // To ask a person takes a rule that says so, and nothing of this machine.
  if (managed === undefined || isQuestionContract(contract)) return undefined;
  const { primitive_capabilities_required: prims, authority_scopes_required: scopes } = task;
  const declared = new Set<string>([...prims, ...scopes]);
  const needed = [...contract.primitive_capabilities, ...contract.authority_scopes];
  if (needed.length === 0) {
    const message = `the contract of ${contract.target} says nothing of what it takes: give it a`;
    return { code: 'step.undeclared', message: `${message} capability or a scope` };
  }
  const missing = needed.find((each) => !declared.has(each));
  if (missing === undefined) return undefined;
  const message = `${contract.target} needs ${missing}, which its manifest does not declare`;
  return { code: 'step.undeclared', message };
}

/** Contracts of the acts of a run, where its manifest bounds them. */
export function contractKeys({ run }: WorkerRunHead, acts: readonly string[], view: View) {
  if (run.managed === undefined) return [];
  return acts.flatMap((hash) => {
    const head = view.get<ActionHead>(keys.action(hash));
    return head === undefined ? [] : [keys.contract(head.contract_hash)];
  });
}

/** No run of an installed worker is completed by acts that its manifest does not declare. */
export function gateOfManaged(
  { run }: WorkerRunHead,
  { state, acts }: EndWorkerRun,
  view: View,
): Rejection | undefined {
  if (state !== 'completed' || run.managed === undefined) return undefined;
  for (const hash of acts) {
    const action = view.get<ActionHead>(keys.action(hash));
    const contract = action && view.get<ContractHead>(keys.contract(action.contract_hash));
    if (action?.execution_hash === undefined) continue;
    const missing = contract ? undeclaredIn(run, contract.contract) : NO_CONTRACT;
    if (missing === undefined) continue;
    const message = `ExecutionContractViolation: ${missing.message}`;
    return { code: 'run.act_undeclared', message };
  }
  return undefined;
}

type Ending = {
  readonly ending: EndWorkerRun;
  readonly head: WorkerRunHead;
  readonly end: RunEnd;
};

/** Whatever the end was: which run, under which grants, bound by which Commitment. */
export function invocationOf(
  { ending, head, end }: Ending,
  view: View,
  at: Stamp,
): { readonly invocation: ManagedInvocationReceipt } | undefined {
  const { managed, run_id, input_commitment } = head.run;
  if (managed === undefined) return undefined;
  const node = view.get<NodeHead>(keys.node);
  if (node === undefined) return undefined;
  const grants = ending.acts.flatMap((hash) => {
    const grant = view.get<ActionHead>(keys.action(hash))?.authority?.authority_grant_id;
    return grant === undefined ? [] : [`grant://${grant}`];
  });
  const said = {
    instance_ref: `inst://${managed.instance_id}`,
    invocation_ref: `invocation://${run_id}`,
    runtime_assignment_ref: assignmentOf(node.node_id),
    authority_grant_refs: [...new Set(grants)].slice(0, MOST_GRANTS),
    input_commitment,
    output_commitment: ending.output_commitment ?? NO_HASH,
    artifact_refs: [`artifact://commitment/${hashOf(end.commitment)}`],
    contribution_refs: [],
    receipt_time: String(at.chainTime),
  };
  return { invocation: { receipt_id: receiptIdOf(said), ...said } };
}

/** The instance with one more receipt. */
export function withInvocation(head: InstalledHead, receipt: ManagedInvocationReceipt) {
  const receipts = accumulate(head.receipts, receiptLeaf(receipt));
  const instance = { ...head.instance, receipt_root: accumulatorRoot(receipts) };
  return { ...head, receipts, instance } satisfies InstalledHead;
}

function refuse(code: string, message: string): Result<never, Rejection> {
  return err({ code, message });
}
