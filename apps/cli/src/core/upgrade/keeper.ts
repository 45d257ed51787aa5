import type { ServiceKind } from '../service/service-kind.ts';

/** What keeps the node running: a service of this account or of the machine, or nothing. */
export type Keeper = ServiceKind['scope'] | 'nobody';

/** The words after a program's that have it run the node, kept as it was. */
export function startWords(keeper: Keeper): readonly string[] {
  if (keeper === 'nobody') return ['up', '--detach', '--no-input'];
  const scope = keeper === 'system' ? ['--system'] : [];
  return ['service', 'install', ...scope, '--no-input'];
}
