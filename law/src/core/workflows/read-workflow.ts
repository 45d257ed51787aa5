import { assert, err, ok, type Result } from '@ioi/basis';
import { type Digest, digestOf, type Json, parseStrict } from '@ioi/canon';
import { isWorkflowSchema, type WorkflowSchema } from '@ioi/protocol';
import { lineStarts, locate, positionOf } from '../policy/locate.ts';
import { linkFaults } from './check-links.ts';
import type { WorkflowFlaw } from './faults.ts';
import { layered } from './layers.ts';
import { linksOf } from './links.ts';
import { type Shape, shapeFaults } from './shape.ts';

export const WORKFLOW_BYTES_MAX = 256 * 1024;
const DEEPEST = 64;
const MOST_FAULTS = 200;

/** `line` and `column` count from 1; columns in UTF-16 code units. */
export type WorkflowTextFault = WorkflowFlaw & { readonly line: number; readonly column: number };

export type KnownHere = {
  /** The JSON Schema of WorkflowSchema, as it is published. */
  readonly shape: Shape;
  /** Names of tools, as clients of the node see them. */
  readonly tools: ReadonlySet<string>;
};

export type LoadedWorkflow = {
  readonly workflow: WorkflowSchema;
  readonly graphId: Digest;
  /** Names of steps, each layer after those that it waits for. */
  readonly layers: readonly (readonly string[])[];
  /** Models and workers, which nobody can look up yet. */
  readonly unresolved: readonly string[];
};

/** What a text says, or all that is wrong with it, with its places. Never throws. */
export function readWorkflow(
  text: string,
  { shape, tools }: KnownHere,
): Result<LoadedWorkflow, readonly WorkflowTextFault[]> {
  const parsed = parseStrict(text, { maxBytes: WORKFLOW_BYTES_MAX, maxDepth: DEEPEST });
  if (!parsed.ok) {
    const { code, pointer = '', message, offset = 0 } = parsed.error;
    return err([{ code, pointer, message, ...positionOf(offset, lineStarts(text)) }]);
  }
  const misshapen = shapeFaults(parsed.value, shape);
  const { value } = parsed;
  if (misshapen.length > 0) return err(placed(misshapen, text));
  if (!isWorkflowSchema(value)) {
    const message = 'this is no WorkflowSchema';
    return err(placed([{ code: 'workflow.wrong_type', pointer: '', message }], text));
  }
  const wrong = linkFaults(value, tools);
  return wrong.length > 0 ? err(placed(wrong, text)) : loaded(value, parsed.value);
}

function loaded(workflow: WorkflowSchema, value: Json): Result<LoadedWorkflow, never> {
  const names = workflow.steps.map(({ step_id }) => step_id);
  const { layers } = layered(names, linksOf(workflow));
  const unresolved = workflow.steps.flatMap((step) => {
    if (step.kind === 'model') return [step.model_id];
    return step.kind === 'worker' ? [step.worker_id] : [];
  });
  const graphId = digestOf(value);
  assert(graphId.ok, 'what was read strictly has a canonical form');
  return ok({ workflow, graphId: graphId.value, layers, unresolved: [...new Set(unresolved)] });
}

/** A fault about a name that means nothing points at the name, every other at the value. */
function placed(flaws: readonly WorkflowFlaw[], text: string): readonly WorkflowTextFault[] {
  const told = flaws.slice(0, MOST_FAULTS);
  const spans = locate(
    text,
    told.map(({ pointer }) => pointer),
  );
  const starts = lineStarts(text);
  return told.map((flaw) => {
    const span = spans.get(flaw.pointer);
    const name = flaw.code === 'workflow.unknown_field' ? span?.name : undefined;
    return { ...flaw, ...positionOf(name ?? span?.start ?? 0, starts) };
  });
}
