import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { KeptFile } from './mcp/kept-file.ts';
import { Proposals } from './proposals.ts';

const folder = mkdtempSync(join(tmpdir(), 'ioi-proposals-'));
after(() => rmSync(folder, { recursive: true }));

const ACT = JSON.stringify({ operation: 'boundary/action.decide' });
/** An agent names the operation in what it writes. */
const OTHER = JSON.stringify({ operation: 'boundary/action.execute', text: ACT });

/** A log whose policy observes from a position on, and how much of it was read. */
class Log {
  entries: string[];
  policy: object = { mode: 'observe' };
  since = 0;
  read = 0;

  constructor(...texts: readonly string[]) {
    this.entries = [...texts];
  }

  get size(): number {
    return this.entries.length;
  }

  get<T>(): T {
    return this.policy as T;
  }

  changedAt(): number {
    return this.since;
  }

  texts(from: number, to: number): string[] {
    const found = this.entries.slice(from, to);
    this.read += found.length;
    return found;
  }
}

function proposalsOf(log: Log, name: string, acts = 3): Proposals {
  return new Proposals({ reader: log, file: new KeptFile(join(folder, name)), after: acts });
}

test('it proposes after so many acts under a policy that observes, and not before', () => {
  const log = new Log('{}', OTHER, ACT, ACT);
  const proposals = proposalsOf(log, 'one');
  assert.deepEqual(proposals.told(), { acts: 2, at: 3, proposed: false });
  assert.equal(proposals.dismiss(), undefined);
  log.entries.push(ACT, ACT);
  assert.deepEqual(proposals.told(), { acts: 3, at: 3, proposed: true });
  log.policy = { mode: 'observe', observe_until: '9' };
  assert.equal(proposals.told(), undefined);
  log.policy = {};
  assert.equal(proposals.told(), undefined);
  log.policy = { mode: 'observe' };
  log.since = 4;
  assert.deepEqual(proposals.told(), { acts: 1, at: 3, proposed: false });
  assert.equal(proposalsOf(log, 'none', 0).told(), undefined);
});

test('what was dismissed is proposed again after as many acts more, also after a restart', () => {
  const log = new Log('{}', ACT, ACT, ACT);
  assert.deepEqual(proposalsOf(log, 'two').dismiss(), { acts: 3, at: 6, proposed: false });
  log.entries.push(ACT, ACT);
  const next = proposalsOf(log, 'two');
  assert.deepEqual(next.told(), { acts: 5, at: 6, proposed: false });
  log.entries.push(ACT);
  assert.equal(next.told()?.proposed, true);
  // What was dismissed was about another policy.
  log.since = 3;
  assert.deepEqual(next.told(), { acts: 3, at: 3, proposed: true });
  writeFileSync(join(folder, 'two'), 'no json');
  assert.equal(proposalsOf(log, 'two').told()?.at, 3);
});

test('a look reads a bounded part of a long log, and nothing once it proposes', () => {
  const log = new Log();
  log.entries = [...Array<string>(100_000).fill(OTHER), ...Array<string>(9).fill(ACT)];
  const proposals = proposalsOf(log, 'three');
  for (let look = 0; look < 99; look += 1) {
    const before = log.read;
    assert.equal(proposals.told()?.acts, 0);
    assert.ok(log.read - before <= 1_000);
  }
  proposals.told();
  assert.equal(proposals.told()?.proposed, true);
  const { read } = log;
  proposals.told();
  assert.equal(log.read, read);
});
