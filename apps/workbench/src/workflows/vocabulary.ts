import type { WorkflowSchema } from '@ioi/protocol';
import schema from '@ioi/protocol/schemas/WorkflowSchema.json';
import type { Place } from '../code/place.ts';
import { constantsIn, namesIn, type Shape, shapesAt } from '../code/shape.ts';

const SHAPE = schema as Shape;

export type KnownNames = {
  /** Of this node. */
  readonly tools: readonly string[];
  /** As the text was when nothing was wrong with it. */
  readonly workflow: WorkflowSchema | undefined;
};

/** What can stand somewhere in a workflow. */
export function offeredAt({ path, isName }: Place, known: KnownNames): readonly string[] {
  if (isName) return namesIn(shapesAt(SHAPE, path));
  const last = path.at(-1);
  if (last === 'tool') return known.tools;
  if (path[0] === 'edges' && (last === 'from' || last === 'to' || last === 'port')) {
    return endsIn(known.workflow, last);
  }
  return constantsIn(shapesAt(SHAPE, path));
}

/** Steps, and ports that give or take. */
function endsIn(workflow: WorkflowSchema | undefined, end: 'from' | 'to' | 'port') {
  if (workflow === undefined) return [];
  const { steps, inputs = [], outputs = [] } = workflow;
  const gives = end !== 'to';
  const whole = gives
    ? inputs.map(({ name }) => `inputs.${name}`)
    : outputs.map(({ name }) => `outputs.${name}`);
  const own = steps.flatMap((step) => {
    const ports = (gives ? step.outputs : step.inputs) ?? [];
    return ports.map(({ name }) => `${step.step_id}.${name}`);
  });
  const names = end === 'port' ? [] : steps.map(({ step_id }) => step_id);
  return [...whole, ...own, ...names];
}
