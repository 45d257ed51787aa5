import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { newFolder, removeFolder, runIoi } from '../testing/run-ioi.ts';

const folder = newFolder();
const file = join(folder, 'notes.txt');
writeFileSync(file, 'write to anna@example.com\ncard 4111 1111 1111 1111\n');

after(() => removeFolder(folder));

test('a scan says where what was found, and the values only when asked for', async () => {
  const scanned = await runIoi(['cim', 'scan', file]);
  assert.equal(scanned.code, 0, scanned.stderr);
  assert.match(scanned.stdout, /^1:10\temail\tmoderate/);
  assert.match(scanned.stdout, /\n2:6\tcard_pan\tsevere/);
  assert.ok(!scanned.stdout.includes('anna') && !scanned.stdout.includes('4111'));
  const shown = await runIoi(['cim', 'scan', file, '--show']);
  assert.match(shown.stdout, /anna@example\.com/);
  const listed = JSON.parse((await runIoi(['cim', 'scan', file, '--json'])).stdout);
  assert.deepEqual(
    listed.spans.map((span: { class: string }) => span.class),
    ['email', 'card_pan'],
  );
  assert.equal(JSON.stringify(listed).includes('anna'), false);
});

test('a text is redacted from a file or standard input', async () => {
  const wanted = 'write to [redacted:email:1]\ncard [redacted:card_pan:1]\n';
  assert.equal((await runIoi(['cim', 'redact', file])).stdout, wanted);
  const piped = await runIoi(['cim', 'redact'], { input: 'ask anna@example.com' });
  assert.equal(piped.stdout, 'ask [redacted:email:1]');
});

test('a file that is not there is named', async () => {
  const missing = await runIoi(['cim', 'scan', join(folder, 'none')]);
  assert.equal(missing.code, 2);
  assert.match(missing.stderr, /cannot be read/);
});
