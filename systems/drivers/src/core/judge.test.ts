import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digestBytes, digestOf } from '@ioi/canon';
import type { Outcome } from '@ioi/protocol';
import fc from 'fast-check';
import { contractOf, requestFor } from '../testing/actions.ts';
import type { Silence, ToolAnswer } from './answer.ts';
import { judge } from './judge.ts';
import type { Observation, PathState } from './observation.ts';

const PARAMS: Record<string, Record<string, string>> = {
  write_file: { path: '/w/a', content: 'new' },
  edit_file: { path: '/w/a' },
  create_directory: { path: '/w/a' },
  move_file: { source: '/w/s', destination: '/w/a' },
  read_file: { path: '/w/a' },
};
const absent: PathState = { kind: 'absent', ancestor: '/w' };
const directory: PathState = { kind: 'directory' };
const file = (text: string): PathState => ({
  kind: 'file',
  bytes: text.length,
  digest: digestBytes(text),
});
const fine: ToolAnswer = { kind: 'result', result: { content: [] } };
const failed: ToolAnswer = { kind: 'result', result: { content: [], isError: true } };
const refused: ToolAnswer = { kind: 'error', error: { code: -32603, message: 'm' } };

type Seen = { tool: string; answer: ToolAnswer; before: Observation; after: Observation };

function verdict({ tool, answer, before, after }: Seen): Outcome {
  const contract = contractOf(tool);
  return judge({
    contract,
    request: requestFor(contract, PARAMS[tool] ?? {}),
    given: PARAMS[tool] ?? {},
    answer,
    before,
    after,
  });
}

const wrote = (answer: ToolAnswer, before: PathState, after: PathState): Outcome =>
  verdict({ tool: 'write_file', answer, before: { target: before }, after: { target: after } });

const satisfied = (outcome: Outcome): boolean =>
  outcome.kind === 'completed' && outcome.postconditions.every((each) => each.satisfied);

test('a write is completed when the file holds what was intended', () => {
  const outcome = wrote(fine, absent, file('new'));
  assert.ok(outcome.kind === 'completed' && !outcome.reportedError && satisfied(outcome));
  assert.match(String(outcome.postconditions[0]?.evidenceHash), /^sha256:/);
});

test('a tool that claims success without the effect satisfies nothing', () => {
  for (const after of [absent, file('old'), directory]) {
    const outcome = wrote(fine, absent, after);
    assert.deepEqual([outcome.kind, satisfied(outcome)], ['completed', false]);
  }
});

test('an error with nothing changed is a failure before the effect', () => {
  for (const answer of [failed, refused]) {
    for (const before of [absent, file('old'), file('new')]) {
      const outcome = wrote(answer, before, before);
      assert.equal(outcome.kind, 'failed_before_effect');
      assert.ok(outcome.output !== undefined);
    }
  }
});

test('an error although the intent is there is completed with the error reported', () => {
  const outcome = wrote(failed, file('old'), file('new'));
  assert.ok(outcome.kind === 'completed' && outcome.reportedError && satisfied(outcome));
  const moved = verdict({
    tool: 'move_file',
    answer: failed,
    before: { target: absent, source: file('x') },
    after: { target: file('x'), source: absent },
  });
  assert.ok(moved.kind === 'completed' && moved.reportedError);
});

test('an error and a third state is an unknown effect', () => {
  assert.equal(wrote(failed, file('old'), file('half')).kind, 'effect_unknown');
  assert.equal(wrote(failed, absent, { kind: 'absent', ancestor: '/' }).kind, 'effect_unknown');
  const unseen: PathState = { kind: 'unobservable', reason: 'EACCES' };
  assert.equal(wrote(failed, unseen, unseen).kind, 'effect_unknown');
  const large: PathState = { kind: 'file', bytes: 1e9 };
  assert.equal(wrote(failed, large, large).kind, 'effect_unknown');
  const edited = { before: { target: file('old') }, after: { target: file('odd') } };
  assert.equal(verdict({ tool: 'edit_file', answer: failed, ...edited }).kind, 'effect_unknown');
  const half = {
    before: { target: absent, source: file('x') },
    after: { target: file('x'), source: file('x') },
  };
  assert.equal(verdict({ tool: 'move_file', answer: failed, ...half }).kind, 'effect_unknown');
});

test('that a directory is still there clears no tool of an error', () => {
  for (const answer of [failed, refused]) {
    assert.equal(wrote(answer, directory, directory).kind, 'effect_unknown');
    const there = { target: directory };
    const made = verdict({ tool: 'create_directory', answer, before: there, after: there });
    assert.equal(made.kind, 'effect_unknown');
    const moved = { target: absent, source: directory };
    const kept = verdict({ tool: 'move_file', answer, before: moved, after: moved });
    assert.equal(kept.kind, 'effect_unknown');
  }
});

test('whatever an upstream said, the reason has a canonical form', () => {
  const text = fc.string({ unit: fc.constantFrom('a', '\ud83d', '\ude00', '😀') });
  fc.assert(
    fc.property(text, (said) => {
      const answers: ToolAnswer[] = [
        { kind: 'not_sent', reason: said },
        { kind: 'silent', silence: 'died', detail: said },
      ];
      for (const answer of answers) {
        const outcome = wrote(answer, absent, absent);
        assert.ok(outcome.kind !== 'completed' && digestOf(outcome).ok);
      }
    }),
  );
});

test('an edit is completed by its answer and shows the file it left', () => {
  const seen = { before: { target: file('a') }, after: { target: file('b') } };
  assert.ok(satisfied(verdict({ tool: 'edit_file', answer: fine, ...seen })));
});

test('an error of a read is its whole story', () => {
  for (const answer of [failed, refused]) {
    const outcome = verdict({ tool: 'read_file', answer, before: {}, after: {} });
    assert.ok(outcome.kind === 'completed' && outcome.reportedError && satisfied(outcome));
  }
});

test('no answer is an unknown effect, but never for a read', () => {
  const silences: Silence[] = [
    'died',
    'timeout',
    'cancelled',
    'output_too_large',
    'answer_refused',
    'closed',
  ];
  for (const silence of silences) {
    const answer: ToolAnswer = { kind: 'silent', silence };
    assert.equal(wrote(answer, absent, file('new')).kind, 'effect_unknown');
    assert.equal(wrote(answer, absent, absent).kind, 'effect_unknown');
    const read = verdict({ tool: 'read_file', answer, before: {}, after: {} });
    assert.equal(read.kind, 'failed_before_effect');
  }
});

test('what was never sent had no effect', () => {
  const outcome = wrote({ kind: 'not_sent', reason: 'x' }, absent, file('new'));
  assert.equal(outcome.kind, 'failed_before_effect');
});

test('a tool nobody can watch is never cleared of an error', () => {
  const contract = { ...contractOf('write_file'), parameters: [], postconditions: [] };
  const request = requestFor(contract, {});
  const outcome = judge({ contract, request, given: {}, answer: failed, before: {}, after: {} });
  assert.equal(outcome.kind, 'effect_unknown');
});

test('what was intended is what the tool was given; the evidence of it tells no content', () => {
  const contract = contractOf('write_file');
  const content = { $payload: digestBytes('salted new'), bytes: 3 };
  const request = requestFor(contract, { path: '/w/a', content });
  const seen = { answer: fine, before: { target: absent }, after: { target: file('new') } };
  const judged = judge({ contract, request, given: { path: '/w/a', content: 'new' }, ...seen });
  assert.ok(judged.kind === 'completed' && satisfied(judged));
  const evidence = digestOf({ kind: 'file', bytes: 3, content });
  assert.equal(judged.postconditions[0]?.evidenceHash, evidence.ok && evidence.value);
  for (const odd of [7, null, ['new'], 'old']) {
    assert.ok(!satisfied(judge({ contract, request, given: { content: odd }, ...seen })));
  }
  assert.ok(!satisfied(judge({ contract, request, given: {}, ...seen })));
});

test('nothing that changed is ever called a failure before the effect', () => {
  const state = fc.oneof(
    fc.constantFrom(absent, directory, { kind: 'other' } as const),
    fc.constantFrom('old', 'new', 'half').map(file),
  );
  const seen = fc.record({ target: state, source: state }, { noNullPrototype: true });
  const answer = fc.constantFrom(fine, failed, refused);
  const tool = fc.constantFrom('write_file', 'edit_file', 'create_directory', 'move_file');
  fc.assert(
    fc.property(tool, answer, seen, seen, (name, given, before, after) => {
      const outcome = verdict({ tool: name, answer: given, before, after });
      if (outcome.kind === 'failed_before_effect') {
        assert.deepEqual(before, after);
        assert.ok(![before.target, before.source].includes(directory), 'its content is not seen');
      }
      if (given === fine) assert.equal(outcome.kind, 'completed');
    }),
    { numRuns: 2000 },
  );
});
