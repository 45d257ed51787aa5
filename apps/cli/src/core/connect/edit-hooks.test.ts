import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AGENT_HOOKS } from '../hook/agent-hooks.ts';
import { asksNode, withHooks } from './edit-hooks.ts';

const home = "/home/ada's/node";
const program = { command: '/bin/node', main: '/ioi/main.js', home };
const theirs = { matcher: 'Bash', hooks: [{ type: 'command', command: './mine.sh' }] };

for (const hooks of AGENT_HOOKS) {
  const put = (text: string, main = program.main) => {
    const after = withHooks(text, hooks, { home, program: { ...program, main } });
    assert.ok(after.ok, JSON.stringify(after));
    return after.value;
  };
  const taken = (text: string) => {
    const after = withHooks(text, hooks, { home, program: undefined });
    assert.ok(after.ok);
    return after.value;
  };

  test(`${hooks.agent}: hooks are put in once, beside others, and taken out alone`, () => {
    const list = `"${hooks.before}": [${JSON.stringify(theirs)}]`;
    const text = `{\n  // mine\n  "hooks": {\n    ${list}\n  }\n}\n`;
    const once = put(text);
    assert.match(once, /\/\/ mine/);
    assert.ok(asksNode(once, hooks, home) && !asksNode(text, hooks, home));
    assert.ok(!asksNode(once, hooks, '/another'));
    assert.equal(put(once), once);
    // A program that lies elsewhere now takes the place of the one before.
    const moved = put(once, '/ioi/2/main.js');
    assert.equal(moved.split('/ioi/main.js').length, 1);
    const without = JSON.parse(taken(moved).replace('// mine', ''));
    assert.deepEqual(without, { hooks: { [hooks.before]: [theirs] } });
  });

  test(`${hooks.agent}: a hook has absolute paths, its time, and ends with 2 or 0`, () => {
    const { hooks: events } = JSON.parse(put(''));
    assert.deepEqual(Object.keys(events), [hooks.before, ...hooks.after]);
    const [{ matcher, hooks: own }] = events[hooks.before];
    assert.equal(matcher, hooks.matcher);
    assert.equal(own[0].timeout, 330 * hooks.ticks);
    assert.match(own[0].command, /hook \S+ --patience 300; case \$\? in .*exit 2 ;; esac' /);
    assert.ok(own[0].command.endsWith(`'/home/ada'\\''s/node' /bin/node /ioi/main.js`));
  });
}

test('settings that are no settings are not written over', () => {
  const [hooks] = AGENT_HOOKS;
  assert.ok(hooks);
  for (const text of ['[]', '{', '{"hooks":[]}', `{"hooks":{"${hooks.before}":{}}}`]) {
    const after = withHooks(text, hooks, { home, program });
    assert.ok(!after.ok, text);
  }
});
