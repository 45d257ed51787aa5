import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { listeningPorts } from './listening-ports.ts';

const line = (address: string, port: number, state = '0A'): string => {
  const at = `${address}:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return `   0: ${at} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000 0 0 1`;
};

test('what listens where the loopback leads is told, and nothing else', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'ioi-listening-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const [four, six] = [join(folder, 'tcp'), join(folder, 'tcp6')];
  const lines = [
    'sl local_address rem_address st',
    line('0100007F', 3000),
    line('00000000', 3001),
    line('0A00A8C0', 3002),
    line('0100007F', 3003, '01'),
    line('0200007F', 3004),
  ];
  writeFileSync(four, `${lines.join('\n')}\n`);
  const loopback = '00000000000000000000000001000000';
  writeFileSync(six, [line(loopback, 3005), line('0'.repeat(32), 3000)].join('\n'));
  assert.deepEqual(listeningPorts([four, six, join(folder, 'none')]), [3000, 3001, 3004, 3005]);
});
