import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { PostgresServer, whyNoPostgres } from '@ioi/agentgres/testing';
import { until } from '@ioi/basis/testing';
import type { StateRootProof } from '@ioi/protocol';
import { verifyRead } from '@ioi/verifier';
import { MARKET, type Replica, ReplicaKit } from '../../testing/replica-kit.ts';

const skip = whyNoPostgres() ?? false;
let server: PostgresServer;
let kit: ReplicaKit;
let kits = 0;
before(async () => {
  if (!skip) server = await PostgresServer.start();
});
after(() => server?.remove());
afterEach(() => kit?.close());

async function begin(): Promise<ReplicaKit> {
  kits += 1;
  kit = await ReplicaKit.start(server, `replica${kits}`);
  return kit;
}

const NAME = '/v1/domains/market.example';
const noteAt = (id: string): string => `${NAME}/objects/object.Note/${id}`;

/** How a replica refuses from here on, once it does. */
async function refusing(replica: Replica): Promise<string> {
  let last = '';
  const refused = async (): Promise<string | false> => {
    const { status, body } = await replica.ask('GET', NAME);
    last = `${status} ${JSON.stringify(body)} ${replica.said.join('; ')}`;
    return status === 503 && body['code'] !== 'replica.stale' && String(body['code']);
  };
  return until('it refuses', refused).catch(() => assert.fail(last));
}

/** The first answer that is none of a replica that is not that far. */
function firstRead(replica: Replica, id: string): Promise<number> {
  const read = async (): Promise<number | false> => {
    const { status } = await replica.ask('GET', noteAt(id));
    return status !== 503 && status;
  };
  return until('it answers', async () => (await hasNode(replica)) && read());
}

async function hasNode(replica: Replica): Promise<boolean> {
  const { body } = await replica.ask('GET', '/v1/domains');
  return JSON.stringify(body).includes(MARKET);
}

async function has(replica: Replica, id: string): Promise<void> {
  let last = '';
  const read = async (): Promise<boolean> => {
    const answer = await replica.ask('GET', noteAt(id));
    last = `${JSON.stringify(answer.body)} ${replica.said.join('; ')}`;
    return answer.status === 200;
  };
  await until(`${id} is read`, read).catch(() => assert.fail(`${id}: ${last}`));
}

test('a replica reads what is sealed, with proofs, at the levels it can give', {
  skip,
}, async () => {
  await begin();
  await kit.seal('first');
  const replica = await kit.replica('reader');
  await has(replica, 'first');
  await kit.seal('second');
  await kit.cosign();
  await has(replica, 'second');
  const proved = await replica.ask('GET', `${noteAt('second')}?proof=true`);
  assert.equal(proved.status, 200, JSON.stringify(proved.body));
  assert.ok(verifyRead(proved.body['proof'] as StateRootProof).ok);
  const query = (consistency: string, more = {}) => {
    return replica.ask('POST', '/v1/query', {
      domain: MARKET,
      projection: 'objects',
      consistency,
      ...more,
    });
  };
  const levels = [
    ['cached_projection', 200],
    ['snapshot_consistent', 200],
    ['state_root_consistent', 200],
    ['linearized_domain', 422],
    ['serializable_domain', 422],
  ] as const;
  for (const [level, status] of levels) {
    const read = await query(level);
    assert.equal(read.status, status, `${level}: ${JSON.stringify(read.body)}`);
    if (status !== 200) assert.equal(read.body['code'], 'consistency.not_here');
    else assert.match(String(read.body['watermark']), /^domain_seq:\d+$/);
  }
});

test('a replica that is behind a time says so, and goes on where it was', { skip }, async () => {
  await begin();
  await kit.seal('first');
  const replica = await kit.replica('reader', { staleAfterMs: 2_000 });
  await has(replica, 'first');
  const bounded = await replica.ask('GET', NAME, undefined, { 'ioi-max-stale-ms': '0' });
  assert.equal(bounded.body['code'], 'replica.stale');
  assert.match(String(bounded.body['title']), /may be \d+ ms old, more than 0/);
  kit.stand();
  await until('it is stale', async () => (await replica.ask('GET', NAME)).status === 503);
  const stale = await replica.ask('POST', '/v1/query', {});
  assert.equal(stale.body['code'], 'replica.stale');
  assert.equal(stale.headers.get('retry-after'), '1');
  assert.ok(Number(stale.headers.get('ioi-stale-ms')) > 2_000);
  await kit.seal('second');
  await kit.beat();
  await replica.close();
  const again = await kit.replica('reader');
  await has(again, 'second');
});

test('over a standby what is served is as old as what it has replayed', { skip }, async () => {
  await begin();
  await kit.seal('first');
  const standby = await server.standby();
  try {
    await until('it replays', async () => {
      const [row] = await standby.query('SELECT pg_last_xact_replay_timestamp() AS at');
      return row?.['at'] !== null;
    });
    await standby.query('SELECT pg_wal_replay_pause()');
    await kit.seal('second');
    await sleep(2_500);
    const { schema } = kit;
    const store = { url: standby.url('postgres', 'reader'), schema };
    const replica = await kit.replica('reader', { store });
    await has(replica, 'first');
    const bounded = await replica.ask('GET', NAME, undefined, { 'ioi-max-stale-ms': '2000' });
    assert.equal(bounded.body['code'], 'replica.stale', 'though it is its first look');
    await standby.query('SELECT pg_wal_replay_resume()');
    await has(replica, 'second');
    await until('it is fresh again', async () => {
      const headers = { 'ioi-max-stale-ms': '2000' };
      return (await replica.ask('GET', NAME, undefined, headers)).status === 200;
    });
    await replica.close();
  } finally {
    await standby.remove();
  }
});

test('a domain is read as it is told from the first ask on, never as it was left', {
  skip,
}, async () => {
  await begin();
  await kit.seal('first');
  const before = await kit.replica('reader');
  const asked = await Promise.all(['first', 'first'].map((id) => firstRead(before, id)));
  assert.deepEqual(asked, [200, 200], 'two at once, of a domain that nobody asked for before');
  await before.close();
  await kit.seal('second');
  const again = await kit.replica('reader');
  assert.equal(await firstRead(again, 'second'), 200, 'its copy is of before that');
});

test('a store that was changed, cut short or put back is refused by name', { skip }, async () => {
  const last = 'SELECT max(seq) FROM entries';
  const cases = [
    ['log.damaged', `UPDATE entries SET text = set_byte(text, 40, 1) WHERE seq = (${last}) - 1`],
    [
      'log.differs_from_seal',
      `UPDATE entries SET text = replace(encode(text, 'escape'), 'first', 'other')::bytea
       WHERE seq = (${last}) - 1`,
    ],
    ['log.behind_seal', `DELETE FROM entries WHERE seq = (${last})`],
    ['seal.bad_note', 'UPDATE domains SET note = set_byte(note, length(note) - 20, 65)'],
  ] as const;
  for (const [code, sql] of cases) {
    await begin();
    await kit.seal('first');
    await kit.tamper(sql);
    const replica = await kit.replica('reader');
    assert.equal(await refusing(replica), code);
    await kit.close();
  }
});

test('another log than the one that was verified is a fork, and stays one', { skip }, async () => {
  await begin();
  await kit.seal('first');
  const replica = await kit.replica('reader', { staleAfterMs: 3_000 });
  await has(replica, 'first');
  await kit.seal('second');
  await has(replica, 'second');
  await kit.tamper(`
    UPDATE entries SET text = (SELECT text FROM entries AS other WHERE other.domain = entries.domain
      AND other.seq = entries.seq - 1)
    WHERE domain = 2 AND seq = (SELECT max(seq) FROM entries WHERE domain = 2)`);
  await kit.seal('third');
  assert.equal(await refusing(replica), 'log.forked');
  const about = { domain: MARKET, projection: 'objects', consistency: 'cached_projection' };
  const query = await replica.ask('POST', '/v1/query', about);
  assert.equal(query.body['code'], 'log.forked', 'whichever way it is asked for');
  await sleep(3_500);
  assert.equal((await replica.ask('GET', '/v1/domains')).status, 200, 'others are served on');
  await replica.close();
  const again = await kit.replica('reader');
  assert.equal(await refusing(again), 'log.forked', 'after a restart, too');
});
