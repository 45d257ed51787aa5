import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { sshOrigin } from './ssh-origin.ts';

test('an origin of SSH has one spelling, and names a host and a port alone', () => {
  deepEqual(sshOrigin('ssh://[::1]:22'), { origin: 'ssh://[::1]:22', host: '::1', port: 22 });
  equal(sshOrigin('ssh://git.example:2222')?.port, 2222);
  const refused = [
    ...['ssh://git.example', 'ssh://Git.example:22', 'ssh://git@git.example:22'],
    ...['ssh://git.example:22/', 'ssh://git.example:022', 'ssh://git.example:65536'],
    ...['https://git.example:22', 'ssh://:22', 'ssh://git.example:22\n', ''],
  ];
  for (const text of refused) equal(sshOrigin(text), undefined, text);
});
