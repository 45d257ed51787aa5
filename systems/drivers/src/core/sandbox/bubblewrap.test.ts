import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bubblewrapFor } from './bubblewrap.ts';
import type { SandboxPlan } from './plan.ts';

const plan: SandboxPlan = {
  read: ['/home/ada/notes', '/srv/code'],
  write: ['/home/ada/notes/drafts', '/home/ada/project'],
  hiddenFolders: ['/home/ada/project/.ioi', '/home/ada/.ssh'],
  hiddenFiles: ['/home/ada/project/.env', '/home/ada/.netrc'],
  frozen: ['/home/ada/project/.git/hooks'],
  home: '/home/ada',
  workingFolder: '/home/ada/project',
  environment: { PATH: '/usr/bin', A: '-x' },
};

/** Mounts in order: what is done, and where. */
function mounts(): string[] {
  const { options: given } = bubblewrapFor(plan);
  return given.flatMap((option, at) => {
    if (option === '--tmpfs') return [`empty ${given[at + 1]}`];
    if (option === '--bind') return [`write ${given[at + 2]}`];
    if (option === '--ro-bind-data') return [`nothing ${given[at + 2]}`];
    return option === '--ro-bind' ? [`read ${given[at + 2]}`] : [];
  });
}

test('an inner mount comes after the outer one, and what is hidden comes last', () => {
  const order = mounts();
  const at = (mount: string): number => {
    assert.ok(order.includes(mount), mount);
    return order.indexOf(mount);
  };
  assert.ok(at('empty /home/ada') < at('read /home/ada/notes'));
  assert.ok(at('read /home/ada/notes') < at('write /home/ada/notes/drafts'));
  assert.ok(at('write /home/ada/project') < at('read /home/ada/project/.git/hooks'));
  assert.ok(at('read /home/ada/project/.git/hooks') < at('empty /home/ada/project/.ioi'));
  assert.ok(at('write /home/ada/project') < at('nothing /home/ada/project/.env'));
});

test('what is not shown need not be hidden', () => {
  assert.ok(!mounts().some((mount) => /\.ssh|\.netrc/.test(mount)));
});

test('a copy stands in for a folder, and for what is frozen where that is missing', () => {
  const project = '/home/ada/project';
  const frozen = [`${project}/sub/.git`, `${project}/.vscode`];
  const standIns = [
    { from: '/kept/0', to: project },
    { from: '/kept/0/.vscode', to: `${project}/.vscode` },
  ];
  const { options } = bubblewrapFor({ ...plan, write: [project], frozen, standIns });
  const source = (path: string) =>
    options.find((_, at) => /bind$/.test(options[at - 1] ?? '') && options[at + 1] === path);
  assert.equal(source(project), '/kept/0');
  assert.equal(source(`${project}/sub`), '/kept/0/sub');
  assert.equal(source(`${project}/.vscode`), '/kept/0/.vscode');
  assert.equal(source(`${project}/sub/.git`), `${project}/sub/.git`);
});

test('nothing is inherited: no namespace, no capability, no variable', () => {
  const { options: given } = bubblewrapFor(plan);
  for (const option of ['--unshare-all', '--clearenv', '--die-with-parent', '--new-session']) {
    assert.ok(given.includes(option), option);
  }
  assert.equal(given[given.indexOf('--cap-drop') + 1], 'ALL');
  assert.ok(!given.includes('--share-net'));
  const set = given.indexOf('--setenv', given.indexOf('A') - 1);
  assert.deepEqual(given.slice(set, set + 3), ['--setenv', 'A', '-x']);
});
