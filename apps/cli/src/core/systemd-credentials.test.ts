import { equal } from 'node:assert/strict';
import { test } from 'node:test';
import { brokenCredentials } from './systemd-credentials.ts';

const facts = {
  folder: '/run/credentials/ioi.service',
  owner: 0,
  mode: 0o500,
  filesystem: 0x858458f6,
  account: 1000,
  cgroup: '0::/system.slice/ioi.service\n',
};

test('a folder is of systemd where all of it is as systemd makes it, and not else', () => {
  equal(brokenCredentials(facts), undefined);
  // With an access list the bits of the group are its mask.
  equal(brokenCredentials({ ...facts, mode: 0o550, filesystem: 0x01021994 }), undefined);
  const user = '/run/user/1000/credentials/ioi.service';
  equal(brokenCredentials({ ...facts, folder: user, owner: 1000 }), undefined);
  const broken = [
    { folder: '/tmp/credentials/ioi.service' },
    { folder: '/run/credentials/../../tmp/x' },
    { folder: '/run/user/1001/credentials/ioi.service' },
    { owner: 1001 },
    { mode: 0o755 },
    { mode: 0o570 },
    { filesystem: 0xef53 },
    { cgroup: '0::/user.slice/session-1.scope\n' },
    { cgroup: '0::/system.slice/ioi.service.d\n' },
  ];
  for (const each of broken) {
    equal(typeof brokenCredentials({ ...facts, ...each }), 'string', JSON.stringify(each));
  }
});
