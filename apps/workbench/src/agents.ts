import { actsIn, type ToldAct } from '@ioi/law/shown';
import type { LiveSession, LogEntry } from '@ioi/protocol';
import { useQueries, useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { fullPage, logBefore, sessions } from './api.ts';
import type { Tone } from './parts.tsx';

export const PAGE = 500;

/** What an agent is doing, as far as anybody knows. `gone`: it is at no door. */
export type AgentState = LiveSession['state'] | 'gone';

export const STATE_TONES: Readonly<Record<AgentState, Tone>> = {
  paused: 'bad',
  waiting: 'warn',
  spending: 'warn',
  working: 'good',
  settling: 'good',
  reasoning: 'good',
  quiet: 'plain',
  gone: 'plain',
};

/** A session: at a door now, or known from the log alone. */
export type Session = {
  readonly id: string;
  readonly agentId: string;
  readonly live: LiveSession | undefined;
  /** Newest first. */
  readonly acts: readonly ToldAct[];
};

export type Known = {
  /** Those at a door first, then by their newest act. */
  readonly sessions: readonly Session[];
  readonly isStopped: boolean;
  /** Names that a paused session left under. */
  readonly paused: readonly string[];
  /** Entries that were read, of how many. */
  readonly read: number;
  readonly size: number;
  /** Both were read at least once. */
  readonly isKnown: boolean;
  readonly error: Error | null;
};

export function stateOf(live: LiveSession | undefined, isStopped: boolean): AgentState {
  if (live === undefined) return 'gone';
  return isStopped ? 'paused' : live.state;
}

/** Every session at a door, and those of the newest entries: `pages` full ones, and the last. */
export function useSessions(pages: number): Known {
  const live = useQuery(sessions);
  const newest = useQuery(logBefore(undefined, PAGE));
  const size = newest.data?.size ?? 0;
  const last = Math.floor(size / PAGE);
  const ends = Array.from({ length: Math.min(pages, last) }, (_, at) => (last - at) * PAGE);
  const full = useQueries({ queries: ends.map((end) => fullPage(end, PAGE)) });
  const read = [newest, ...full].flatMap(({ data }) => (data === undefined ? [] : [data.entries]));
  const stamp = read.map((entries) => `${entries.at(-1)?.seq}-${entries[0]?.seq}`).join(' ');
  // biome-ignore lint/correctness/useExhaustiveDependencies: entries are the same by their places
  const entries = useMemo(() => inOrder(read), [stamp]);
  const acts = useMemo(() => actsIn(entries), [entries]);
  const found = useMemo(() => sessionsOf(acts, live.data?.sessions ?? []), [acts, live.data]);
  return {
    sessions: found,
    isStopped: live.data?.stopped ?? false,
    paused: live.data?.paused ?? [],
    read: entries.length,
    size,
    isKnown: live.data !== undefined && newest.data !== undefined,
    error: live.error ?? newest.error,
  };
}

/** Pages overlap where the log has grown meanwhile. */
function inOrder(pages: readonly (readonly LogEntry[])[]): LogEntry[] {
  const bySeq = new Map(pages.flat().map((entry) => [Number(entry.seq), entry]));
  return [...bySeq].sort(([one], [other]) => one - other).map(([, entry]) => entry);
}

function sessionsOf(acts: readonly ToldAct[], live: readonly LiveSession[]): Session[] {
  const bySession = new Map<string, ToldAct[]>(live.map(({ session_id }) => [session_id, []]));
  for (const act of [...acts].reverse()) {
    const own = bySession.get(act.sessionId) ?? [];
    own.push(act);
    bySession.set(act.sessionId, own);
  }
  return [...bySession].map(([id, own]) => {
    const here = live.find(({ session_id }) => session_id === id);
    return { id, agentId: here?.agent_id ?? own[0]?.agentId ?? '', live: here, acts: own };
  });
}

/** What a session is called where there is room for one line. */
export function nameOf({ agentId, live }: Pick<Session, 'agentId' | 'live'>): string {
  const { client } = live ?? {};
  return client === undefined ? agentId : `${agentId} (${client.name})`;
}
