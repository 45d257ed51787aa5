import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { builtInProjections, checkRead, type RecordedRead } from '@ioi/agentgres';
import { type SeededRandom, seededRandom } from '@ioi/basis';
import type { ConsistencyLevel, QueryAnswer, QueryRequest } from '@ioi/protocol';
import {
  activate,
  deciding,
  hashOf,
  NodeKit,
  proposed,
  sealIn,
  started,
} from '../../testing/node-kit.ts';
import { newestCommitProver, ReadsKit } from '../../testing/reads-kit.ts';
import { requestIn, runQuery } from './read-queries.ts';

let kit: NodeKit;
let reads: ReadsKit;
afterEach(async () => {
  await reads.close();
  kit.closeGuardian();
  kit.remove();
});

async function begin() {
  kit = new NodeKit();
  const node = await started(kit);
  reads = new ReadsKit(kit, node);
  await activate(kit, node);
  const seal = sealIn(node.guardian);
  reads.sealed(Number(seal?.size), seal?.note ?? '');
  const first = { projection: 'projection://*/actions', consistency: 'linearized_domain' } as const;
  assert.ok((await runQuery(first, options())).ok);
  return node;
}

const options = () => ({
  projections: reads.projections,
  committedSize: () => reads.size,
  prover: undefined,
});

const LEVELS: ConsistencyLevel[] = [
  'cached_projection',
  'projection_consistent',
  'snapshot_consistent',
  'state_root_consistent',
  'linearized_domain',
  'serializable_domain',
];

/** A decision on some write: allowed, blocked, or one that waits. */
function anyAct(random: SeededRandom) {
  const path = random.below(4) === 0 ? '/etc/passwd' : `/ws/${random.below(9)}`;
  const facts = { target_exists: random.below(3) === 0, workspace_root: '/ws' };
  const inside = facts.target_exists ? 'REQUIRE_APPROVAL' : 'ALLOW';
  const verdict = path.startsWith('/ws') ? inside : 'BLOCK';
  const request = kit.request('fs::write', { path });
  return proposed('action.decide', deciding(request, verdict, facts));
}

test('every read at every level, beside a busy writer, is what replay gives', async () => {
  const node = await begin();
  const random = seededRandom(7);
  const prover = newestCommitProver(node.store);
  const recorded: RecordedRead[] = [];
  let isWriting = true;
  const write = async (): Promise<void> => {
    for (let act = 0; act < 60; act += 1) {
      const done = await reads.submit(anyAct(random));
      assert.ok(done.ok, JSON.stringify(done));
      // Everything of the kit runs in this thread: readers get their turn.
      await nextTurn();
    }
    isWriting = false;
  };
  let first: QueryAnswer | undefined;
  const readOne = async (consistency: ConsistencyLevel, at: number): Promise<void> => {
    const definition = builtInProjections[at];
    assert.ok(definition);
    const isSnapshot = consistency === 'snapshot_consistent';
    const again = isSnapshot && first?.projection === definition.projection ? first : undefined;
    const request = requestIn({
      projection: definition.projection,
      consistency,
      limit: 1 + random.below(40),
      ...(consistency === 'projection_consistent'
        ? { watermark: `domain_seq:${random.below(reads.size)}` }
        : {}),
      ...(again?.snapshot ? { snapshot: again.snapshot.handle } : {}),
    });
    assert.ok(request.ok, JSON.stringify(request));
    const committedAtArrival = reads.size;
    const answer = await runQuery(request.value, { ...options(), prover });
    if (!answer.ok) {
      const refusals = ['consistency.no_heads', 'consistency.moving', 'snapshot.too_many'];
      assert.ok(refusals.includes(answer.error.code), JSON.stringify(answer));
      return;
    }
    if (isSnapshot) first = again ?? answer.value;
    recorded.push({
      definition,
      request: request.value,
      answer: answer.value,
      committedAtArrival,
      ...(again ? { firstOfSnapshot: again } : {}),
    });
  };
  const read = async (): Promise<void> => {
    while (isWriting) {
      const level = LEVELS[random.below(LEVELS.length)] ?? 'cached_projection';
      await readOne(level, random.below(builtInProjections.length));
    }
  };
  await Promise.all([write(), read(), read(), read()]);
  for (const level of LEVELS) await readOne(level, 0);
  const texts = reads.texts();
  for (const each of recorded)
    assert.deepEqual(checkRead(each, texts), { ok: true, value: undefined });
  const seen = new Set(recorded.map(({ request }) => request.consistency));
  assert.deepEqual([...seen].sort(), [...LEVELS].sort());
  assert.ok(new Set(recorded.map(({ answer }) => answer.watermark)).size > 10);
  assert.deepEqual(reads.said, []);
});

test('a level that cannot be had is refused by name, and waiting has an end', async () => {
  await begin();
  const ask = async (body: object) => {
    const request = requestIn({ projection: 'actions', ...body });
    const answer = request.ok ? await runQuery(request.value, options()) : request;
    return answer.ok ? answer.value : answer.error;
  };
  const late = await ask({
    consistency: 'projection_consistent',
    watermark: 'domain_seq:100000',
    await_ms: 50,
  });
  assert.ok('code' in late && late.code === 'consistency.timeout');
  assert.match(late.message, /reflects domain_seq:\d+, not domain_seq:100000/);
  const unproved = await ask({ consistency: 'state_root_consistent' });
  assert.ok('code' in unproved && unproved.code === 'consistency.no_prover');
  const none = await ask({ projection: 'objects', consistency: 'serializable_domain' });
  assert.ok('code' in none && none.code === 'consistency.no_heads');
  const wrong = [
    {},
    { consistency: 'eventual' },
    { consistency: 'constructor' },
    { consistency: 'projection_consistent' },
    { consistency: 'projection_consistent', watermark: '7' },
    { consistency: 'cached_projection', snapshot: 'snap_x' },
    { consistency: 'snapshot_consistent', snapshot: 'snap_x', watermark: 'domain_seq:1' },
    { consistency: 'cached_projection', await_ms: -1 },
    { consistency: 'cached_projection', wheer: {} },
  ];
  for (const body of wrong) {
    const refused = await ask(body);
    assert.ok('code' in refused && refused.code === 'query.invalid', JSON.stringify(body));
  }
  const unknown = await ask({ projection: 'nothing', consistency: 'cached_projection' });
  assert.ok('code' in unknown && unknown.code === 'projection.unknown');
});

test('what was read comes back as preconditions, one object where one is named', async () => {
  await begin();
  const request = kit.request('fs::write', { path: '/ws/a' });
  assert.ok((await reads.submit(proposed('action.decide', deciding(request, 'ALLOW')))).ok);
  const ask = async (where: object) => {
    const asked: QueryRequest = {
      projection: 'projection://*/actions',
      consistency: 'serializable_domain',
      where: { ...where },
    };
    const answer = await runQuery(asked, options());
    assert.ok(answer.ok, JSON.stringify(answer));
    return answer.value;
  };
  const since = String(reads.size - 1);
  const id = hashOf(request);
  const one = await ask({ request_hash: id });
  assert.equal(one.rows[0]?.['state'], 'committed');
  assert.deepEqual(one.preconditions, [{ head_class: 'action', id, since }]);
  const all = await ask({ state: 'committed' });
  assert.deepEqual(all.preconditions, [{ head_class: 'action', since }]);
});
