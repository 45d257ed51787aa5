import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digestBytes, digestOf } from '@ioi/canon';
import { signHybrid } from '@ioi/crypto/shell';
import { PROPOSE_STEP, RENEW_LEASE, RETURN_LEASE, signableBytes } from '@ioi/law';
import { TestAgent, TestNode, typingPolicy, workerOpening } from '@ioi/law/testing';
import type { Executed, StepAnswer, WorkerEnd, WorkerStep } from '@ioi/protocol';
import type { SubmitResult } from '../writer.ts';
import { type Hand, LEASE_LOST, LeaseBoard } from './lease-board.ts';

const RUN = `run_${'7a'.repeat(16)}`;
const LEASE_MS = 1000;
const WORK = { run_id: RUN, file: 'a.guest.js', bytes: '' };

/** A log as a guardian admits it, in real time, and a run that executors carry out. */
class Bed {
  readonly node = new TestNode({ chainTime: BigInt(Date.now()) });
  readonly refused: string[] = [];
  readonly taken: number[] = [];
  readonly #cut = new AbortController();

  constructor() {
    new TestAgent(this.node).begin(typingPolicy);
    const opened = workerOpening('agent://local/worker/count', digestBytes('session'));
    this.submit('workers/open', { ...opened, execution: 'leased' });
    for (const name of ['one', 'two']) {
      const admission = { name, key_hash: digestBytes(name), sequence: '1' };
      const said = { operation: 'executor.admit', statement: admission } as const;
      const message = signableBytes(said, this.node.genesis);
      const signature = signHybrid(this.node.owner, 'SIG_DOMAIN_MANIFEST', message);
      this.submit('execution/executor.admit', { admission, signature });
    }
  }

  submit(operation: string, payload: object): SubmitResult {
    this.node.chainTime = BigInt(Date.now());
    const proposed = this.node.propose(operation, payload);
    const admitted = this.node.tryAdmit(proposed);
    if (admitted.ok) this.node.seal(proposed);
    else this.refused.push(admitted.error.code);
    return admitted as unknown as SubmitResult;
  }

  /** As it is after a start: what it knows of leases is in the log alone. */
  board(whenSealed: (operation: string, payload: object) => void = () => {}): LeaseBoard {
    const submit = async (name: string, payload: object) => {
      const sealed = this.submit(name, payload);
      whenSealed(name, payload);
      return sealed;
    };
    const writer = { submit };
    const { view } = this.node;
    const saltOf = (runId: string) => `salt of ${runId}`;
    const kept = { leaseMs: LEASE_MS, saltOf, log: () => {} };
    return new LeaseBoard({ writer, reader: view as never, ...kept });
  }

  carryOut(board: LeaseBoard): Promise<WorkerEnd> {
    const takeStep = async ({ index }: WorkerStep): Promise<StepAnswer> => {
      this.taken.push(index);
      return { kind: 'done', output: index };
    };
    return board.carryOut(WORK, { task: 'go', input: {}, takeStep, signal: this.#cut.signal });
  }

  cancel(): void {
    this.#cut.abort();
  }
}

function hand(name: string, stopped: string[] = []): Hand {
  return { name, isHere: () => true, stop: ({ fence }) => stopped.push(fence) };
}

const step = (fence: string, index = 0) => {
  const asked = { index, target: 'fs::read', params: {} };
  return { kind: 'step', run_id: RUN, fence, step: asked } as const;
};
const END = { kind: 'returned', output: 7 } as const;
const end = (fence: string) => ({ kind: 'end', run_id: RUN, fence, end: END }) as const;
const codeOf = (said: Executed): string => {
  return said.kind === 'refused' ? said.refusal.code : said.kind;
};

test('work is leased, its steps are proposed in the log, and its end is the end', async () => {
  const bed = new Bed();
  const board = bed.board();
  const one = hand('one');
  const waiting = board.answer(one, { kind: 'ready' });
  const over = bed.carryOut(board);
  const given = await waiting;
  assert.ok(given.kind === 'work');
  assert.deepEqual([given.work.fence, given.work.task], ['1', 'go']);
  assert.deepEqual(await board.answer(one, step('1')), {
    kind: 'answer',
    answer: { kind: 'done', output: 0 },
  });
  assert.equal(codeOf(await board.answer(one, step('1'))), 'lease.step_repeated');
  assert.equal(codeOf(await board.answer(one, step('1', 2))), 'lease.step_out_of_order');
  assert.equal(codeOf(await board.answer(one, end('1'))), 'done');
  assert.deepEqual(await over, END);
  assert.equal(codeOf(await board.answer(one, step('1', 1))), 'lease.not_held');
  assert.deepEqual(bed.taken, [0], 'nothing was done for what was refused');
});

test('two never hold one run: what the first does after its lease ran out is refused', async () => {
  const bed = new Bed();
  const board = bed.board();
  const [one, two] = [hand('one'), hand('two')];
  const first = board.answer(one, { kind: 'ready' });
  const lost = bed.carryOut(board);
  assert.equal(codeOf(await first), 'work');
  const second = board.answer(two, { kind: 'ready' });
  assert.equal(codeOf(await board.answer(two, step('1'))), 'lease.not_held', 'a foreign fence');
  const why = await lost;
  assert.ok(why.kind === 'died' && why.code === LEASE_LOST);
  const over = bed.carryOut(board);
  const given = await second;
  assert.ok(given.kind === 'work');
  assert.equal(given.work.fence, '2');
  for (const late of [step('1'), end('1'), { kind: 'renew', run_id: RUN, fence: '1' } as const]) {
    assert.equal(codeOf(await board.answer(one, late)), 'lease.fenced');
  }
  assert.equal(codeOf(await board.answer(two, step('2'))), 'answer');
  assert.equal(codeOf(await board.answer(two, end('2'))), 'done');
  assert.deepEqual([await over, bed.taken], [END, [0]]);
});

test('after a start a lease holds on: its holder begins anew at once, another waits', async () => {
  const bed = new Bed();
  const before = bed.board();
  const first = before.answer(hand('one'), { kind: 'ready' });
  void bed.carryOut(before);
  await first;
  const after = bed.board();
  const began = Date.now();
  const other = after.answer(hand('two'), { kind: 'ready' });
  const lost = bed.carryOut(after);
  const own = hand('one');
  const again = await after.answer(own, { kind: 'ready' });
  assert.ok(again.kind === 'work' && again.work.fence === '2');
  after.left(own);
  assert.equal((await lost).kind, 'died');
  void bed.carryOut(after);
  const given = await other;
  assert.ok(given.kind === 'work' && given.work.fence === '3');
  assert.ok(Date.now() - began >= LEASE_MS, 'it waited for the lease to run out');
});

test('a run that is cancelled is nobody’s, and its executor is told', async () => {
  const bed = new Bed();
  const board = bed.board();
  const stopped: string[] = [];
  const one = hand('one', stopped);
  const first = board.answer(one, { kind: 'ready' });
  const over = bed.carryOut(board);
  await first;
  bed.cancel();
  const ended = await over;
  assert.ok(ended.kind === 'died' && ended.code === 'worker.cancelled');
  assert.deepEqual(stopped, ['1']);
  assert.equal(codeOf(await board.answer(one, step('1'))), 'lease.not_held');
  assert.deepEqual(bed.taken, []);
});

test('a key admitted no more has nothing, also where its name is admitted anew', async () => {
  const bed = new Bed();
  const board = bed.board();
  let isHere = true;
  const old = { ...hand('one'), isHere: () => isHere };
  const given = board.answer(old, { kind: 'ready' });
  const lost = bed.carryOut(board);
  assert.equal(codeOf(await given), 'work');
  const more = board.answer(old, { kind: 'ready' });
  isHere = false;
  for (const said of [step('1'), end('1'), { kind: 'ready' } as const]) {
    assert.equal(codeOf(await board.answer(old, said)), 'executor.not_admitted');
  }
  assert.equal(codeOf(await more), 'executor.not_admitted', 'nor what it waited for before');
  const why = await lost;
  assert.ok(why.kind === 'died' && why.code === LEASE_LOST);
  assert.deepEqual(bed.taken, []);
});

test('one that goes while it waits for work is given none', async () => {
  const bed = new Bed();
  const board = bed.board();
  let isHere = true;
  const waiting = board.answer({ ...hand('one'), isHere: () => isHere }, { kind: 'ready' });
  isHere = false;
  void bed.carryOut(board);
  assert.equal(codeOf(await waiting), 'executor.not_admitted');
  assert.equal(board.leaseOf(RUN), undefined);
});

test('a step that is sealed just as its lease is lost is not taken', async () => {
  const bed = new Bed();
  const one = hand('one');
  const board: LeaseBoard = bed.board((name) => {
    if (name === PROPOSE_STEP) board.left(one);
  });
  const given = board.answer(one, { kind: 'ready' });
  const lost = bed.carryOut(board);
  await given;
  assert.equal(codeOf(await board.answer(one, step('1'))), LEASE_LOST);
  assert.equal((await lost).kind, 'died');
  assert.deepEqual(bed.taken, []);
});

test('whoever renews without end fills no log', async () => {
  const bed = new Bed();
  let sealed = 0;
  const board = bed.board((name) => {
    if (name === RENEW_LEASE) sealed += 1;
  });
  const one = hand('one');
  const given = board.answer(one, { kind: 'ready' });
  void bed.carryOut(board);
  await given;
  const renew = { kind: 'renew', run_id: RUN, fence: '1' } as const;
  for (let asked = 0; asked < 100; asked += 1) {
    assert.equal(codeOf(await board.answer(one, renew)), 'done');
  }
  assert.ok(sealed < 10, `${sealed} were sealed`);
});

test('whoever has the log alone cannot guess what was asked and said', async () => {
  const bed = new Bed();
  const hashes: unknown[] = [];
  const board = bed.board((name, payload) => {
    const { step_hash, end_hash } = { ...payload } as Record<string, unknown>;
    if (name === PROPOSE_STEP) hashes.push(step_hash);
    if (name === RETURN_LEASE) hashes.push(end_hash);
  });
  const one = hand('one');
  const given = board.answer(one, { kind: 'ready' });
  const over = bed.carryOut(board);
  await given;
  await board.answer(one, step('1'));
  await board.answer(one, end('1'));
  await over;
  const guesses = [{ target: 'fs::read', params: {} }, END].map((guess) => digestOf(guess));
  for (const guess of guesses) assert.ok(guess.ok && !hashes.includes(guess.value));
  assert.equal(new Set(hashes).size, 2);
});
