import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { builtInProjections } from '@ioi/agentgres';
import { SqliteStore } from '@ioi/agentgres/shell';
import { ProjectionHub } from './projection-hub.ts';

const folder = mkdtempSync(join(tmpdir(), 'ioi-hub-'));
after(() => rmSync(folder, { recursive: true }));

const DOMAIN = 'agentgres://domain/market.example';
const BROKEN = 'agentgres://domain/broken.example';
const newest = { consistency: 'linearized_domain' } as const;

/** A hub with a domain that has a log, and what it says. */
function hubWith(name: string, isOnDemand: boolean) {
  const said: string[] = [];
  const hub = new ProjectionHub({
    now: () => 0,
    say: (message) => void said.push(message),
    tell: () => {},
  });
  mkdirSync(join(folder, name));
  new SqliteStore(join(folder, name)).close();
  hub.open({ folder: join(folder, name), domain: DOMAIN, isOnDemand });
  const files = (): string[] => {
    const names = readdirSync(join(folder, name, 'projections'));
    return names.filter((each) => each.endsWith('.db'));
  };
  return { hub, said, files };
}

async function statesIn(hub: ProjectionHub, domain = DOMAIN): Promise<string[]> {
  const page = await hub.answer(domain, 'list', {});
  assert.ok(page.ok, JSON.stringify(page));
  return page.value.projections.map(({ state }) => state);
}

test('one domain whose projections cannot be opened says so, and holds up no other', async () => {
  const { hub, said } = hubWith('beside', true);
  hub.open({ folder: join(folder, 'nothing'), domain: BROKEN, isOnDemand: true });
  assert.deepEqual(said, ['projections cannot be opened']);
  const refused = await hub.answer(BROKEN, 'list', {});
  assert.ok(!refused.ok && refused.error.code === 'projection.fault');
  assert.equal((await statesIn(hub)).length, builtInProjections.length);
  hub.close();
});

test('on demand a built-in projection is folded from when it is asked for', async () => {
  const { hub, files } = hubWith('lazy', true);
  assert.deepEqual([...new Set(await statesIn(hub))], ['dormant']);
  assert.deepEqual(files(), []);
  const request = { projection: 'projection://*/objects', ...newest };
  const late = await hub.answer(DOMAIN, 'query', { request, atLeast: 1, awaitMs: 1 });
  assert.ok(!late.ok && late.error.code === 'consistency.timeout');
  assert.equal(files().length, 1);
  assert.deepEqual([...new Set(await statesIn(hub))].sort(), ['building', 'dormant']);
  const ask = { request: { ...request, projection: 'projection://*/no' }, atLeast: 1, awaitMs: 1 };
  const unknown = await hub.answer(DOMAIN, 'query', ask);
  assert.ok(!unknown.ok && unknown.error.code === 'projection.unknown');
  hub.close();
  const { hub: kept } = hubWith('kept', false);
  assert.deepEqual([...new Set(await statesIn(kept))], ['building']);
  kept.close();
});
