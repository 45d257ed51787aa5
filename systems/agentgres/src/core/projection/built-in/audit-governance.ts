import { noted, type RowRule } from './audit-row.ts';

type Value = string | { readonly value: string };

const changed = (on: string, about: string, result: Value, more: object = {}): RowRule =>
  noted({ on, kind: 'governance', about, set: { result, ...more } });

const of = (on: string, about: string, result: string): RowRule =>
  changed(on, about, { value: result });

const proposal = '/event/proposal_id';
const invocation = '/event/invocation_id';
const moduleId = 'manifest/module_id';

/** What changes the rules that authority is used under, or who may speak (whitepaper 9.4). */
export const governance: readonly RowRule[] = [
  of('chain.created', '/event/chain/envelope/chain_id', 'chain created'),
  of('chain.advanced', '/event/envelope/chain_id', 'chain advanced'),
  of('module.registered', `/event/module/${moduleId}`, 'module registered'),
  of('module.swapped', `/event/module/${moduleId}`, 'module swapped'),
  of('module.invocation_started', invocation, 'module invoked'),
  of('module.invocation_completed', invocation, 'invocation completed'),
  of('module.invocation_failed', invocation, 'invocation failed'),
  of('executor.admitted', '/event/executor/name', 'executor admitted'),
  of('executor.dismissed', '/event/executor/name', 'executor dismissed'),
  of('worker.installed', '/event/installed/manifest/id', 'worker installed'),
  of('worker.removed', '/event/id', 'worker removed'),
  of('add_on.installed', '/event/installed/manifest/id', 'add-on installed'),
  of('add_on.removed', '/event/removed/manifest/id', 'add-on removed'),
  of('target.changed', '/event/chain_id', 'target changed'),
  of('upgrade.proposal_submitted', proposal, 'proposed'),
  of('upgrade.proposal_simulated', proposal, 'simulated'),
  changed('upgrade.proposal_decided', proposal, '/event/state', {
    code: '/event/inclusion_result',
  }),
  of('upgrade.proposal_committed', proposal, 'committed'),
  of('upgrade.proposal_rolled_back', proposal, 'rolled back'),
  of('local_settlement.committed', '/event/settlement_id', 'settled'),
  of('domain.created', '/event/genesis/domain_id', 'domain created'),
  of('domain.opened', '/event/domain_id', 'domain opened'),
  changed('epoch.changed', '/event/epoch', '/event/reason', { code: { value: 'guardian epoch' } }),
  of('clock.resynced', '/event/to', 'clock resynced'),
  ...['content.held', 'content.released', 'content.forgotten'].map((on) =>
    changed(
      on,
      '/event/digests/0',
      { value: on },
      {
        units: '/event/digests',
        code: '/event/matter',
      },
    ),
  ),
  ...['principal.registered', 'principal.revoked'].map((on) =>
    noted({ on, kind: 'key', about: '/event/key_id', set: { result: { value: on } } }),
  ),
];
