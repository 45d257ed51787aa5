import { nodeDomainOf, unsaltedBytes } from '@ioi/law/shown';
import type {
  EffectivePolicy,
  EntryProof,
  Explanation,
  InboxPage,
  LogPage,
  NodeStatus,
  Problem,
  RunEnvelope,
  SearchPage,
  SessionsPage,
  Shown,
  WorkerRunsPage,
} from '@ioi/protocol';
import {
  infiniteQueryOptions,
  keepPreviousData,
  notifyManager,
  QueryClient,
  queryOptions,
  skipToken,
} from '@tanstack/react-query';
import { answerFrom } from './beside.ts';
import type { Checked } from './check.ts';
import { ask, tell } from './session.ts';
import { ToldInbox } from './told-inbox.ts';

export type { Checked } from './check.ts';

/** What the node answered instead, with its dotted code. */
export class ProblemFault extends Error {
  readonly status: number;
  readonly code: string;

  constructor({ status, code, title }: Problem) {
    super(title);
    this.status = status;
    this.code = code;
  }
}

const AWAY: Problem = { type: 'about:blank', status: 0, code: 'node.away', title: 'no answer' };

/** Events say at once that something changed; this is for what they did not say. */
export const REREAD_MS = 3_000;

// What was told is drawn in the same turn, and not behind a timer that others stand before.
notifyManager.setScheduler(queueMicrotask);

export const queries: QueryClient = new QueryClient({
  // The node is on this machine: it answers also where there is no network beyond.
  defaultOptions: { queries: { staleTime: REREAD_MS, retry: false, networkMode: 'always' } },
});

/** Throws ProblemFault; a node that does not answer has status 0. */
export function read<T>(path: string, signal?: AbortSignal): Promise<T> {
  return answered(ask(path, { signal }));
}

async function answered<T>(asked: Promise<Response>): Promise<T> {
  return (await (await heard(asked)).json()) as T;
}

/** An answer that is none of a problem; throws ProblemFault for any other. */
export async function heard(asked: Promise<Response>): Promise<Response> {
  const answer = await asked.catch(() => undefined);
  if (answer === undefined) throw new ProblemFault(AWAY);
  if (answer.ok) return answer;
  const problem = (await answer.json().catch(() => AWAY)) as Problem;
  throw new ProblemFault({ ...problem, status: answer.status });
}

export const status = queryOptions({
  queryKey: ['status'],
  queryFn: () => read<NodeStatus>('/v1/status'),
  refetchInterval: REREAD_MS,
});

/** False once the node said that it tells this tab no events; nobody asks for it. */
export const following = queryOptions<boolean>({ queryKey: ['following'], queryFn: skipToken });

export const toldInbox = new ToldInbox();

export const inbox = queryOptions({
  queryKey: ['inbox'],
  queryFn: async () => {
    const asked = performance.now();
    return toldInbox.since(asked, await read<InboxPage>('/v1/inbox'));
  },
  refetchInterval: REREAD_MS,
});

export const workerRuns = queryOptions({
  queryKey: ['worker-runs'],
  queryFn: () => read<WorkerRunsPage>('/v1/worker-runs'),
  refetchInterval: REREAD_MS,
});

const OVER: readonly RunEnvelope['state'][] = ['completed', 'failed', 'cancelled'];

export function isOver({ state }: RunEnvelope): boolean {
  return OVER.includes(state);
}

export const sessions = queryOptions({
  queryKey: ['sessions'],
  queryFn: () => read<SessionsPage>('/v1/sessions'),
  refetchInterval: REREAD_MS,
});

/** What a person may order from here: it keeps agents from asking, and lets none go on. */
export async function keepFromAsking(what: 'everything' | { readonly session: string }) {
  const path =
    what === 'everything' ? '/v1/stop' : `/v1/sessions/${encodeURIComponent(what.session)}/pause`;
  await answered(tell(path));
  await queries.invalidateQueries();
}

/** Of a worker, or of a workflow: what was sealed goes on to its receipt. */
export async function endRun(kind: 'runs' | 'workflow-runs', id: string): Promise<void> {
  await answered(tell(`/v1/${kind}/${encodeURIComponent(id)}/cancel`));
  await queries.invalidateQueries();
}

/** What the node proposes is proposed again after as many acts more. */
export async function dismissProposal(): Promise<void> {
  await answered(tell('/v1/policy/proposal/dismiss'));
  await queries.invalidateQueries({ queryKey: ['status'] });
}

/** The node's own program makes it, sealed to the owner. */
export async function makeBackup(): Promise<void> {
  await answered(tell('/v1/backup'));
  await queries.invalidateQueries({ queryKey: ['node'] });
}

/** Newest first, below `before`; the newest of all without it. */
export const logBefore = (before: number | undefined, limit: number) => {
  const queryKey = ['log', before ?? 'newest', limit];
  return queryOptions({
    queryKey,
    queryFn: ({ client }): Promise<LogPage> => {
      if (before !== undefined) return read(`/v1/log?before=${before}&limit=${limit}`);
      return newest(limit, client.getQueryData<NewestPage>(queryKey));
    },
    // What is sealed is never another, and each page has other places: nothing can be shared.
    structuralSharing: false,
  });
};

/** `outran`: since it was read before, more was sealed than a page holds. */
type NewestPage = LogPage & { readonly outran?: true };

/** With what was read before only what was sealed since is read, where that is less than all. */
async function newest(limit: number, known: NewestPage | undefined): Promise<NewestPage> {
  const last = known?.entries[0]?.seq;
  if (known !== undefined && known.outran !== true && last !== undefined) {
    const more = await read<LogPage>(`/v1/log?after=${last}&limit=${limit}`);
    if (more.size === known.size) return known;
    if (more.size > known.size && more.entries.length < limit) {
      const entries = [...more.entries.toReversed(), ...known.entries].slice(0, limit);
      return { size: more.size, entries };
    }
  }
  const page = await read<LogPage>(`/v1/log?limit=${limit}`);
  const grown = page.size - (known?.size ?? page.size);
  return grown < limit ? page : { ...page, outran: true };
}

/** The same of what is sealed and full: it is never another. */
export const fullPage = (before: number, limit: number) =>
  queryOptions({
    ...logBefore(before, limit),
    queryKey: ['full', before, limit],
    staleTime: Number.POSITIVE_INFINITY,
  });

/** What is found stays on the page until what was typed since is answered. */
export const searched = (q: string) =>
  infiniteQueryOptions({
    queryKey: ['search', q],
    // What was typed on since is asked instead.
    queryFn: ({ pageParam, signal }) => {
      const cursor = pageParam === '' ? '' : `&cursor=${pageParam}`;
      return read<SearchPage>(`/v1/search?q=${encodeURIComponent(q)}${cursor}`, signal);
    },
    initialPageParam: '',
    getNextPageParam: ({ next_cursor: next }) => next,
    placeholderData: keepPreviousData,
  });

export const shown = (id: string) =>
  queryOptions({
    queryKey: ['shown', id],
    queryFn: () => read<Shown>(`/v1/show/${encodeURIComponent(id)}`),
  });

export const why = (id: string) =>
  queryOptions({
    queryKey: ['why', id],
    queryFn: () => read<Explanation>(`/v1/why/${encodeURIComponent(id)}`),
  });

export const effectivePolicy = queryOptions({
  queryKey: ['policy'],
  queryFn: () => read<EffectivePolicy>('/v1/policy/effective'),
  refetchInterval: REREAD_MS,
});

/** What was sealed under a digest; it never changes. */
export const payload = (digest: string) =>
  queryOptions({
    queryKey: ['payload', digest],
    queryFn: () => read<unknown>(`/v1/payload/${encodeURIComponent(digest)}`),
    staleTime: Number.POSITIVE_INFINITY,
  });

/** The text a digest stands for, checked here to be it; null where it is another. */
export const content = (digest: string) =>
  queryOptions({
    queryKey: ['content', digest],
    queryFn: async (): Promise<string | null> => {
      const answer = await heard(ask(`/v1/payload/${encodeURIComponent(digest)}`));
      const bytes = new Uint8Array(await answer.arrayBuffer());
      const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
      const hex = Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('');
      if (`sha256:${hex}` !== digest) return null;
      return unsaltedBytes(bytes) ?? null;
    },
    staleTime: Number.POSITIVE_INFINITY,
  });

/** Asked for, and checked in this browser, beside the page. */
export const proven = (seq: string, nodeId: string) =>
  queryOptions({
    queryKey: ['proven', seq],
    queryFn: async (): Promise<Checked> => {
      const domain = encodeURIComponent(nodeDomainOf(nodeId));
      const proof = await read<EntryProof>(`/v1/domains/${domain}/entries/${seq}/proof`);
      const worker = new Worker(new URL('./check-worker.ts', import.meta.url), { type: 'module' });
      worker.postMessage(proof);
      return answerFrom<Checked>(worker);
    },
    staleTime: Number.POSITIVE_INFINITY,
    // The cosignature follows a seal within a moment.
    retry: (count, fault) => count < 5 && fault instanceof ProblemFault && fault.status === 503,
    retryDelay: 200,
  });
