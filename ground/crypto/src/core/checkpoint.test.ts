import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { formatCheckpoint, parseCheckpoint } from './checkpoint.ts';

const checkpoint = {
  origin: 'example.com/behind-the-sofa',
  size: 20852163,
  root: 'CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=',
};
const text =
  'example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n';

test('a checkpoint is written and read as C2SP has it', () => {
  equal(formatCheckpoint(checkpoint), text);
  deepEqual(parseCheckpoint(text), { ok: true, value: checkpoint });
  const empty = { ...checkpoint, size: 0 };
  deepEqual(parseCheckpoint(formatCheckpoint(empty)), { ok: true, value: empty });
});

test('a checkpoint has one spelling', () => {
  const [origin, size, root] = text.split('\n') as [string, string, string];
  const hostile = [
    '',
    text.slice(0, -1),
    `${text}\n`,
    `${text}extension line\n`,
    `\n${size}\n${root}\n`,
    `${origin}\n0${size}\n${root}\n`,
    `${origin}\n+1\n${root}\n`,
    `${origin}\n1e3\n${root}\n`,
    `${origin}\n9007199254740992\n${root}\n`,
    `${origin}\n-1\n${root}\n`,
    `${origin}\n${size}\n${root.slice(0, -1)}\n`,
    `${origin}\n${size}\nAAAA\n`,
    `${origin}\n${size}\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2J=\n`,
    `${origin}\r\n${size}\n${root}\n`,
    `a\tb\n${size}\n${root}\n`,
    `\ud800\n${size}\n${root}\n`,
    `${'a'.repeat(256)}\n${size}\n${root}\n`,
  ];
  for (const broken of hostile) {
    const parsed = parseCheckpoint(broken);
    equal(parsed.ok ? 'accepted' : parsed.error.code, 'note.malformed', JSON.stringify(broken));
  }
});
