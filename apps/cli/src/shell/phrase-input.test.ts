import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { tellWords } from './phrase-input.ts';

test('words that were shown are cleared from the screen, also where nobody goes on', async () => {
  const shown: string[] = [];
  const stderr = mock.method(process.stderr, 'write', (text: string) => shown.push(text) > 0);
  const leave = (): never => {
    throw new Error('cancelled');
  };
  const given = Object.getOwnPropertyDescriptor(process.stdin, 'setRawMode');
  Object.defineProperty(process.stdin, 'setRawMode', { value: leave, configurable: true });
  try {
    await assert.rejects(tellWords('one two', { kind: 'terminal' }, []), /cancelled/);
  } finally {
    stderr.mock.restore();
    if (given) Object.defineProperty(process.stdin, 'setRawMode', given);
    else Reflect.deleteProperty(process.stdin, 'setRawMode');
  }
  assert.match(shown[0] ?? '', /1 one/);
  assert.equal(shown.at(-1), '\u001b[2J\u001b[3J\u001b[H');
});
