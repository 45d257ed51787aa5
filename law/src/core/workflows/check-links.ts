import type { WorkflowSchema } from '@ioi/protocol';
import { scaleAmount } from '../policy/money.ts';
import type { WorkflowFlaw } from './faults.ts';
import { layered } from './layers.ts';
import { halves, linksOf, WHOLE, type WorkflowEdge, type WorkflowPort } from './links.ts';

type Found = WorkflowFlaw[];
/** Ports by `step.port`; those of the whole by `inputs.port` and `outputs.port`. */
type Ports = ReadonlyMap<string, { readonly port: WorkflowPort; readonly pointer: string }>;

/** What is wrong with a workflow of the right shape: names, references, types, cycles, budgets. */
export function linkFaults(
  workflow: WorkflowSchema,
  tools: ReadonlySet<string>,
): readonly WorkflowFlaw[] {
  const found: Found = [];
  checkNames(workflow, found);
  checkTools(workflow, tools, found);
  checkEdges(workflow, found);
  checkFed(workflow, found);
  checkBudgets(workflow, found);
  checkCycle(workflow, found);
  return found;
}

function checkNames({ steps, inputs, outputs }: WorkflowSchema, found: Found): void {
  const seen = new Set<string>();
  for (const [at, step] of steps.entries()) {
    const { step_id: name } = step;
    const pointer = `/steps/${at}/step_id`;
    if (seen.has(name)) found.push(duplicate(pointer, name));
    seen.add(name);
    if (name === WHOLE.inputs || name === WHOLE.outputs) {
      const message = `\`${name}\` means the ports of the whole`;
      found.push({ code: 'workflow.reserved_name', pointer, message });
    }
    checkPortNames(step, `/steps/${at}`, found);
  }
  checkPortNames({ inputs, outputs }, '', found);
}

type HasPorts = {
  readonly inputs?: WorkflowSchema['inputs'] | undefined;
  readonly outputs?: WorkflowSchema['outputs'] | undefined;
};

function checkPortNames(holder: HasPorts, pointer: string, found: Found): void {
  for (const side of ['inputs', 'outputs'] as const) {
    const seen = new Set<string>();
    for (const [at, { name }] of (holder[side] ?? []).entries()) {
      if (seen.has(name)) found.push(duplicate(`${pointer}/${side}/${at}/name`, name));
      seen.add(name);
    }
  }
}

function duplicate(pointer: string, name: string): WorkflowFlaw {
  return { code: 'workflow.duplicate_name', pointer, message: `\`${name}\` is there already` };
}

function checkTools({ steps }: WorkflowSchema, tools: ReadonlySet<string>, found: Found): void {
  for (const [at, step] of steps.entries()) {
    if (step.kind !== 'tool' || tools.has(step.tool)) continue;
    const message = `no server of this node offers \`${step.tool}\` now`;
    found.push({ code: 'workflow.unknown_tool', pointer: `/steps/${at}/tool`, message });
  }
}

function checkEdges(workflow: WorkflowSchema, found: Found): void {
  const giving = portsOf(workflow, 'outputs');
  const taking = portsOf(workflow, 'inputs');
  const steps = new Set(workflow.steps.map(({ step_id }) => step_id));
  for (const [at, edge] of workflow.edges.entries()) {
    const pointer = `/edges/${at}`;
    if (edge.kind === 'data') checkData(edge, { giving, taking, pointer }, found);
    else checkSteps(edge, steps, pointer, found);
    if (edge.kind !== 'fallback') checkCondition(edge.when, giving, pointer, found);
  }
}

type Data = Extract<WorkflowEdge, { readonly kind: 'data' }>;
type Condition = NonNullable<Data['when']>;
type Around = { readonly giving: Ports; readonly taking: Ports; readonly pointer: string };

function checkData({ from, to }: Data, { giving, taking, pointer }: Around, found: Found): void {
  const gives = giving.get(from)?.port;
  const takes = taking.get(to)?.port;
  if (gives === undefined) found.push(noPort(`${pointer}/from`, from, 'gives'));
  if (takes === undefined) found.push(noPort(`${pointer}/to`, to, 'takes'));
  if (gives === undefined || takes === undefined || gives.type === takes.type) return;
  const message = `${from} gives ${gives.type}, and ${to} takes ${takes.type}`;
  found.push({ code: 'workflow.type_mismatch', pointer: `${pointer}/to`, message });
}

function noPort(pointer: string, ref: string, verb: string): WorkflowFlaw {
  const message = `no port ${ref} ${verb} anything`;
  return { code: 'workflow.unknown_port', pointer, message };
}

function checkSteps(
  { from, to }: Exclude<WorkflowEdge, Data>,
  steps: ReadonlySet<string>,
  pointer: string,
  found: Found,
): void {
  for (const [end, name] of [
    ['from', from],
    ['to', to],
  ] as const) {
    if (steps.has(name)) continue;
    const message = `there is no step \`${name}\``;
    found.push({ code: 'workflow.unknown_step', pointer: `${pointer}/${end}`, message });
  }
}

const SCALARS: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'number',
  boolean: 'flag',
};

function checkCondition(
  when: Condition | undefined,
  giving: Ports,
  pointer: string,
  found: Found,
): void {
  if (when === undefined) return;
  const port = giving.get(when.port)?.port;
  if (port === undefined) {
    found.push(noPort(`${pointer}/when/port`, when.port, 'gives'));
    return;
  }
  const type = SCALARS[typeof when.value];
  const isOrdered = when.is === 'at_least' || when.is === 'at_most';
  if (port.type === type && (!isOrdered || type === 'number')) return;
  const message = `${when.port} gives ${port.type}, which is not compared so`;
  found.push({ code: 'workflow.type_mismatch', pointer: `${pointer}/when`, message });
}

/** What gives: outputs of steps, inputs of the whole. What takes: the others. */
function portsOf(workflow: WorkflowSchema, side: 'inputs' | 'outputs'): Ports {
  const whole = side === 'outputs' ? WHOLE.inputs : WHOLE.outputs;
  const named = (ports: readonly WorkflowPort[] | undefined, name: string, pointer: string) =>
    (ports ?? []).map((port, at) => {
      return [`${name}.${port.name}`, { port, pointer: `${pointer}/${at}` }] as const;
    });
  const own = workflow.steps.flatMap((step, at) =>
    named(step[side], step.step_id, `/steps/${at}/${side}`),
  );
  return new Map([...own, ...named(workflow[whole], whole, `/${whole}`)]);
}

/** An input that is needed comes from somewhere, and from one place unless conditions say which. */
function checkFed(workflow: WorkflowSchema, found: Found): void {
  const feeding = Map.groupBy(
    workflow.edges.flatMap((edge, at) => (edge.kind === 'data' ? [{ edge, at }] : [])),
    ({ edge }) => edge.to,
  );
  const constants = new Map(
    workflow.steps.map((step) => [step.step_id, step.kind === 'tool' ? (step.params ?? {}) : {}]),
  );
  for (const [ref, { port, pointer }] of portsOf(workflow, 'inputs')) {
    const [holder, name] = halves(ref);
    const edges = feeding.get(ref) ?? [];
    const isConstant = Object.hasOwn(constants.get(holder) ?? {}, name);
    if (edges.length === 0 && !isConstant && port.required !== false) {
      found.push({ code: 'workflow.not_fed', pointer, message: `nothing comes to ${ref}` });
    }
    const sure = edges.filter(({ edge }) => edge.when === undefined);
    const second = isConstant ? sure[0] : sure[1];
    if (second === undefined) continue;
    const message = `${ref} has its value from somewhere else already`;
    found.push({ code: 'workflow.fed_twice', pointer: `/edges/${second.at}/to`, message });
  }
}

function checkBudgets({ budget: whole, steps }: WorkflowSchema, found: Found): void {
  for (const [at, { budget }] of steps.entries()) {
    const pointer = `/steps/${at}/budget`;
    for (const name of ['max_calls', 'max_duration_ms'] as const) {
      if ((budget?.[name] ?? 0) > (whole?.[name] ?? Number.POSITIVE_INFINITY)) {
        found.push(exceeds(`${pointer}/${name}`));
      }
    }
    const [own, all] = [budget?.max_spend, whole?.max_spend];
    if (own === undefined || all === undefined) continue;
    const isMore = (scaleAmount(own.amount) ?? 0n) > (scaleAmount(all.amount) ?? 0n);
    if (isMore || own.unit !== all.unit) found.push(exceeds(`${pointer}/max_spend`));
  }
}

function exceeds(pointer: string): WorkflowFlaw {
  const message = 'more than the whole may, or in another unit';
  return { code: 'workflow.budget_exceeds', pointer, message };
}

function checkCycle(workflow: WorkflowSchema, found: Found): void {
  const names = workflow.steps.map(({ step_id }) => step_id);
  const { cycle } = layered(names, linksOf(workflow));
  const [first] = cycle;
  if (first === undefined) return;
  const round = [...cycle.map(({ from }) => from), first.from].join(', ');
  const message = `each waits for the one before it: ${round}`;
  found.push({ code: 'workflow.cycle', pointer: `/edges/${first.at}`, message });
}
