import type { NodeStatus } from '@ioi/protocol';
import { useQuery } from '@tanstack/react-query';
import { status } from './api.ts';
import { Badge, Facts, Failed, Foreign, Notice, Title, type Tone } from './parts.tsx';

type Server = NodeStatus['servers'][number];

/** What runs, under which policy, with which servers behind it. */
export function NodePage() {
  const { data, error, isPending } = useQuery(status);
  if (isPending) return <p>Asking the node.</p>;
  if (data === undefined) return <Failed fault={error ?? new Error('no answer')} />;
  const { policy, open, log, disk_warning: warning } = data;
  return (
    <>
      <Title>Node</Title>
      {warning === undefined ? null : <Notice tone="warn">{warning}</Notice>}
      <Facts
        of={[
          ['Name', <Foreign key="name" text={data.node_id} />],
          ['Version', data.version],
          ['Isolation', `${data.isolation_tier}: what passes this node is bounded, nothing else`],
          ['Policy', <Foreign key="policy" text={policyText(policy)} />],
          ['Log', `${log.size} entries${log.cosigned ? ', cosigned' : ''}`],
          ['Open', openText(open)],
          ['Sessions', String(data.sessions)],
        ]}
      />
      <h2 className="mt-6 mb-2 font-semibold text-lg">Servers</h2>
      {data.servers.length === 0 ? <NoServers /> : null}
      <ul className="space-y-2">
        {data.servers.map((server) => (
          <li key={server.name}>
            <ServerLine server={server} />
          </li>
        ))}
      </ul>
    </>
  );
}

const TONES: Readonly<Record<Server['state'], Tone>> = {
  ready: 'good',
  starting: 'warn',
  unreachable: 'bad',
};

function ServerLine({ server }: { server: Server }) {
  const { name, state, detail, tools } = server;
  return (
    <details className="rounded border border-slate-300 p-3 dark:border-slate-700">
      <summary>
        <Badge tone={TONES[state]}>{state}</Badge> <Foreign text={name} /> {`${tools.length} tools`}
        {detail === undefined ? null : <Foreign text={`: ${detail}`} />}
      </summary>
      <ul className="mt-2">
        {tools.map((tool) => (
          <li key={tool.name}>
            <Foreign text={`${tool.name}  ${tool.target ?? ''}`} />{' '}
            {tool.code === undefined ? null : <Badge tone="bad">{`blocked: ${tool.code}`}</Badge>}
            {tool.hidden ? <Badge tone="plain">hidden: the policy lets no call pass</Badge> : null}
          </li>
        ))}
      </ul>
    </details>
  );
}

function NoServers() {
  return (
    <p>
      No server is behind this node yet: <code>ioi mcp add NAME -- COMMAND</code>, or{' '}
      <code>ioi connect</code> for the agents you have.
    </p>
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
