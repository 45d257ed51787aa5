import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AnswerEnd } from './answer-end.ts';
import { errorMessage, readyMessage } from './answers.ts';
import { joinBytes, messageOf, textPart } from './wire.ts';

const row = messageOf('D', new Uint8Array(300));
const done = messageOf('C', textPart('SELECT 1'));
const failed = errorMessage({ sqlstate: '42601', message: 'no' });

test('an answer to a Sync ends where the server is ready, however it is cut', () => {
  const answer = joinBytes([messageOf('1'), messageOf('2'), row, row, done, readyMessage()]);
  for (let size = 1; size <= answer.length; size += 7) {
    const end = new AnswerEnd();
    end.expect(undefined);
    for (let at = 0; at < answer.length; at += size) {
      assert.equal(end.isDone, false);
      end.take(answer.subarray(at, at + size));
    }
    assert.equal(end.isDone, true, `${size} bytes at once`);
  }
});

test('an answer to a Flush ends with the last of what was asked, or an error', () => {
  const end = new AnswerEnd();
  end.expect(3);
  end.take(joinBytes([messageOf('1'), messageOf('2'), row]));
  assert.equal(end.isDone, false);
  end.take(joinBytes([row, messageOf('s')]));
  assert.equal(end.isDone, true);
  end.expect(2);
  end.take(failed);
  assert.equal(end.isDone, true);
  // Until a Sync nothing is answered, so nothing is waited for.
  end.expect(2);
  assert.equal(end.isDone, true);
  end.expect(undefined);
  assert.equal(end.isDone, false);
  end.take(readyMessage());
  end.expect(1);
  assert.equal(end.isDone, false);
});
