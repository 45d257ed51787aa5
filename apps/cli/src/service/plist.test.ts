// The file for launchd, read by a property list reader that is not ours (Python's), and held
// against what launchd.plist(5) says of each key that may stand in it.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { serviceText } from '../core/service/unit-text.ts';

const READ = 'import json,plistlib,sys; print(json.dumps(plistlib.loads(sys.stdin.buffer.read())))';

type Plist = Readonly<Record<string, unknown>>;

const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';
const isSeconds = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) > 0;
const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every(isText);
const isOf = (value: unknown, isMember: (member: unknown) => boolean): boolean => {
  const isDictionary = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isDictionary && Object.values(value).every(isMember);
};

/** Each key with what launchd takes for it; it ignores, without a word, what it does not know. */
const TAKEN: Readonly<Record<string, (value: unknown) => boolean>> = {
  Label: isText,
  UserName: isText,
  ProgramArguments: (value) => isTexts(value) && String((value as string[])[0]).startsWith('/'),
  EnvironmentVariables: (value) => isOf(value, (each) => typeof each === 'string'),
  RunAtLoad: (value) => typeof value === 'boolean',
  KeepAlive: (value) => isOf(value, (each) => typeof each === 'boolean'),
  ThrottleInterval: isSeconds,
  ExitTimeOut: isSeconds,
  Umask: (value) => Number.isSafeInteger(value) && Number(value) <= 0o777,
  StandardErrorPath: (value) => isText(value) && String(value).startsWith('/'),
};
const KEPT_ALIVE = [
  'Crashed',
  'SuccessfulExit',
  'PathState',
  'OtherJobEnabled',
  'AfterInitialDemand',
];

function plistOf(account?: string): Plist {
  const text = serviceText({
    kind: { by: 'launchd', scope: account === undefined ? 'user' : 'system' },
    name: 'org.ioi.node',
    command: ['/opt/a b/ioi', 'up', '--x=<&>\r\n"\''],
    environment: { IOI_HOME: '/home/ada/ü & <x>' },
    log: '/home/ada/logs/launchd.log',
    ...(account === undefined ? {} : { account }),
  } as Parameters<typeof serviceText>[0]);
  assert.ok(text.ok);
  const read = spawnSync('python3', ['-c', READ], { input: text.value, encoding: 'utf8' });
  assert.equal(read.status, 0, read.stderr);
  return JSON.parse(read.stdout) as Plist;
}

const skip = spawnSync('python3', ['-c', 'import plistlib']).status !== 0 && 'there is no python3';

test('the file for launchd has the keys it knows, as it takes them', { skip }, () => {
  for (const account of [undefined, 'ioi']) {
    const plist = plistOf(account);
    for (const [key, value] of Object.entries(plist)) {
      assert.ok(TAKEN[key]?.(value) === true, `${key} is ${JSON.stringify(value)}`);
    }
    assert.equal(plist['UserName'], account);
    assert.deepEqual(plist['ProgramArguments'], ['/opt/a b/ioi', 'up', '--x=<&>\r\n"\'']);
    assert.deepEqual(plist['EnvironmentVariables'], { IOI_HOME: '/home/ada/ü & <x>' });
    const kept = Object.keys(plist['KeepAlive'] as object);
    assert.deepEqual(
      kept.filter((each) => !KEPT_ALIVE.includes(each)),
      [],
    );
  }
});
