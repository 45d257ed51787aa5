import type { NodeStatus } from '@ioi/protocol';
import { changedTools } from './anomalies.ts';
import { Command } from './command.tsx';
import { Badge, CARD, Foreign, serverTone } from './parts.tsx';

type Server = NodeStatus['servers'][number];
type Tool = Server['tools'][number];

export function Servers({ of }: { of: readonly Server[] }) {
  if (of.length === 0) {
    return (
      <p>
        No server is behind this node yet: <code>ioi mcp add NAME -- COMMAND</code>, or{' '}
        <code>ioi connect</code> for the agents you have.
      </p>
    );
  }
  return (
    <ul className="space-y-2">
      {of.map((server) => (
        <li key={server.name}>
          <ServerLine server={server} />
        </li>
      ))}
    </ul>
  );
}

function ServerLine({ server }: { server: Server }) {
  const { name, state, detail, tools, resources = 0, prompts = 0, sandboxed } = server;
  const changed = changedTools(server);
  const pinned = tools.length - changed.length;
  return (
    <details className={CARD}>
      <summary>
        <Badge tone={serverTone(state)}>{state}</Badge> <Foreign text={name} />{' '}
        {`${pinned} of ${tools.length} tools as pinned, `}
        {changed.length === 0 ? (
          'no drift'
        ) : (
          <Badge tone="bad">{`${changed.length} drifted`}</Badge>
        )}
        {sandboxed ? ', in a sandbox' : ''}
        {detail === undefined ? null : <Foreign text={`: ${detail}`} />}
      </summary>
      <p className="mt-2">{`${resources} resources, ${prompts} prompts`}</p>
      {state === 'ready' ? null : <Command text={`ioi mcp test ${name}`} />}
      {changed.length === 0 ? null : (
        <p>
          Look at what it says now, then take it: <Command text={`ioi mcp accept ${name}`} />
        </p>
      )}
      <ul className="mt-2">
        {tools.map((tool) => (
          <li key={tool.name}>
            <ToolLine tool={tool} />
          </li>
        ))}
      </ul>
    </details>
  );
}

function ToolLine({ tool: { name, target, code, hidden, warnings = [] } }: { tool: Tool }) {
  return (
    <>
      <Foreign text={`${name}  ${target ?? ''}`} />{' '}
      {code === undefined ? null : <Badge tone="bad">{`blocked: ${code}`}</Badge>}
      {hidden ? <Badge tone="plain">hidden: the policy lets no call pass</Badge> : null}
      {warnings.length === 0 ? null : (
        <Badge tone="warn">{`speaks to a model: ${warnings.join(', ')}`}</Badge>
      )}
    </>
  );
}
