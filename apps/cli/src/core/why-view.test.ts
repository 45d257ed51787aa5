import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Explanation } from '@ioi/protocol';
import { paintNothing } from './paint.ts';
import { changeText, decidingText, whyView } from './why-view.ts';

const base: Explanation = {
  request_hash: `sha256:${'ab'.repeat(32)}`,
  request: {
    target: 'fs::write',
    params: { path: '/outside/\u001b[2Jx' },
    context: { agent_id: 'agent://local/mcp' },
    nonce: '1',
  },
  facts: { target_exists: false },
  code: 'policy.default_deny',
  class: 'PolicyBlocked',
  verdict: 'Block',
  receipt_id: `receipt_${'cd'.repeat(16)}`,
  rules: [
    {
      rule_id: 'secrets',
      action: 'BLOCK',
      target: 'fs::*',
      matched: false,
      field: 'allow_paths',
      wanted: ['/**/.ssh'],
      seen: ['/outside/x'],
    },
    {
      rule_id: 'write_new',
      action: 'ALLOW',
      target: 'fs::write',
      matched: false,
      field: 'allow_paths',
      wanted: ['/w'],
      seen: ['/outside/\u001b[2Jx'],
    },
  ],
};

test('a default deny names the rule that came nearest to allowing, and what it lacked', () => {
  const said = decidingText(base);
  assert.match(said, /policy\.default_deny/);
  assert.match(said, /nearest is write_new, whose allow_paths does not fit/);
  assert.match(decidingText({ ...base, rules: [] }), /no rule allows this target/);
});

test('a block names its rule and the field that decided', () => {
  const why = { ...base, code: 'policy.blocked', rule_id: 'secrets', field: 'allow_paths' };
  assert.equal(decidingText(why), 'policy.blocked: rule secrets, decided by allow_paths');
});

test('an explanation shows wanted and seen of each rule, and no control character', () => {
  const lines = whyView(base, paintNothing);
  const text = lines.join('\n');
  assert.match(lines[0] ?? '', /^BLOCK {2}fs::write/);
  assert.ok(text.includes('["/w"]') && text.includes('write_new'));
  for (const line of lines) assert.equal(/\p{C}/u.test(line), false);
});

test('many rules are counted rather than listed', () => {
  const rules = Array.from({ length: 40 }, () => base.rules[1] as Explanation['rules'][number]);
  const lines = whyView({ ...base, rules }, paintNothing);
  assert.equal(lines.at(-1), '  and 28 more');
});

test('the smallest change says what would have to be, and what then', () => {
  const change = {
    about: ['paths'],
    differs: { paths: ['/w'] },
    verdict: 'ALLOW',
    rule_id: 'write_new',
  };
  const text = 'with paths = ["/w"], such as this, it would be ALLOW by write_new';
  assert.equal(changeText(change), `smallest change: ${text}`);
  assert.ok(whyView({ ...base, change }, paintNothing).some((line) => line.includes(text)));
  const spent = { about: ['calls'], differs: {}, verdict: 'BLOCK' };
  assert.match(changeText(spent), /with other calls, .* BLOCK$/);
});

test('an envelope that decided is named with what it does not hold, and no rule is', () => {
  const outside = ['prim:net.request'];
  const code = 'capability.outside_envelope';
  const why = { ...base, code, field: 'envelope', outside, ceiling_hash: 'sha256:cc' };
  const said = `${code}: the envelope of the policy does not hold prim:net.request`;
  assert.equal(decidingText(why), said);
  assert.match(
    decidingText({ ...why, layer: 'organisation' }),
    /of the organisation's policy does/,
  );
  assert.ok(whyView(why, paintNothing).includes('  ceiling sha256:cc'));
});
