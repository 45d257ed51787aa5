import type { AgentsPage, DataOverview, MetricsPage, SandboxState, Upkeep } from '@ioi/protocol';
import { queryOptions } from '@tanstack/react-query';
import { REREAD_MS, read } from './api.ts';

/** For what is looked up on the disk, or changes by hand. */
const RARELY_MS = 30_000;

const asked = <T>(path: string, everyMs: number) =>
  queryOptions({
    queryKey: ['node', path],
    queryFn: () => read<T>(path),
    refetchInterval: everyMs,
  });

export const agents = asked<AgentsPage>('/v1/agents', REREAD_MS);
export const metrics = asked<MetricsPage>('/v1/metrics', REREAD_MS);
export const sandbox = asked<SandboxState>('/v1/mcp/sandbox', RARELY_MS);
export const data = asked<DataOverview>('/v1/data', RARELY_MS);
export const upkeep = asked<Upkeep>('/v1/upkeep', RARELY_MS);
