import assert from 'node:assert/strict';
import { duplexPair } from 'node:stream';
import { test } from 'node:test';
import { encodeFrame } from '../core/index.ts';
import { AskPipe, PipeClosed } from './ask-pipe.ts';

test('both sides ask, and each question has its own answer', async () => {
  const [left, right] = duplexPair();
  const echo = async (body: unknown) => ({ echoed: body });
  const near = new AskPipe(left, echo);
  const far = new AskPipe(right, echo);
  const answers = await Promise.all([near.ask({ a: 1 }), far.ask({ b: 2 }), near.ask({ c: 3 })]);
  assert.deepEqual(answers, [{ echoed: { a: 1 } }, { echoed: { b: 2 } }, { echoed: { c: 3 } }]);
});

test('a pipe that closes, or says what is no message, ends every question', async () => {
  for (const garbage of ['', 'no json', '7', 'null', '{}']) {
    const [left, right] = duplexPair();
    const near = new AskPipe(left, async () => ({}));
    const asked = near.ask({});
    if (garbage === '') right.destroy();
    else right.write(encodeFrame(Buffer.from(garbage)));
    if (garbage === '') left.destroy();
    await assert.rejects(asked, PipeClosed);
    await assert.rejects(near.ask({}), PipeClosed);
  }
});
