import type {
  ApproversPage,
  CertificatesPage,
  GrantsPage,
  QueryAnswer,
  ScopeRequestsPage,
} from '@ioi/protocol';
import { queryOptions } from '@tanstack/react-query';
import { REREAD_MS, read } from './api.ts';

const asked = <T>(name: string, path: string) =>
  queryOptions({
    queryKey: ['wallet', name],
    queryFn: () => read<T>(path),
    refetchInterval: REREAD_MS,
  });

export const requests = asked<ScopeRequestsPage>('requests', '/v1/wallet/requests');
export const grants = asked<GrantsPage>('grants', '/v1/wallet/grants');
export const certificates = asked<CertificatesPage>('certificates', '/v1/wallet/certificates');
export const approvers = asked<ApproversPage>('approvers', '/v1/wallet/approvers');

/** Clients that may come over HTTP, by their names. */
export type Tokens = { readonly tokens: readonly { name: string; created: string }[] };
export const tokens = asked<Tokens>('tokens', '/v1/mcp/tokens');

/** Newest first; of one kind, or of all for ''. */
export const audit = (kind: string, limit: number) => {
  const where = kind === '' ? '' : `&where=${encodeURIComponent(JSON.stringify({ kind }))}`;
  const path = `/v1/audit?order=-seq&limit=${limit}${where}`;
  return asked<QueryAnswer>(`audit ${kind} ${limit}`, path);
};
