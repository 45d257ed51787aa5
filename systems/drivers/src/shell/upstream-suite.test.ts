import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Served,
  serveEverything,
  serveStateless,
  startEverything,
  startFilesystem,
  startStateless,
} from '../testing/real-servers.ts';
import { type UpstreamSubject, upstreamSuite } from '../testing/upstream-suite.ts';
import { type HttpUpstreamOptions, httpUpstream } from './upstream-http.ts';

const workspace = realpathSync(mkdtempSync(join(tmpdir(), 'ioi-suite-')));
upstreamSuite('server-filesystem over stdio', {
  era: 'stateful',
  open: async () => startFilesystem(workspace),
  shut: async () => rmSync(workspace, { recursive: true }),
  // Nothing there is an echo, but the refusal of an unknown path names it.
  echo: (word) => {
    const path = join(workspace, 'echo.txt');
    writeFileSync(path, `${word}\n`, { flag: 'a' });
    return { tool: 'read_text_file', arguments: { path } };
  },
});

const echo = (word: string) => ({ tool: 'echo', arguments: { message: word } });
const everything = {
  era: 'stateful',
  echo,
  slow: { tool: 'trigger-long-running-operation', arguments: { duration: 0.5, steps: 3 } },
  asking: { tool: 'trigger-elicitation-request', field: 'name' },
  resource: 'demo://resource/static/document/features.md',
} as const;
const stateless = {
  era: 'stateless',
  echo,
  slow: { tool: 'slow', arguments: {} },
  asking: { tool: 'ask', field: 'name' },
  resource: 'note://one',
} as const;

upstreamSuite('stateful over stdio', { ...everything, open: async () => startEverything() });
upstreamSuite('stateless over stdio', { ...stateless, open: async () => startStateless() });
overHttp('stateful over Streamable HTTP', everything, () => serveEverything());
overHttp('stateful over HTTP+SSE', everything, () => serveEverything('sse'));
overHttp('stateful over HTTP+SSE, told so', everything, () => serveEverything('sse'), {
  transport: 'sse',
});
overHttp('stateless over Streamable HTTP', stateless, () => serveStateless());

function overHttp(
  name: string,
  subject: Omit<UpstreamSubject, 'open'>,
  serve: () => Promise<Served>,
  options: Partial<HttpUpstreamOptions> = {},
): void {
  const started: Served[] = [];
  upstreamSuite(name, {
    ...subject,
    open: async () => {
      const served = await serve();
      started.push(served);
      return httpUpstream({ name: 'served', url: served.url, ...options });
    },
    shut: async () => {
      for (const { process } of started) process.kill();
    },
  });
}
