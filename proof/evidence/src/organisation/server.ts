// One server of an organisation, or one person at a machine, as a process of its own:
// `bundles FOLDER CERT KEY`, `collector FILE CERT KEY`, `provider ISSUER CERT KEY`,
// `sign-in ISSUER LOGIN URL`, `approver NAME PORT CA`.
import { appendFileSync, readFileSync } from 'node:fs';
import { createServer, type ServerOptions } from 'node:https';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { connect } from 'node:tls';
import { visitAs } from '@ioi/cli/testing/visit-as';
import { GROUPS_OF, PORT } from './people.ts';

const PATIENCE_MS = 5_000;
const READY = 'ready';

const [role = '', one = '', two = '', three = ''] = process.argv.slice(2);

/** Everything that was published, by its name; what else is asked for is not there. */
function serveBundles(folder: string, tls: ServerOptions): Promise<string> {
  return listening(
    createServer(tls, (request, response) => {
      const isThere = request.url === '/rules/ioi-organisation.json';
      response.writeHead(isThere ? 200 : 404);
      response.end(isThere ? readFileSync(join(folder, 'ioi-organisation.json')) : '');
    }),
  );
}

/** Says that it took events when they stand in the file. */
function collect(file: string, tls: ServerOptions): Promise<string> {
  return listening(
    createServer(tls, (request, response) => {
      text(request).then(
        (events) => {
          appendFileSync(file, events.endsWith('\n') ? events : `${events}\n`);
          response.end();
        },
        () => response.destroy(),
      );
    }),
  );
}

function listening(server: ReturnType<typeof createServer>): Promise<string> {
  return new Promise((done) => server.listen(PORT, '0.0.0.0', () => done(READY)));
}

async function provide(issuer: string, tls: { cert: string; key: string }): Promise<string> {
  // Only this role takes the time that it takes to load.
  const { IdentityProvider } = await import('@ioi/cli/testing/identity-provider');
  const provider = await IdentityProvider.startAt({ issuer, host: '0.0.0.0', port: PORT, tls });
  for (const [person, groups] of Object.entries(GROUPS_OF)) provider.groups.set(person, groups);
  return READY;
}

/** As a browser of that machine, which ends at whoever waits for it there. */
async function signIn(issuer: string, login: string, url: string): Promise<string> {
  const back = await visitAs({ issuer, login }, url);
  return (await fetch(back)).text();
}

/** As an approver's browser elsewhere: only what has the key of that certificate is the page. */
async function lookAtPage(name: string, port: string, ca: string): Promise<string> {
  const socket = connect({ host: name, port: Number(port), servername: name, ca });
  socket.setTimeout(PATIENCE_MS, () => socket.destroy(new Error('no answer')));
  const typed = ['site: none', 'mode: navigate', 'dest: document'].map((each) => {
    return `sec-fetch-${each}`;
  });
  const lines = ['GET / HTTP/1.1', `host: ${name}:${port}`, 'connection: close', ...typed];
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  const [first = ''] = (await text(socket)).split('\r\n');
  return first;
}

function read(path: string): string {
  return readFileSync(path, 'utf8');
}

const ROLES: Readonly<Record<string, () => Promise<string>>> = {
  bundles: () => serveBundles(one, { cert: read(two), key: read(three) }),
  collector: () => collect(one, { cert: read(two), key: read(three) }),
  provider: () => provide(one, { cert: read(two), key: read(three) }),
  'sign-in': () => signIn(one, two, three),
  approver: () => lookAtPage(one, two, read(three)),
};

console.log(await ROLES[role]?.());
