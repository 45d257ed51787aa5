import type { WorkflowSchema } from '@ioi/protocol';
import { Graph, type GraphNode } from '../graph/graph.tsx';
import type { GraphEdge } from '../graph/layout.ts';
import { Facts, Foreign, type Tone } from '../parts.tsx';

type Step = WorkflowSchema['steps'][number];
type Edge = WorkflowSchema['edges'][number];

const TONES: Readonly<Record<Step['kind'], Tone>> = {
  tool: 'plain',
  model: 'plain',
  worker: 'plain',
  approval: 'warn',
  quorum: 'plain',
  recipe: 'plain',
};

type WorkflowGraphProps = {
  readonly workflow: WorkflowSchema;
  readonly layers: readonly (readonly string[])[];
};

/** Its steps, each after what it waits for. */
export function WorkflowGraph({ workflow, layers }: WorkflowGraphProps) {
  const { steps, edges } = workflow;
  return (
    <>
      <Graph
        label="Steps of the workflow"
        layers={layers}
        nodes={steps.map(nodeOf)}
        edges={edges.flatMap(linesOf)}
      >
        {(id) => <About step={steps.find(({ step_id }) => step_id === id)} edges={edges} />}
      </Graph>
      <p className="mt-2 text-sm">
        A whole line hands a value over; a broken one is of order or on a condition; a dotted one
        leads to what is done instead of a step that failed. Arrow keys walk along them.
      </p>
    </>
  );
}

function nodeOf(step: Step): GraphNode {
  const { step_id: id, kind, approval } = step;
  const asks = approval === 'always' ? ', always asks' : '';
  return { id, title: id, about: `${kind}${asks}`, tone: asks === '' ? TONES[kind] : 'warn' };
}

function linesOf(edge: Edge): GraphEdge[] {
  if (edge.kind === 'fallback') return [{ from: edge.from, to: edge.to, kind: 'instead' }];
  const [from, to] = [stepOf(edge.from), stepOf(edge.to)];
  const isSure = edge.kind === 'data' && edge.when === undefined;
  const decides = edge.when === undefined ? undefined : stepOf(edge.when.port);
  const condition: GraphEdge[] =
    decides === undefined || decides === from ? [] : [{ from: decides, to, kind: 'maybe' }];
  const lines: GraphEdge[] = [{ from, to, kind: isSure ? 'sure' : 'maybe' }, ...condition];
  return lines.filter(isBetweenSteps);
}

/** What comes from outside, and what goes there, is told beside the step. */
function isBetweenSteps({ from, to }: GraphEdge): boolean {
  return from !== 'inputs' && to !== 'outputs';
}

function stepOf(ref: string): string {
  return ref.split('.', 1)[0] ?? ref;
}

const IS = { equal: '=', not_equal: '≠', at_least: '≥', at_most: '≤' } as const;

function About({ step, edges }: { step: Step | undefined; edges: readonly Edge[] }) {
  if (step === undefined) return null;
  const { step_id: id, title, budget } = step;
  const coming = edges.filter(({ to }) => stepOf(to) === id).map(edgeText);
  const going = edges.filter(({ from }) => stepOf(from) === id).map(edgeText);
  const spend = budget?.max_spend;
  const most = [
    ...(spend === undefined ? [] : [`${spend.amount} ${spend.unit}`]),
    ...(budget?.max_calls === undefined ? [] : [`${budget.max_calls} calls`]),
    ...(budget?.max_duration_ms === undefined ? [] : [`${budget.max_duration_ms} ms`]),
  ];
  return (
    <Facts
      of={[
        ['Step', <Foreign key="id" text={title === undefined ? id : `${id}: ${title}`} />],
        [step.kind, <Foreign key="does" text={doesText(step)} />],
        ...(coming.length === 0 ? [] : [['Takes', <Lines key="in" of={coming} />] as const]),
        ...(going.length === 0 ? [] : [['Gives', <Lines key="out" of={going} />] as const]),
        ...(most.length === 0 ? [] : [['At most', most.join(', ')] as const]),
      ]}
    />
  );
}

function Lines({ of }: { of: readonly string[] }) {
  return (
    <ul>
      {of.map((line) => (
        <li key={line}>
          <Foreign text={line} />
        </li>
      ))}
    </ul>
  );
}

function doesText(step: Step): string {
  if (step.kind === 'tool') {
    const { tool, params } = step;
    return params === undefined ? tool : `${tool} ${JSON.stringify(params)}`;
  }
  if (step.kind === 'approval') return step.question;
  if (step.kind === 'quorum') return `what ${step.agree} of the steps before it agree on`;
  if (step.kind === 'recipe') return step.command.join(' ');
  if (step.kind === 'model') return `${step.model_id}: ${step.instruction}`;
  return `${step.worker_id} as ${step.role}: ${step.instruction}`;
}

function edgeText(edge: Edge): string {
  const { kind, from, to } = edge;
  const when = kind === 'fallback' ? undefined : edge.when;
  const words = { data: '', order: 'after ', fallback: 'instead of ' }[kind];
  const asked = when === undefined ? '' : `, where ${when.port} ${IS[when.is]} ${when.value}`;
  return kind === 'data' ? `${from} → ${to}${asked}` : `${to} ${words}${from}${asked}`;
}
