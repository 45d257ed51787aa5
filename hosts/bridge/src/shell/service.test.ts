import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createSecureContext } from 'node:tls';
import { until } from '@ioi/basis/testing';
import type { BridgeStore } from './bridge-store.ts';
import { ENDED, EngineFault } from './engine.ts';
import { verifierOf } from './scram.ts';
import { Service } from './service.ts';
import { Turns } from './turns.ts';

const SIGNED = `— ioi.local/0f0f ${Buffer.alloc(68).toString('base64')}\n`;
const NOTE = `ioi.local/0f0f\n1\n${Buffer.alloc(32).toString('base64')}\n\n${SIGNED}`;

/** Takes no rows where it has ended, and does not say so by itself. */
function storeOf(hasEnded: boolean): BridgeStore {
  const turns = new Turns();
  const take = turns.take.bind(turns);
  let left = hasEnded ? 1 : 0;
  turns.take = (holder) => {
    left -= 1;
    return left === 0 ? Promise.reject(new EngineFault(ENDED)) : take(holder);
  };
  return {
    reader: 'reader',
    holding: { silentMs: 1_000, holdMs: 1_000, statementMs: 1_000 },
    turns,
    kept: undefined,
    parameters: () => Promise.resolve(new Map()),
    write: () => Promise.resolve(),
    seat: () => Promise.reject(new EngineFault(ENDED)),
    close: () => Promise.resolve(),
  };
}

test('tables that can be written no more are made again, and not left as they are', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ioi-bridge-'));
  const socket = join(folder, 'daemon.sock');
  let isBehind = false;
  const node = createServer((_request, answer) => {
    const domains = isBehind ? [{ domain_id: 'agentgres://domain/a.example', note: NOTE }] : [];
    answer.end(JSON.stringify({ domains, closed: [], refused: [] }));
  });
  node.listen(socket);
  await once(node, 'listening');
  let opened = 0;
  const faults: unknown[] = [];
  const limits = { message: 1, unit: 1, sessions: 1, loginMs: 1, patienceMs: 1 };
  const service = await Service.start({
    folder,
    socket,
    open: async () => {
      opened += 1;
      isBehind = false;
      return storeOf(opened === 1);
    },
    submits: [],
    verifier: verifierOf('a password'),
    secureContext: () => createSecureContext(),
    needsTls: false,
    limits,
    say: () => {},
    onFault: (fault) => faults.push(fault),
  });
  try {
    isBehind = true;
    await until('it is opened again', () => opened === 2);
    await service.filled;
    assert.deepEqual(faults, []);
  } finally {
    await service.close();
    node.close();
    rmSync(folder, { recursive: true });
  }
});
