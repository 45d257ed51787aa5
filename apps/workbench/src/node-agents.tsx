import type { AgentsPage, ConnectedAgent, Upkeep } from '@ioi/protocol';
import { Command } from './command.tsx';
import { Listed } from './loaded.tsx';
import { Badge, CARD, Foreign, Time, type Tone } from './parts.tsx';

type Probed = NonNullable<Upkeep['probe']>['agents'][number];

const MOST = 100;
const WAYS: Readonly<Record<ConnectedAgent['way'], string>> = {
  socket: 'over the socket of this account',
  http: 'over HTTP',
  sandbox: 'in a sandbox',
  hook: 'its own hooks (advisory)',
};
const TONES: Readonly<Record<Probed['state'], Tone>> = {
  green: 'good',
  red: 'bad',
  unknown: 'warn',
};

/** Who is connected, and how far the node looks at what each of them does. */
export function Agents({ page: { agents } }: { page: AgentsPage }) {
  if (agents.length === 0) {
    return (
      <p>
        Nobody is connected. <Command text="ioi connect" /> puts the node before the servers of
        agents you have; <code>ioi run -- COMMAND</code> starts one in a sandbox.
      </p>
    );
  }
  return (
    <Listed
      of={agents}
      most={MOST}
      more={<Command text="ioi status" />}
      idOf={(each) => each.session_id}
    >
      {(agent) => <Agent agent={agent} />}
    </Listed>
  );
}

function Agent({ agent }: { agent: ConnectedAgent }) {
  const { agent_id: id, way, since, tier, coverage, hosts = [] } = agent;
  return (
    <article className={CARD}>
      <h3 className="flex flex-wrap items-center gap-2">
        <Badge tone="plain">{tier}</Badge>
        <Foreign text={id} /> {WAYS[way]}, since <Time millis={String(Date.parse(since))} />
      </h3>
      {coverage === undefined ? (
        <p>
          What passes the node is decided and receipted. What else it does, the node cannot see.
        </p>
      ) : (
        <p>
          {Object.entries(coverage)
            .map(([name, how]) => `${name} ${how}`)
            .join(', ')}
          {hosts.length === 0 ? '; no hosts' : '; hosts '}
          <Foreign text={hosts.join(' ')} />
        </p>
      )}
    </article>
  );
}

/** On a node of its own, as the command noted it: nothing of an agent that starts otherwise. */
export function Probe({ probe }: { probe: Upkeep['probe'] | undefined }) {
  const again = <Command text="ioi doctor --probe" />;
  if (probe === undefined) return <p>No agent of this machine was probed yet: {again}</p>;
  return (
    <>
      <ul className="space-y-1">
        {probe.agents.map(({ agent, title, state }) => (
          <li key={agent}>
            <Badge tone={TONES[state]}>{state}</Badge> <Foreign text={title} />
          </li>
        ))}
      </ul>
      <p>
        Last probed <Time millis={String(Date.parse(probe.made_at))} />, started by{' '}
        <code>ioi run</code>: {again}
      </p>
    </>
  );
}
