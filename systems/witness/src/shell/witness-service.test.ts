import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, test } from 'node:test';
import { verifyNote, witnessKeysOf } from '@ioi/crypto';
import { generateHybridKey } from '@ioi/crypto/shell';
import { LogKit } from '../testing/index.ts';
import { WitnessService } from './witness-service.ts';
import { WitnessStateFault, WitnessStore } from './witness-store.ts';

const root = mkdtempSync(join(tmpdir(), 'ioi-witness-'));
after(() => rmSync(root, { recursive: true, force: true }));

const key = generateHybridKey();
const NAME = 'w.example/1';

function newFolder(): string {
  const folder = mkdtempSync(join(root, 'w-'));
  WitnessStore.create(folder, NAME);
  return folder;
}

function serviceOver(store: WitnessStore, kits: readonly LogKit[] = [], mostUnknownLogs = 0) {
  const logs = new Map(kits.map((kit) => [kit.origin, [kit.noteKey]]));
  return new WitnessService({ store, key, logs, mostUnknownLogs, now: () => 1_700_000_000 });
}

function codeOf(work: () => unknown): string {
  try {
    work();
    return '';
  } catch (fault) {
    return fault instanceof WitnessStateFault ? fault.code : String(fault);
  }
}

test('what was cosigned is remembered after a restart, and shown', async () => {
  const [folder, kit] = [newFolder(), new LogKit()];
  const store = WitnessStore.open(folder);
  const answer = await serviceOver(store, [kit]).addCheckpoint(kit.request(kit.leaves(5), 0));
  assert.equal(answer.status, 200);
  store.close();
  const again = WitnessStore.open(folder);
  const service = serviceOver(again, [kit]);
  const small = await service.addCheckpoint(kit.request(kit.leaves(3), 0));
  assert.deepEqual(small, { status: 409, type: 'text/x.tlog.size', body: '5\n' });
  const fork = await service.addCheckpoint(kit.request(kit.leaves(5, 'other'), 5));
  assert.equal(fork.status, 409);
  const shown = await service.latest(kit.origin);
  const keys = witnessKeysOf(key.publicKey, NAME);
  assert.ok(keys.ok);
  const verified = verifyNote(shown.body, [kit.noteKey, keys.value.ed25519, keys.value.mlDsa44]);
  assert.equal(verified.ok && verified.value.signers.length, 3);
  assert.equal((await service.latest('log.example/none')).status, 404);
  again.close();
});

test('state that was lost is not made anew, and state of another is not taken', () => {
  const folder = newFolder();
  assert.equal(
    codeOf(() => WitnessStore.create(folder, NAME)),
    'witness.state_exists',
  );
  rmSync(join(folder, 'witness.db'));
  assert.equal(
    codeOf(() => WitnessStore.open(folder)),
    'witness.state_missing',
  );
  assert.equal(
    codeOf(() => WitnessStore.create(folder, NAME)),
    'witness.state_exists',
  );
  const other = newFolder();
  writeFileSync(join(other, 'witness.json'), '{"format":"ioi-witness/1","state_id":"x"}');
  assert.equal(
    codeOf(() => WitnessStore.open(other)),
    'witness.other_state',
  );
  rmSync(join(other, 'witness.json'));
  assert.equal(
    codeOf(() => WitnessStore.open(other)),
    'witness.other_state',
  );
});

test('of requests that race, exactly one history is cosigned', async () => {
  const [folder, kit] = [newFolder(), new LogKit()];
  // Two processes over one state: each with a handle of its own.
  const stores = [WitnessStore.open(folder), WitnessStore.open(folder)];
  const asked = ['a', 'b', 'c', 'd'].map((history, at) =>
    serviceOver(stores[at % 2] as WitnessStore, [kit]).addCheckpoint(
      kit.request(kit.leaves(4 + at, history), 0),
    ),
  );
  const statuses = (await Promise.all(asked)).map(({ status }) => status);
  assert.deepEqual(statuses.toSorted(), [200, 409, 409, 409]);
  for (const store of stores) store.close();
});

test('a swap from a head that is not there any more changes nothing', () => {
  const [folder, kit] = [newFolder(), new LogKit()];
  const store = WitnessStore.open(folder);
  const accepted = (size: number, history = '') => {
    const leaves = kit.leaves(size, history);
    return { checkpoint: kit.checkpoint(leaves), note: kit.note(leaves) };
  };
  assert.ok(store.swap({ before: undefined, accepted: accepted(5), seen: 1 }));
  assert.ok(!store.swap({ before: undefined, accepted: accepted(6), seen: 1 }));
  const other = kit.checkpoint(kit.leaves(5, 'other'));
  assert.ok(!store.swap({ before: other, accepted: accepted(7, 'other'), seen: 1 }));
  assert.equal(store.head(kit.origin)?.size, 5);
  store.close();
});

test('a log is trusted on first use by the key it came with, and by no other after', async () => {
  const store = WitnessStore.open(newFolder());
  const [kit, thief, third] = [new LogKit(), new LogKit(), new LogKit('log.example/3')];
  const service = serviceOver(store, [], 1);
  const first = kit.request(kit.leaves(5), 0);
  assert.equal((await service.addCheckpoint(first)).status, 404);
  assert.equal((await service.addCheckpoint(first, 'no key')).status, 404);
  assert.equal((await service.addCheckpoint(first, third.verifierKey)).status, 404);
  assert.equal((await service.addCheckpoint(first, thief.verifierKey)).status, 403);
  assert.equal((await service.addCheckpoint(first, kit.verifierKey)).status, 200);
  const stolen = thief.request(thief.leaves(6), 5);
  assert.equal((await service.addCheckpoint(stolen, thief.verifierKey)).status, 403);
  assert.equal((await service.addCheckpoint(kit.request(kit.leaves(6), 5))).status, 200);
  // Its room is taken: the logs of strangers do not fill the disk.
  const late = third.request(third.leaves(1), 0);
  assert.equal((await service.addCheckpoint(late, third.verifierKey)).status, 404);
  store.close();
});

test('of each log is told when it grew last, and what it signed beside it, once', async () => {
  const [folder, kit, other] = [newFolder(), new LogKit(), new LogKit('log.example/2')];
  const store = WitnessStore.open(folder);
  const service = serviceOver(store, [kit, other]);
  await service.addCheckpoint(kit.request(kit.leaves(5), 0));
  await service.addCheckpoint(other.request(other.leaves(2), 0));
  const foreign = new LogKit();
  await service.addCheckpoint(foreign.request(foreign.leaves(5, 'foreign'), 5));
  await service.addCheckpoint(kit.request(kit.leaves(3), 0));
  const seen = 1_700_000_000;
  const second = { origin: other.origin, size: 2, seen };
  assert.deepEqual(store.watched(), [{ origin: kit.origin, size: 5, seen }, second]);
  await service.addCheckpoint(kit.request(kit.leaves(5, 'fork'), 5));
  await service.addCheckpoint(kit.request(kit.leaves(7, 'fork'), 5));
  await service.addCheckpoint(kit.request(kit.leaves(6), 5));
  store.close();
  const again = WitnessStore.open(folder);
  const note = kit.note(kit.leaves(5, 'fork'));
  const code = 'witness.other_root';
  const contradiction = { at: seen, times: 2, code, held_size: 5, note };
  assert.deepEqual(again.watched(), [{ origin: kit.origin, size: 6, seen, contradiction }, second]);
  again.close();
});

test('a fork stands in place of what was only not shown to continue', async () => {
  const [folder, kit] = [newFolder(), new LogKit()];
  const store = WitnessStore.open(folder);
  const service = serviceOver(store, [kit]);
  await service.addCheckpoint(kit.request(kit.leaves(5), 0));
  await service.addCheckpoint(kit.request(kit.leaves(7, 'fork'), 5));
  const told = () => store.watched().map(({ contradiction: of }) => [of?.code, of?.times]);
  assert.deepEqual(told(), [['witness.inconsistent', 1]]);
  await service.addCheckpoint(kit.request(kit.leaves(5, 'fork'), 5));
  await service.addCheckpoint(kit.request(kit.leaves(7, 'fork'), 5));
  assert.deepEqual(told(), [['witness.other_root', 3]]);
  assert.equal(store.watched()[0]?.contradiction?.note, kit.note(kit.leaves(5, 'fork')));
  store.close();
});

test('a store of the form before is gone on with, with all that it promised', async () => {
  const [folder, kit] = [newFolder(), new LogKit()];
  const made = WitnessStore.open(folder);
  await serviceOver(made, [kit]).addCheckpoint(kit.request(kit.leaves(5), 0));
  made.close();
  const path = join(folder, 'witness.db');
  const before = new DatabaseSync(path);
  before.exec('DROP TABLE contradicted; PRAGMA user_version = 1');
  before.close();
  const store = WitnessStore.open(folder);
  assert.deepEqual(store.watched(), [{ origin: kit.origin, size: 5, seen: 1_700_000_000 }]);
  const service = serviceOver(store, [kit]);
  const fork = await service.addCheckpoint(kit.request(kit.leaves(5, 'fork'), 5));
  assert.equal(fork.status, 409);
  assert.equal(store.watched()[0]?.contradiction?.times, 1);
  store.close();
});
