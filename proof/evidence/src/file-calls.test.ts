import { deepEqual } from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { callsIn } from './file-calls.ts';

const HOME = '/home/node';
const LOG = `${HOME}/data/log.db`;

const RECORDING = `
11 openat(AT_FDCWD<${HOME}>, "${LOG}", O_RDONLY|O_CLOEXEC) = 20<${LOG}>
11 openat(AT_FDCWD<${HOME}>, "${LOG}", O_RDWR|O_CREAT|O_CLOEXEC, 0644) = 21<${LOG}>
11 pwrite64(21<${LOG}>, "SQLite format 3\\0"..., 4096, 0) = 4096
12 pwrite64(22<${LOG}>, "SQLite format 3\\0"..., 4096, 0 <unfinished ...>
11 pwrite64(21<${LOG}>, ""..., 4096, 4096 <unfinished ...>
12 <... pwrite64 resumed>) = 4096
11 rename("${HOME}/data/tree.bin.new", "${HOME}/data/tree.bin") = 0
11 write(2<${HOME}/logs/node.log>, "ready"..., 5) = 5
11 write(17<UNIX-STREAM:[1->2]>, "x", 1) = 1
11 mkdir("${HOME}/guardian/cache", 0777) = 0
11 unlink("/tmp/elsewhere") = 0
11 +++ exited with 0 +++
`;

test('calls on the files of a home are told apart by kind, file and place in their thread', () => {
  const scratch = mkdtempSync(join(tmpdir(), 'ioi-calls-'));
  const output = join(scratch, 'calls');
  writeFileSync(output, RECORDING);
  const calls = callsIn(output, 'daemon', HOME);
  rmSync(scratch, { recursive: true });
  deepEqual(
    calls.map(({ call, path, nth }) => `${call} ${path} ${nth}`),
    [
      // The first of its kind reads only.
      'openat data/log.db 2',
      'pwrite64 data/log.db 1',
      'pwrite64 data/log.db 2',
      'rename data/tree.bin.new 1',
    ],
  );
});
