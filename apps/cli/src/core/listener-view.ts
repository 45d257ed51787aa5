import { visible } from './visible.ts';

/** Where other devices reach the guardian's page (`GET /listener` on guardian.sock). */
export type ListenerStatus = {
  readonly open: boolean;
  readonly url?: string;
  readonly address?: string;
  readonly certificate_until?: string;
  /** How the node fares at the relay over which they come, where they do. */
  readonly relay?: RelayStanding;
  readonly problem?: { readonly code: string; readonly message: string };
};

export type RelayStanding = {
  readonly relay: string;
  readonly name: string;
  readonly state: 'linked' | 'away';
  readonly since: string;
  readonly code?: string;
  readonly message?: string;
};

/** What a device has to be told before it may approve a request of high risk. */
export type MatchCode = { readonly label: string; readonly code: string };

export function listenerText(status: ListenerStatus): string {
  const { open, url, address, relay, certificate_until: until, problem } = status;
  if (problem) return visible(`not open: ${problem.message} (${url})`);
  if (!open) return 'closed';
  if (relay) return visible(`${url}, certificate until ${until}, ${relayText(relay)}`);
  return visible(`${url} on ${address ?? 'every address'}, certificate until ${until}`);
}

export function matchLines(codes: readonly MatchCode[]): string[] {
  return codes.map(
    ({ label, code }) => `  ${'match code'.padEnd(16)}${code} for ${visible(label)}`,
  );
}

/** Whether approvers get through at the relay, and else why not. */
export function relayText({ relay, state, since, code, message }: RelayStanding): string {
  const why = state === 'linked' ? '' : `: ${message} (${code})`;
  return visible(`${state} at the relay ${relay} since ${since}${why}`);
}
