import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refusalOf, SETTINGS, type Seen } from './cause.ts';

const seen: Seen = {
  words: 'bwrap: setting up uid map: Permission denied',
  isMissing: false,
  platform: 'linux',
  settings: {},
  isContainer: false,
};

test('the cause is named, and the least that would change it', () => {
  const cases: readonly [Partial<Seen>, RegExp, RegExp][] = [
    [{ platform: 'darwin' }, /this is darwin/, /leave the manifest out/],
    [{ isMissing: true }, /not installed/, /apt-get install bubblewrap/],
    [{ settings: { [SETTINGS.clone]: '0' } }, /userns_clone is 0/, /userns_clone=1/],
    [{ settings: { [SETTINGS.most]: '0' } }, /max_user_namespaces is 0/, /=10000/],
    [{ settings: { [SETTINGS.apparmor]: '1' } }, /AppArmor/, /apparmor_parser/],
    [{ isContainer: true }, /container.*uid map/, /seccomp profile/],
    [{}, /uid map: Permission denied/, /leave the manifest out/],
  ];
  for (const [about, cause, fix] of cases) {
    const refusal = refusalOf({ ...seen, ...about });
    assert.match(refusal.cause, cause);
    assert.match(refusal.fix, fix);
  }
});
