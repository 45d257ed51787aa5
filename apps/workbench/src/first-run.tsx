import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { status } from './api.ts';
import { Command } from './command.tsx';
import { Section } from './loaded.tsx';
import { agents } from './node-queries.ts';
import { Badge } from './parts.tsx';
import { audit } from './wallet-queries.ts';

/** What comes first on a node that decided nothing yet; afterwards it is not there. */
export function FirstRun() {
  const decided = useQuery(audit('decision', 1)).data;
  const node = useQuery(status).data;
  const connected = useQuery(agents).data;
  if (decided === undefined || decided.rows.length > 0 || node === undefined) return null;
  return (
    <Section title="What comes first">
      <ol className="list-inside list-decimal space-y-2">
        <Step isDone={node.policy !== undefined} name="A policy decides">
          <code>ioi init</code> wrote one to start from, <code>policy.json</code> in the folder of
          the node (<Command text="ioi status" /> names it): read it, then{' '}
          <code>ioi policy activate FILE</code>
        </Step>
        <Step isDone={node.servers.length > 0} name="A server is behind the node">
          <code>ioi mcp add NAME -- COMMAND</code>
        </Step>
        <Step isDone={(connected?.agents.length ?? 0) > 0} name="An agent is connected">
          <Command text="ioi connect" /> puts the node before the servers of agents you have; it
          shows what it would write, and undoes it
        </Step>
        <Step isDone={false} name="It asks for something">
          and its first decision stands in the Atlas, with its receipt
        </Step>
      </ol>
      <p className="mt-3">
        To see all of it at once, on a throwaway node that touches nothing of yours:{' '}
        <Command text="ioi demo" />. Whether all is as it should be: <Command text="ioi doctor" />
      </p>
    </Section>
  );
}

type Doing = { readonly isDone: boolean; readonly name: string; readonly children: ReactNode };

function Step({ isDone, name, children }: Doing) {
  return (
    <li>
      <Badge tone={isDone ? 'good' : 'plain'}>{isDone ? 'done' : 'to do'}</Badge> {name}
      {isDone ? null : <span>: {children}</span>}
    </li>
  );
}
