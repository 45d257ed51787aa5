import type { NodeStatus } from '@ioi/protocol';
import { useQuery } from '@tanstack/react-query';
import { status } from './api.ts';
import { Command } from './command.tsx';
import { Listed, Loaded } from './loaded.tsx';
import { Badge, CARD, Foreign, serverTone } from './parts.tsx';
import { type Tokens, tokens } from './wallet-queries.ts';

type Server = NodeStatus['servers'][number];

const MOST = 100;

/** Accounts elsewhere by the name of their secret, and clients that may come in. */
export function Connections() {
  return (
    <>
      <Loaded query={useQuery(status)}>
        {({ servers }) => <Accounts of={servers.filter(isElsewhere)} />}
      </Loaded>
      <p className="mt-2">
        Secrets lie in the vault of the guardian, which alone knows whether it is open:{' '}
        <Command text="ioi wallet vault status" /> <Command text="ioi wallet secret list" />
      </p>
      <p>
        From here on nothing that needs a secret is sent: <Command text="ioi wallet lock" />
      </p>
      <h3 className="mt-3 font-semibold">Clients that may come over HTTP</h3>
      <Loaded query={useQuery(tokens)}>{(page) => <Clients of={page.tokens} />}</Loaded>
    </>
  );
}

function isElsewhere({ origin, credential }: Server): boolean {
  return origin !== undefined || credential !== undefined;
}

function Accounts({ of }: { of: readonly Server[] }) {
  if (of.length === 0) {
    return (
      <p>
        Nothing elsewhere is connected. <code>ioi mcp add NAME --url URL</code> mounts one,{' '}
        <code>ioi mcp login NAME</code> and <code>ioi wallet secret set NAME</code> give it what it
        wants.
      </p>
    );
  }
  return (
    <Listed of={of} most={MOST} more={<Command text="ioi mcp list" />} idOf={({ name }) => name}>
      {(server) => <Account server={server} />}
    </Listed>
  );
}

function Account({ server }: { server: Server }) {
  const { name, origin, credential, connector, state, detail } = server;
  return (
    <article className={CARD}>
      <h3 className="flex flex-wrap items-center gap-2">
        <Badge tone={serverTone(state)}>{state}</Badge>
        <Foreign text={name} />
        {connector ? 'a connector' : 'an MCP server'} at <Foreign text={origin ?? 'this machine'} />
      </h3>
      {detail === undefined ? null : (
        <p>
          <Foreign text={detail} /> <Command text={`ioi mcp test ${name}`} />
        </p>
      )}
      {credential === undefined ? (
        <p>No secret is sent to it.</p>
      ) : (
        <p>
          Sent with the secret <Foreign text={credential} />, whose value no page has. To take it
          back: <Command text={`ioi wallet secret remove ${credential}`} />
        </p>
      )}
    </article>
  );
}

function Clients({ of }: { of: Tokens['tokens'] }) {
  if (of.length === 0) {
    return (
      <p>
        None; <code>ioi mcp token NAME</code> makes a token for one.
      </p>
    );
  }
  return (
    <Listed of={of} most={MOST} more={<Command text="ioi mcp tokens" />} idOf={({ name }) => name}>
      {({ name, created }) => (
        <p>
          <Foreign text={name} /> since <Foreign text={created} />{' '}
          <Command text={`ioi mcp revoke ${name}`} />
        </p>
      )}
    </Listed>
  );
}
