import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  readLaunchdPrint,
  readSystemdShow,
  type ServiceFacts,
  serviceStanding,
} from './standing.ts';

const path = '/home/ana/.config/systemd/user/ioi.service';
const whole: ServiceFacts = {
  path,
  isRecorded: true,
  file: 'as_written',
  hasProgram: true,
  manager: { enabled: true, active: true, failed: false, pid: 7, file: path, additions: [] },
  nodePid: 7,
  answers: true,
};
const { manager } = whole;
assert.ok(manager);

test('a service that is whole, one that is down, and none', () => {
  assert.deepEqual(serviceStanding(whole), { state: 'whole', problems: [], runs_node: true });
  const stopped = { ...manager, active: false, pid: undefined };
  const down = { ...whole, manager: stopped, nodePid: undefined, answers: false };
  assert.equal(serviceStanding(down).state, 'down');
  const none = { ...down, isRecorded: false, file: 'missing', hasProgram: undefined } as const;
  assert.equal(serviceStanding(none).state, 'absent');
});

test('each half of a service is named, with a way back', () => {
  const halves: readonly [Partial<ServiceFacts>, RegExp][] = [
    [{ file: 'missing' }, /is missing/],
    [{ file: 'edited' }, /was edited/],
    [{ file: 'foreign', isRecorded: false }, /not written from here/],
    [{ file: 'no_file' }, /a link or a folder/],
    [{ hasProgram: false }, /program .* no more there/],
    [{ manager: { ...manager, enabled: false } }, /not enabled/],
    [{ manager: { ...manager, file: undefined } }, /has not read it/],
    [{ manager: { ...manager, file: '/etc/x.service' } }, /goes by \/etc\/x\.service/],
    [{ manager: { ...manager, failed: true, active: false } }, /it failed/],
    [{ nodePid: 8 }, /process 8 runs the node/],
  ];
  for (const [change, wanted] of halves) {
    const { state, problems } = serviceStanding({ ...whole, ...change });
    assert.equal(state, 'broken', String(wanted));
    const found = problems.find(({ what }) => wanted.test(what));
    assert.ok(found !== undefined && found.next !== '', String(wanted));
  }
});

test('what systemctl and launchctl print is read', () => {
  const shown = readSystemdShow(
    `MainPID=41\nActiveState=active\nFragmentPath=${path}\nUnitFileState=enabled\nDropInPaths=\n`,
  );
  assert.deepEqual(shown, { ...manager, pid: 41 });
  const failed = readSystemdShow('MainPID=0\nActiveState=failed\nFragmentPath=\nDropInPaths=/a /b');
  assert.deepEqual([failed.failed, failed.pid, failed.additions], [true, undefined, ['/a', '/b']]);
  const printed = 'gui/501/ioi.node = {\n\tpath = /x.plist\n\tstate = running\n\tpid = 9\n}\n';
  const loaded = readLaunchdPrint(printed);
  assert.deepEqual([loaded.active, loaded.pid, loaded.file], [true, 9, '/x.plist']);
});
