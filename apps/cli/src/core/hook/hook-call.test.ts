import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AGENT_HOOKS, type AgentHooks, hooksOf } from './agent-hooks.ts';
import { hookCallIn, type ToldEnd } from './hook-call.ts';

function known(agent: string): AgentHooks {
  const hooks = hooksOf(agent);
  assert.ok(hooks);
  return hooks;
}
const [claude, codex, gemini] = ['claude-code', 'codex', 'gemini-cli'].map(known);
assert.ok(claude && codex && gemini);

/** As that agent says it, with this in the place of some of it. */
function told(hooks: AgentHooks, about: object = {}): string {
  return JSON.stringify({
    session_id: 's',
    cwd: '/w',
    hook_event_name: hooks.before,
    tool_name: hooks.tool,
    tool_input: { command: 'ls -l' },
    ...(hooks.namesCalls ? { tool_use_id: 'toolu_1' } : {}),
    ...about,
  });
}

test('what each agent is about to do is its command, in its folder', () => {
  for (const hooks of AGENT_HOOKS) {
    const call = hookCallIn(hooks, told(hooks));
    assert.ok(call.ok, hooks.agent);
    const { call: _, ...rest } = call.value;
    assert.deepEqual(rest, { when: 'before', session: 's', command: 'ls -l', cwd: '/w' });
  }
  const cwdOf = (dir_path: unknown) => {
    const call = hookCallIn(gemini, told(gemini, { tool_input: { command: 'ls', dir_path } }));
    return call.ok && call.value.when === 'before' ? call.value.cwd : call.ok;
  };
  assert.deepEqual(['sub', '/x', '', 1].map(cwdOf), ['/w/sub', '/x', '/w', false]);
});

test('before and after of one call have one name, whether or not the agent has one', () => {
  for (const hooks of AGENT_HOOKS) {
    const names = [hooks.before, ...hooks.after].map((hook_event_name) => {
      const call = hookCallIn(hooks, told(hooks, { hook_event_name }));
      return call.ok && call.value.call;
    });
    assert.equal(new Set(names).size, 1, hooks.agent);
  }
});

test('what is not understood to the end is refused, whatever its shape', () => {
  const odd = [
    '',
    'null',
    '[]',
    '"x"',
    '{',
    '{}',
    '['.repeat(100_000),
    '{"__proto__":{"hook_event_name":"PreToolUse"}}',
    ...[
      { hook_event_name: 'Stop' },
      { hook_event_name: 'constructor' },
      { hook_event_name: ['PreToolUse'] },
      { tool_name: 'Write' },
      { tool_name: '__proto__' },
      { session_id: '' },
      { session_id: 'x'.repeat(257) },
      { session_id: {} },
      { tool_use_id: 7 },
      { tool_use_id: '' },
      { cwd: 'w' },
      { cwd: '/w\0' },
      { cwd: undefined },
      { tool_input: 'ls' },
      { tool_input: ['ls'] },
      { tool_input: {} },
      { tool_input: { command: ['ls'] } },
      { tool_input: { command: 'ls\0; rm x' } },
      { tool_input: { command: 'ls', env: { PATH: '/x' } } },
      { tool_input: { command: 'ls', shell: '/bin/x' } },
    ].map((about) => told(claude, about)),
    // An own property of that name is no prototype, and not what is asked for.
    '{"session_id":"s","cwd":"/w","hook_event_name":"PreToolUse","tool_name":"Bash",' +
      '"tool_use_id":"t","tool_input":{"__proto__":{"command":"ls"}}}',
  ];
  for (const text of odd) {
    const call = hookCallIn(claude, text);
    assert.ok(!call.ok && call.error.length < 200, text.slice(0, 120));
  }
  const aside = { command: 'ls', description: 'Lists', timeout: 9, run_in_background: true };
  assert.ok(hookCallIn(claude, told(claude, { tool_input: aside })).ok);
});

test('of an end only what its agent says is told, and what it leaves open is unknown', () => {
  const endOf = (hooks: AgentHooks, about: object, event = hooks.after[0]): ToldEnd => {
    const call = hookCallIn(hooks, told(hooks, { hook_event_name: event, ...about }));
    assert.ok(call.ok && call.value.when === 'after');
    return call.value.end;
  };
  const streams = { stdout: 'a\n', stderr: 'b\n' };
  assert.deepEqual(endOf(claude, { tool_response: { ...streams, interrupted: false } }), streams);
  assert.ok('unknown' in endOf(claude, { tool_response: { ...streams, interrupted: true } }));
  const behind = { command: 'sleep 9', run_in_background: true };
  assert.ok('unknown' in endOf(claude, { tool_input: behind, tool_response: streams }));
  const failed = (error: string) => endOf(claude, { error }, claude.after[1]);
  assert.deepEqual(failed('Exit code 3\nno'), {
    exit_code: 3,
    stdout: '',
    stderr: 'Exit code 3\nno',
  });
  assert.ok('unknown' in failed('it timed out; Exit code 0'));
  assert.ok('unknown' in failed('Exit code 999'));
  assert.deepEqual(endOf(codex, { tool_response: 'hi\n' }), { stdout: 'hi\n', stderr: '' });
  const llmContent = 'Output: \nExit Code: 0\nx\nExit Code: 3\nProcess Group PGID: 1\n';
  const ended = endOf(gemini, { tool_response: { llmContent } });
  assert.equal('exit_code' in ended && ended.exit_code, 3);
  for (const odd of [undefined, null, 7, [], {}, { llmContent: 1 }, { error: 'x' }]) {
    for (const hooks of AGENT_HOOKS) {
      assert.ok('unknown' in endOf(hooks, { tool_response: odd }), JSON.stringify(odd));
    }
  }
});
