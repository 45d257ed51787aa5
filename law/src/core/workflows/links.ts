import type { WorkflowSchema } from '@ioi/protocol';

export type WorkflowEdge = WorkflowSchema['edges'][number];
export type WorkflowPort = NonNullable<WorkflowSchema['inputs']>[number];

/** One step waits for another. `at`: of the edge that says so. */
export type Link = {
  readonly from: string;
  readonly to: string;
  readonly why: 'data' | 'order' | 'fallback' | 'condition';
  readonly at: number;
};

/** Not the names of steps: before a point they are the ports of the whole. */
export const WHOLE = { inputs: 'inputs', outputs: 'outputs' } as const;

/** `step.port` in its two halves. */
export function halves(ref: string): readonly [string, string] {
  const at = ref.indexOf('.');
  return [ref.slice(0, at), ref.slice(at + 1)];
}

/** Which step waits for which; what a condition looks at has to be there before. */
export function linksOf({ edges }: WorkflowSchema): readonly Link[] {
  return edges.flatMap((edge, at) => {
    const isData = edge.kind === 'data';
    const from = isData ? halves(edge.from)[0] : edge.from;
    const to = isData ? halves(edge.to)[0] : edge.to;
    const links: Link[] = [{ from, to, why: edge.kind, at }];
    const asked = edge.kind === 'fallback' ? undefined : edge.when?.port;
    const decides = asked === undefined ? undefined : halves(asked)[0];
    if (decides !== undefined && decides !== from) {
      links.push({ from: decides, to, why: 'condition', at });
    }
    return links.filter(isBetweenSteps);
  });
}

function isBetweenSteps({ from, to }: Link): boolean {
  return from !== WHOLE.inputs && to !== WHOLE.outputs;
}
