import assert from 'node:assert/strict';
import { request } from 'node:http';
import { after, before, test } from 'node:test';
import { ConfigFault } from '../config.ts';
import { type MetricsPort, openMetrics } from './listener.ts';
import { wrongInMetrics } from './listener-config.ts';

const tell = (accept: string | undefined) => ({ type: 'text/plain', text: `asked ${accept}\n` });
let opened: MetricsPort;

before(async () => {
  opened = await openMetrics({ port: 0 }, tell);
});
after(() => opened.close());

type Asking = { readonly method?: string; readonly path?: string };

function ask(headers: Readonly<Record<string, string>>, { method, path }: Asking = {}) {
  const url = new URL(path ?? '/metrics', opened.url);
  return new Promise<{ status: number | undefined; body: string }>((done, fail) => {
    const asked = request(url, { method: method ?? 'GET', headers, agent: false }, (answer) => {
      let body = '';
      answer.setEncoding('utf8').on('data', (piece: string) => {
        body += piece;
      });
      answer.on('end', () => done({ status: answer.statusCode, body }));
    });
    asked.on('error', fail).end();
  });
}

test('metrics are told to a program on this machine, and nothing else is', async () => {
  assert.deepEqual(await ask({ accept: 'x/y' }), { status: 200, body: 'asked x/y\n' });
  assert.deepEqual(await ask({}, { method: 'HEAD' }), { status: 200, body: '' });
  for (const path of ['/', '/v1/status', '/metrics/x']) {
    assert.equal((await ask({}, { path })).status, 404, path);
  }
  assert.equal((await ask({}, { method: 'POST' })).status, 405);
});

test('pages in a browser, and names that were made to lead here, are told nothing', async () => {
  const foreign: Readonly<Record<string, string>>[] = [
    { host: 'evil.example' },
    { host: '127.0.0.1.evil.example' },
    { origin: 'http://127.0.0.1:1' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
  ];
  for (const headers of foreign) {
    assert.deepEqual(await ask(headers), { status: 403, body: '' }, JSON.stringify(headers));
  }
});

test('a port that is taken, or not of this machine, is refused by name', async () => {
  const port = Number(new URL(opened.url).port);
  await assert.rejects(openMetrics({ port }, tell), (fault) => {
    return fault instanceof ConfigFault && fault.message.startsWith(`/metrics: port ${port} of`);
  });
  assert.equal(wrongInMetrics({ port: 9464 }), undefined);
  assert.equal(wrongInMetrics({ port: 0, host: '::1' }), undefined);
  assert.match(wrongInMetrics({ port: 9464, host: '0.0.0.0' }) ?? '', /^\/host must be 127/);
  assert.match(wrongInMetrics({ port: 70_000 }) ?? '', /^\/port/);
  assert.match(wrongInMetrics({}) ?? '', /^\/port/);
  assert.match(wrongInMetrics({ port: 1, path: '/' }) ?? '', /^\/path is not known/);
  assert.match(wrongInMetrics(9464) ?? '', / must be an object/);
});
