import type { NodeStatus } from '@ioi/protocol';
import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useDeferredValue } from 'react';
import { status } from './api.ts';
import { Loaded, Section } from './loaded.tsx';
import { Agents, Probe } from './node-agents.tsx';
import { Backup } from './node-backup.tsx';
import { NodeFigures } from './node-figures.tsx';
import { agents, data, metrics, sandbox, upkeep } from './node-queries.ts';
import { Servers } from './node-servers.tsx';
import { Sandbox, Storage } from './node-storage.tsx';
import { Facts, Foreign, Notice, Title } from './parts.tsx';

/** What runs, under which policy, who is connected, what is behind it, and how it does. */
export function NodePage() {
  const now = useQuery(status);
  const here = useQuery(agents);
  const noted = useQuery(upkeep);
  const bounds = useQuery(sandbox);
  const stored = useQuery(data);
  const figures = useQuery(metrics);
  const all = [now, here, noted, bounds, stored, figures];
  // All at once: what came one by one would push down what is read already.
  if (all.some(({ isPending }) => isPending)) {
    return (
      <>
        <Title>Node</Title>
        <p>Asking the node.</p>
      </>
    );
  }
  return (
    <>
      <Title>Node</Title>
      <Loaded query={now}>
        {(node) => (
          <>
            <About status={node} />
            <Section title="Servers">
              <Servers of={node.servers} />
            </Section>
          </>
        )}
      </Loaded>
      <Section title="Agents">
        <Loaded query={here}>{(page) => <Agents page={page} />}</Loaded>
      </Section>
      <Later>
        <Section title="Probe of agents">
          <Loaded query={noted}>{({ probe }) => <Probe probe={probe} />}</Loaded>
        </Section>
        <Section title="Sandbox">
          <Loaded query={bounds}>{(state) => <Sandbox state={state} />}</Loaded>
        </Section>
        <Section title="Storage">
          <Loaded query={stored}>{(overview) => <Storage data={overview} />}</Loaded>
        </Section>
        <Section title="Backup and restore">
          <Loaded query={noted}>{({ backup }) => <Backup backup={backup} />}</Loaded>
        </Section>
        <Section title="Figures">
          <Loaded query={figures}>{({ families }) => <NodeFigures families={families} />}</Loaded>
        </Section>
      </Later>
    </>
  );
}

/** Below what is seen first: drawn behind it, in pieces that hold up no key. */
function Later({ children }: { children: ReactNode }) {
  return useDeferredValue(true, false) ? children : null;
}

function About({ status: now }: { status: NodeStatus }) {
  const { policy, open, log, disk_warning: warning } = now;
  return (
    <>
      {warning === undefined ? null : <Notice tone="warn">{warning}</Notice>}
      <Facts
        of={[
          ['Name', <Foreign key="name" text={now.node_id} />],
          ['Version', now.version],
          ['Isolation', `${now.isolation_tier}: what passes this node is bounded, nothing else`],
          ['Policy', <Foreign key="policy" text={policyText(policy)} />],
          ['Log', `${log.size} entries${log.cosigned ? ', cosigned' : ''}`],
          ['Open', openText(open)],
          ['Sessions', String(now.sessions)],
        ]}
      />
    </>
  );
}

function policyText(policy: NodeStatus['policy']): string {
  if (policy === undefined) return 'none: every act is denied';
  const mode = policy.mode === 'observe' ? ', observing' : '';
  return `${policy.policy_id} version ${policy.version}${mode}`;
}

function openText({ pending, committed, unknown }: NodeStatus['open']): string {
  return `${pending} waiting, ${committed} under way, ${unknown} of unknown effect`;
}
