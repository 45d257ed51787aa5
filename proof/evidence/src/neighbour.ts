import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { startBrowser } from '@ioi/kit';

type Browser = Awaited<ReturnType<typeof startBrowser>>;
type Page = Awaited<ReturnType<Browser['newPage']>>;

export type Neighbour = {
  readonly origin: string;
  /** What the browser sent it. */
  readonly asked: readonly { readonly url: string; readonly headers: IncomingHttpHeaders }[];
  close(): Promise<void>;
};

/** Another web server of this machine, that wants to know what the Workbench knows. */
export async function openNeighbour(): Promise<Neighbour> {
  const asked: { url: string; headers: IncomingHttpHeaders }[] = [];
  const server = createServer(({ url = '', headers }, response) => {
    asked.push({ url, headers });
    response.setHeader('content-type', 'text/html').end('<!doctype html><title>Neighbour</title>');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Each tells what it learnt, or fails. */
const WAYS: Readonly<Record<string, string>> = {
  'a request with what the browser has': `fetch(at + '/v1/status', { credentials: 'include' })
    .then((answer) => answer.text())`,
  'a request without an answer': `fetch(at + '/v1/status', { mode: 'no-cors' })
    .then((answer) => answer.status > 0 && 'answered')`,
  'a request with a session of its own': `fetch(at + '/v1/status', {
    headers: { 'x-ioi-workbench': '0'.repeat(64) },
  }).then((answer) => answer.status)`,
  'a link of its own': `fetch(at + '/visit', { method: 'POST', mode: 'no-cors', body: 'x' })
    .then((answer) => answer.status > 0 && 'answered')`,
  'a change': `fetch(at + '/v1/workbench', { method: 'DELETE' }).then((answer) => answer.status)`,
  'the stream of events': `new Promise((told, failed) => {
    const events = new EventSource(at + '/v1/events', { withCredentials: true });
    events.onopen = () => told('opened');
    events.onerror = () => failed(events.close());
  })`,
  'the page as a frame': `framed(at + '/').then((frame) => frame.contentWindow.sessionStorage)`,
  'the API as a frame': `framed(at + '/v1/status')
    .then((frame) => frame.contentDocument?.body.textContent)`,
  'the API as a script': `new Promise((told, failed) => {
    const script = document.createElement('script');
    Object.assign(script, { src: at + '/v1/status', onload: () => told('ran'), onerror: failed });
    document.body.append(script);
  })`,
  'a form': `new Promise((done) => {
    const frame = document.createElement('iframe');
    frame.name = 'answer';
    document.body.append(frame);
    document.body.insertAdjacentHTML('beforeend',
      '<form method="post" target="answer" enctype="text/plain"><input name="x"></form>');
    const form = document.forms[0];
    form.action = at + '/visit';
    frame.onload = () => done(frame);
    form.submit();
  }).then((frame) => frame.contentDocument?.body.textContent)`,
};

const FRAMED = `const framed = (src) => new Promise((done) => {
  const frame = document.createElement('iframe');
  frame.onload = () => done(frame);
  frame.src = src;
  document.body.append(frame);
});`;

/** The ways by which a page of its own learnt anything of an origin. */
export async function tryAll(page: Page, origin: string): Promise<string[]> {
  const learnt: string[] = [];
  for (const [name, way] of Object.entries(WAYS)) {
    const program = `(async (at) => { ${FRAMED} return ${way}; })(${JSON.stringify(origin)})
      .then((told) => told ? String(told) : '', () => '')`;
    const told = await page.evaluate(program);
    if (told !== '') learnt.push(`${name}: ${told}`);
  }
  const popup = page.waitForEvent('popup');
  await page.evaluate(`void window.open(${JSON.stringify(origin)}, '_blank')`);
  await (await popup).waitForLoadState();
  return learnt;
}
