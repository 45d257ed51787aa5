import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ServiceText, serviceText } from './unit-text.ts';

const plain: ServiceText = {
  kind: { by: 'systemd', scope: 'user' },
  name: 'ioi',
  command: ['/opt/node', '/opt/main.js', 'up'],
  environment: { IOI_HOME: '/home/ana/ioi', PATH: '/usr/bin' },
  log: '/home/ana/ioi/logs/up.log',
};

function textOf(change: Partial<ServiceText>): string {
  const said = serviceText({ ...plain, ...change });
  assert.ok(said.ok);
  return said.value;
}

test('a unit starts the node, again after a kill, and carries only what was named', () => {
  const lines = textOf({}).split('\n');
  assert.ok(lines.includes('ExecStart="/opt/node" "/opt/main.js" "up"'));
  const environment = lines.filter((line) => line.startsWith('Environment='));
  assert.deepEqual(environment, [
    'Environment="IOI_HOME=/home/ana/ioi"',
    'Environment="PATH=/usr/bin"',
  ]);
  assert.ok(lines.includes('Restart=on-failure'));
  assert.ok(lines.includes('RestartPreventExitStatus=1 2 3 4 12'));
  assert.ok(lines.includes('WantedBy=default.target'));
});

test('what sandboxes and the compiler of Node need is not taken away', () => {
  const both = textOf({}) + textOf({ kind: { by: 'systemd', scope: 'system' }, account: '1000' });
  const taken = /MemoryDenyWriteExecute|RestrictNamespaces|PrivateUsers|ProtectProc|ProtectKernel/;
  assert.doesNotMatch(both, taken);
  assert.doesNotMatch(both, /SystemCallFilter|PrivateTmp|PrivateNetwork/);
  assert.match(both, /^NoNewPrivileges=yes$/m);
  assert.match(both, /^User=1000$/m);
});

test('paths are words whatever is in them, and mean nothing to systemd', () => {
  const home = '/a b/%h/$HOME/"q"/\\x/\n[Service]\nExecStart=evil/é';
  const text = textOf({ command: ['/n$x%i', home, 'up'], environment: { IOI_HOME: home } });
  const value = (dollar: string): string =>
    `/a b/%%h/${dollar}HOME/\\"q\\"/\\\\x/\\x0a[Service]\\x0aExecStart=evil/é`;
  assert.ok(text.includes(`ExecStart="/n$x%%i" "${value('$$')}" "up"\n`));
  assert.ok(text.includes(`Environment="IOI_HOME=${value('$')}"\n`));
  assert.equal(text.match(/^ExecStart=/gm)?.length, 1);
});

test('a program whose path systemd cannot take is refused by name', () => {
  for (const program of ['/a"b/node', "/a'b/node", '/a\\b', '/a\nb', 'node']) {
    const said = serviceText({ ...plain, command: [program, 'up'] });
    assert.ok(!said.ok && said.error.code === 'service.path_impossible', program);
  }
});

test('a property list is XML whatever is in a path, or is refused', () => {
  const kind = { by: 'launchd', scope: 'user' } as const;
  const text = textOf({ kind, environment: { IOI_HOME: '/a&b<c>\n]]>' } });
  assert.ok(text.includes('<string>/a&amp;b&lt;c&gt;\n]]&gt;</string>'));
  const said = serviceText({ ...plain, kind, command: ['/a\u0001b', 'up'] });
  assert.ok(!said.ok && said.error.code === 'service.path_impossible');
});
