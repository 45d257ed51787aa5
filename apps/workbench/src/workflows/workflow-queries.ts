import type {
  WorkflowCheck,
  WorkflowRunStatus,
  WorkflowRunsPage,
  WorkflowSaved,
  WorkflowsPage,
} from '@ioi/protocol';
import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { heard, ProblemFault, queries, REREAD_MS, read } from '../api.ts';
import { ask, send } from '../session.ts';

export const workflows = queryOptions({
  queryKey: ['workflows'],
  queryFn: () => read<WorkflowsPage>('/v1/workflows'),
});

/** As it is kept, and the tag that changing it takes; null where none is of this name. */
export type Kept = { readonly text: string; readonly etag: string } | null;

export const workflowRuns = queryOptions({
  queryKey: ['workflow-runs'],
  queryFn: () => read<WorkflowRunsPage>('/v1/workflow-runs'),
  refetchInterval: REREAD_MS,
});

export const workflowRun = (id: string) =>
  queryOptions({
    queryKey: ['workflow-run', id],
    queryFn: () => read<WorkflowRunStatus>(`/v1/workflow-runs/${encodeURIComponent(id)}`),
    refetchInterval: ({ state }) => (state.data?.run.state === 'open' ? REREAD_MS : false),
  });

export const workflow = (name: string) =>
  queryOptions({
    queryKey: ['workflow', name],
    queryFn: async (): Promise<Kept> => {
      // A browser notes each answer of 404 as an error: what is not kept is not asked for.
      const { workflows: kept } = await queries.fetchQuery({ ...workflows, staleTime: 0 });
      if (!kept.some((each) => each.name === name)) return null;
      try {
        const answer = await heard(ask(pathOf(name)));
        return { text: await answer.text(), etag: answer.headers.get('etag') ?? '' };
      } catch (fault) {
        if (fault instanceof ProblemFault && fault.status === 404) return null;
        throw fault;
      }
    },
    // What somebody types is not replaced by what is kept meanwhile: saving says that it differs.
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });

export const check = (text: string) =>
  queryOptions({
    queryKey: ['workflow-check', text],
    queryFn: async () => {
      const body = { method: 'POST', text: JSON.stringify({ text }) } as const;
      return (await (await heard(send('/v1/workflows/check', body))).json()) as WorkflowCheck;
    },
    placeholderData: keepPreviousData,
    gcTime: 0,
  });

/** Over what was seen, or where nothing was. */
export async function save(name: string, text: string, seen: Kept): Promise<WorkflowSaved> {
  const headers: Record<string, string> =
    seen === null ? { 'if-none-match': '*' } : { 'if-match': seen.etag };
  const answer = await heard(send(pathOf(name), { method: 'PUT', text, headers }));
  const now: Kept = { text, etag: answer.headers.get('etag') ?? '' };
  queries.setQueryData<Kept>(['workflow', name], now);
  await queries.invalidateQueries({ queryKey: workflows.queryKey });
  return (await answer.json()) as WorkflowSaved;
}

function pathOf(name: string): string {
  return `/v1/workflows/${encodeURIComponent(name)}`;
}
