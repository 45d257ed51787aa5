import type { Json } from '@ioi/canon';
import type { WorkerManifest, WorkflowSchema } from '@ioi/protocol';
import type { WorkflowFlaw } from '../workflows/faults.ts';
import { halves } from '../workflows/links.ts';
import { misfit, typesOf } from './schema-fits.ts';
import {
  branchesOf,
  fallbackOf,
  graphStep,
  isWorkerStep,
  type WorkerGraphStep,
} from './structure.ts';

export type Manifest = Pick<
  WorkerManifest,
  'id' | 'tasks' | 'capabilities_required' | 'scopes_requested'
>;
/** Of the installed worker that a step names; undefined where none is. */
export type ManifestOf = (workerId: string) => Manifest | undefined;

type Port = NonNullable<WorkflowSchema['inputs']>[number];
type Task = Manifest['tasks'][number];
type Flaws = WorkflowFlaw[];

const TYPES: Readonly<Record<Port['type'], readonly string[]>> = {
  text: ['string'],
  number: ['number', 'integer'],
  flag: ['boolean'],
  record: ['object'],
  list: ['array'],
  artifact: ['string'],
};

/** What is wrong between a graph and the workers that it names: tasks, authority, schemas. */
export function delegationFlaws(
  workflow: WorkflowSchema,
  manifestOf: ManifestOf,
): readonly WorkflowFlaw[] {
  const found: Flaws = [];
  for (const [at, step] of workflow.steps.entries()) {
    const manifest = isWorkerStep(step) ? manifestOf(step.worker_id) : undefined;
    if (!isWorkerStep(step) || manifest === undefined) continue;
    const pointer = `/steps/${at}`;
    if (taskOfStep(step, manifest) === undefined) {
      const names = manifest.tasks.map(({ name }) => name).join(', ');
      const message = `${manifest.id} does ${names}; say which`;
      found.push({ code: 'workflow.unknown_task', pointer: `${pointer}/task`, message });
      continue;
    }
    checkAuthority(step, manifest, pointer, found);
    checkPorts(step, manifest, pointer, found);
  }
  checkEdges(workflow, manifestOf, found);
  return found;
}

/** The task that a step has its worker do: the only one where none is named. */
export function taskOfStep({ task }: WorkerGraphStep, { tasks }: Manifest): Task | undefined {
  if (task === undefined) return tasks.length === 1 ? tasks[0] : undefined;
  return tasks.find(({ name }) => name === task);
}

/** Delegation narrows: a step gets what it says, and no worker gets more than it declares. */
function checkAuthority(
  { capabilities = [], scopes = [] }: WorkerGraphStep,
  manifest: Manifest,
  pointer: string,
  found: Flaws,
): void {
  const sides = [
    ['capabilities', capabilities, manifest.capabilities_required ?? []],
    ['scopes', scopes, manifest.scopes_requested ?? []],
  ] as const;
  for (const [name, asked, held] of sides) {
    for (const [at, each] of asked.entries()) {
      if ((held as readonly string[]).includes(each)) continue;
      const message = `${manifest.id} does not declare ${each}, so no step of it gets it`;
      const place = `${pointer}/${name}/${at}`;
      found.push({ code: 'workflow.authority_exceeds', pointer: place, message });
    }
  }
}

/** What a task takes or gives at a port: a member of its object, or the whole where it is none. */
function portSchema(schema: Json, ports: readonly Port[], name: string) {
  const { properties = {}, required = [], additionalProperties = true } = objectIn(schema);
  if (!typesOf(schema).includes('object')) {
    return ports.length === 1 ? { schema, isSure: true } : undefined;
  }
  const own = Object.hasOwn(objectIn(properties), name) ? objectIn(properties)[name] : undefined;
  const found = own ?? additionalProperties;
  const isSure = Array.isArray(required) && required.includes(name);
  return found === false ? undefined : { schema: found, isSure };
}

/** Whether what a task takes, or gives, is its one port itself. */
export function isWhole(schema: Json): boolean {
  return !typesOf(schema).includes('object');
}

function checkPorts(step: WorkerGraphStep, manifest: Manifest, pointer: string, found: Flaws) {
  const task = taskOfStep(step, manifest);
  if (task === undefined) return;
  for (const side of ['inputs', 'outputs'] as const) {
    const ports = step[side] ?? [];
    const whole = schemaOf(task, side);
    for (const [at, port] of ports.entries()) {
      const place = `${pointer}/${side}/${at}`;
      const known = portSchema(whole, ports, port.name);
      if (known === undefined) {
        const message = `${task.name} of ${manifest.id} has no \`${port.name}\` in its ${side}`;
        found.push({ code: 'workflow.unknown_port', pointer: `${place}/name`, message });
      } else if (!typesOf(known.schema).some((type) => TYPES[port.type].includes(type))) {
        const message = `\`${port.name}\` of ${manifest.id} is never ${port.type}`;
        found.push({ code: 'workflow.type_mismatch', pointer: `${place}/type`, message });
      }
    }
    if (side === 'inputs') checkNeeded({ whole, ports, manifest, pointer }, found);
  }
}

type Needing = {
  readonly whole: Json;
  readonly ports: readonly Port[];
  readonly manifest: Manifest;
  readonly pointer: string;
};

function checkNeeded({ whole, ports, manifest, pointer }: Needing, found: Flaws): void {
  const { required } = objectIn(whole);
  if (isWhole(whole) || !Array.isArray(required)) return;
  for (const name of required) {
    const port = ports.find((each) => each.name === name);
    if (name === INSTRUCTION || (port !== undefined && port.required !== false)) continue;
    const message = `${manifest.id} needs \`${String(name)}\`: give the step such an input`;
    found.push({ code: 'workflow.not_fed', pointer, message });
  }
}

/** A member of this name is given what the graph says that the step is to do. */
export const INSTRUCTION = 'instruction';

/** What one task gives fits what the next one takes, by their schemas, whatever the value is. */
function checkEdges(workflow: WorkflowSchema, manifestOf: ManifestOf, found: Flaws): void {
  const compare = comparing();
  for (const [at, edge] of workflow.edges.entries()) {
    if (edge.kind !== 'data') continue;
    const takes = endOf(workflow, manifestOf, { ref: edge.to, side: 'inputs' });
    if (takes === undefined) continue;
    for (const ref of giversOf(workflow, edge.from)) {
      const gives = endOf(workflow, manifestOf, { ref, side: 'outputs' });
      const why = gives === undefined ? undefined : compare(gives, takes);
      if (why === undefined) continue;
      const message = `what ${ref} gives does not fit ${edge.to}: ${why}`;
      found.push({ code: 'workflow.schema_mismatch', pointer: `/edges/${at}`, message });
    }
  }
}

/** Each two of them once: branches of a quorum are mostly the same task. */
function comparing(): typeof misfit {
  const known = new Map<Json, Map<Json, string | undefined>>();
  return (gives, takes) => {
    const before = known.get(gives) ?? new Map<Json, string | undefined>();
    known.set(gives, before);
    if (!before.has(takes)) before.set(takes, misfit(gives, takes));
    return before.get(takes);
  };
}

/** Ports whose values may come out of one: of what comes instead, of the branches of a quorum. */
function giversOf(workflow: WorkflowSchema, ref: string): readonly string[] {
  const [holder, port] = halves(ref);
  const found = new Set<string>();
  const looking = [holder];
  for (let name = looking.pop(); name !== undefined; name = looking.pop()) {
    if (found.has(name)) continue;
    found.add(name);
    const instead = fallbackOf(workflow, name);
    if (instead !== undefined) looking.push(instead);
    const isQuorum = graphStep(workflow, name)?.kind === 'quorum';
    if (isQuorum) looking.push(...branchesOf(workflow, name));
  }
  return [...found].map((name) => `${name}.${port}`);
}

type End = { readonly ref: string; readonly side: 'inputs' | 'outputs' };

/** Undefined where no schema says anything: ports of the whole, steps that are no workers. */
function endOf(
  workflow: WorkflowSchema,
  manifestOf: ManifestOf,
  { ref, side }: End,
): Json | undefined {
  const [holder, name] = halves(ref);
  const step = graphStep(workflow, holder);
  if (step === undefined || !isWorkerStep(step)) return undefined;
  const manifest = manifestOf(step.worker_id);
  const task = manifest && taskOfStep(step, manifest);
  return task && portSchema(schemaOf(task, side), step[side] ?? [], name)?.schema;
}

function schemaOf(task: Task, side: 'inputs' | 'outputs'): Json {
  return (side === 'inputs' ? task.input_schema : task.output_schema) as Json;
}

function objectIn(value: Json): { readonly [name: string]: Json } {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject ? (value as { readonly [name: string]: Json }) : {};
}
