import { writeFileSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { until } from '@ioi/basis/testing';
import { eventsIn } from '@ioi/frames';
import { SupervisedNode, startBrowser } from '@ioi/kit';
import { percentile } from './measure.ts';
import type { Report } from './report.ts';

const ASKED = 40;
const BETWEEN_MS = 150;
/** Calls that may be under way at once, so that there are events enough. */
const CALLERS = 24;
/** Each of their calls makes four: a thousand events a second. */
const CALL_MS = 4;
/** Of what was missed so much is made up for, and the rest is not. */
const LATE_MOST_MS = 20;

/** When each request was first painted, by the clock of this machine. */
const NOTE_PAINTED = `globalThis.painted = {};
new MutationObserver(() => {
  const fresh = [...document.querySelectorAll('main article')]
    .map((article) => article.getAttribute('aria-labelledby').slice('of-'.length))
    .filter((hash) => !(hash in globalThis.painted));
  for (const hash of fresh) globalThis.painted[hash] = 0;
  if (fresh.length === 0) return;
  requestAnimationFrame(() => setTimeout(() => {
    const now = performance.timeOrigin + performance.now();
    for (const hash of fresh) globalThis.painted[hash] = now;
  }));
}).observe(document.body, { childList: true, subtree: true })`;

type Heard = { events: number; readonly askedAt: Map<string, number> };

/**
 * From the event that says that somebody asks to the inbox that shows it, while other agents'
 * acts make a thousand events a second, or as many as this machine can.
 */
export async function measureEvents(executablePath: string, report: Report): Promise<void> {
  const node = await SupervisedNode.start();
  const browser = await startBrowser(executablePath);
  const heard: Heard = { events: 0, askedAt: new Map() };
  let isOver = false;
  try {
    const page = await browser.newPage();
    const { body } = await node.api('POST', '/v1/workbench');
    await page.goto(String(body['url']));
    await page.getByText('Nothing waits for you.').waitFor({ timeout: 60_000 });
    await page.evaluate(NOTE_PAINTED);
    const stream = await listen(node.socketPath('daemon'), heard);
    const agent = await node.connectMcp();
    const pace = new Pace();
    const list = () => agent.call('list_directory', { path: node.workspace });
    const busy = Array.from({ length: CALLERS }, async () => {
      for (;;) {
        await pace.turn();
        if (isOver) return;
        await list();
      }
    });
    const begun = performance.now();
    for (let at = 0; at < ASKED; at += 1) {
      const path = join(node.workspace, `asked-${at}.txt`);
      writeFileSync(path, 'old');
      agent.call('write_file', { path, content: 'new' }).catch(() => {});
      await page.waitForTimeout(BETWEEN_MS);
    }
    const rate = heard.events / ((performance.now() - begun) / 1000);
    const painted = await until('all is painted', async () => {
      const times = (await page.evaluate('globalThis.painted')) as Record<string, number>;
      const isThere = Object.values(times).filter((at) => at > 0).length >= ASKED;
      return isThere && heard.askedAt.size >= ASKED && times;
    });
    isOver = true;
    await Promise.all(busy);
    stream.destroy();
    agent.close();
    const took = [...heard.askedAt].map(([hash, at]) => (painted[hash] ?? 0) - at);
    report.note(`${Math.round(rate)} events a second, p50 ${percentile(took, 0.5).toFixed(0)} ms`);
    const target = { op: '<=', value: 50 } as const;
    const value = percentile(took, 0.95);
    report.figure({ figure: 'event_to_paint_p95_ms', value, unit: 'ms', target });
  } finally {
    isOver = true;
    await browser.close();
    await node.stop();
  }
}

/** Turns that come evenly, whoever takes them. */
class Pace {
  #next = 0;

  async turn(): Promise<void> {
    const now = performance.now();
    const own = Math.max(this.#next, now - LATE_MOST_MS);
    this.#next = own + CALL_MS;
    if (own > now) await setTimeout(own - now);
  }
}

/** Beside the browser: how many events there are, and when each request was said to wait. */
async function listen(socketPath: string, heard: Heard): Promise<IncomingMessage> {
  const response = await new Promise<IncomingMessage>((done, fail) => {
    request({ socketPath, path: '/v1/events' }, done).on('error', fail).end();
  });
  let left = '';
  response.setEncoding('utf8').on('data', (piece: string) => {
    const { events, rest } = eventsIn(left + piece);
    left = rest;
    heard.events += events.length;
    for (const { event, data } of events) {
      if (event !== 'approval.requested') continue;
      const { timestamp, payload } = JSON.parse(data);
      heard.askedAt.set(payload.request_hash, Date.parse(timestamp));
    }
  });
  response.on('error', () => {});
  return response;
}
