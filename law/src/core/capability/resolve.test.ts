import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digestOf } from '@ioi/canon';
import {
  type ActionRules,
  classOf,
  type IntentDefinition,
  isIntentRoute,
  type RuntimeToolContract,
  type VerdictCode,
} from '@ioi/protocol';
import * as fc from 'fast-check';
import { draftContract } from '../draft/index.ts';
import { compilePolicy } from '../policy/index.ts';
import { onlyPrimitives } from './registered.ts';
import { resolve } from './resolve.ts';

function toolOf(tool: string, able: string[], more: Partial<RuntimeToolContract> = {}) {
  const schemaHash = `sha256:${'0a'.repeat(32)}`;
  const draft = draftContract({ server: 'desk', tool, inputSchema: {}, schemaHash });
  const contract = { ...draft, primitive_capabilities: able, ...more };
  const hash = digestOf(contract);
  assert.ok(hash.ok);
  return { contract, hash: hash.value };
}

const readNotes: IntentDefinition = {
  intent_class: 'read_notes',
  primitive_capabilities: ['prim:fs.read'],
  authority_scopes: [],
  retrieval_affordances: ['document'],
};
const sendMail: IntentDefinition = {
  intent_class: 'send_mail',
  primitive_capabilities: ['prim:net.request'],
  authority_scopes: ['scope:gmail.send'],
  retrieval_affordances: [],
};
const read = toolOf('read_file', ['prim:fs.read']);
const shell = toolOf('run', ['prim:fs.read', 'prim:sys.exec']);
const mail = toolOf('send_mail', ['prim:net.request'], { authority_scopes: ['scope:gmail.send'] });

const rule = (target: string, action: 'ALLOW' | 'BLOCK'): ActionRules['rules'][number] => {
  return { rule_id: `${action}_${target}`, target, conditions: {}, action };
};
const policyOf = (...rules: ActionRules['rules']) =>
  compilePolicy({ policy_id: 'p', defaults: 'deny_all', rules });

const everything = {
  definitions: [readNotes, sendMail],
  tools: [shell, read, mail],
  policy: policyOf(rule('mcp::*', 'ALLOW')),
};

function ask(names: Record<string, number>, resolving = everything, retrieval: string[] = []) {
  const candidates = Object.entries(names).map(([intent_class, score]) => ({
    intent_class,
    score,
  }));
  const route = resolve({ candidates, retrieval }, resolving);
  if (route.ok) return `${route.value.intent_class} by ${route.value.tool}`;
  return `${classOf(route.error.code as VerdictCode)} ${route.error.code}`;
}

test('the intent with the highest score wins, and the least powerful tool serves it', () => {
  assert.equal(ask({ send_mail: 5, read_notes: 9 }), 'read_notes by read_file');
  assert.equal(ask({ send_mail: 9, read_notes: 5 }), 'send_mail by send_mail');
  const { candidates, retrieval } = {
    candidates: [{ intent_class: 'read_notes', score: 1 }],
    retrieval: [],
  };
  const route = resolve({ candidates, retrieval }, everything);
  assert.ok(route.ok && isIntentRoute(route.value));
});

test('less power is a part of more, runs no programs, and is no matter of counting', () => {
  const scopes = (...authority_scopes: string[]) => ({ authority_scopes });
  const served = (...tools: (typeof read)[]) => ask({ read_notes: 1 }, { ...everything, tools });
  const twice = toolOf('twice', ['prim:fs.read', 'prim:fs.read', 'prim:fs.read']);
  const both = toolOf('both', ['prim:fs.read', 'prim:fs.write']);
  assert.equal(served(both, twice), 'read_notes by twice');
  const many = ['prim:fs.read', 'prim:fs.write', 'prim:net.request', 'prim:ui.interact'];
  const wide = toolOf('wide', many, scopes('scope:a', 'scope:b'));
  assert.equal(served(shell, wide), 'read_notes by wide');
  const risky = toolOf('risky', ['prim:fs.read'], { risk_class: 'high' });
  const low = { risk_class: 'low' } as const;
  assert.equal(served(toolOf('more', many, low), risky), 'read_notes by risky');
  const other = toolOf('other', ['prim:fs.read', 'prim:net.request', 'prim:ui.interact'], low);
  const high = toolOf('high', ['prim:fs.read', 'prim:fs.write'], { risk_class: 'high' });
  assert.equal(served(high, other), 'read_notes by other');
});

test('a tool with a primitive that no runtime provides serves nothing', () => {
  const tools = [toolOf('strange', ['prim:fs.read', 'prim:math.eval'])];
  const said = ask({ read_notes: 1 }, { ...everything, tools });
  assert.equal(said, 'IntentInfeasible intent.infeasible');
});

test('one intent proposed twice is ambiguous', () => {
  for (const scores of [
    [9, 3],
    [3, 9],
    [9, 9],
  ]) {
    const candidates = scores.map((score) => ({ intent_class: 'read_notes', score }));
    const route = resolve({ candidates, retrieval: [] }, everything);
    assert.equal(!route.ok && route.error.code, 'resolver.ambiguous');
  }
});

test('no order and no repetition inside a definition changes the route', () => {
  const wanted = {
    ...readNotes,
    retrieval_affordances: ['document', 'listing'] as IntentDefinition['retrieval_affordances'],
    targets: [read.contract.target, shell.contract.target],
  };
  const { retrieval_affordances: shapes, targets, primitive_capabilities: able } = wanted;
  const same = {
    ...wanted,
    primitive_capabilities: [...able, ...able],
    retrieval_affordances: [...shapes, ...shapes].reverse(),
    targets: [...targets].reverse(),
  };
  const request = { candidates: [{ intent_class: 'read_notes', score: 1 }], retrieval: [] };
  const under = (definition: IntentDefinition) =>
    resolve(request, { ...everything, definitions: [definition] });
  assert.ok(under(wanted).ok);
  assert.deepEqual(under(same), under(wanted));
  assert.notDeepEqual(under({ ...wanted, targets: [read.contract.target] }), under(wanted));
});

test('what cannot be told apart is nobody’s, and what nobody defined is refused', () => {
  assert.equal(ask({}), 'ResolverContractViolation resolver.ambiguous');
  assert.equal(ask({ a: 9, b: 9 }), 'ResolverContractViolation resolver.ambiguous');
  assert.equal(ask({ dance: 9 }), 'ResolverContractViolation resolver.unknown_intent');
});

test('an infeasible winner is no reason to take the next one', () => {
  const without = { ...everything, tools: [read] };
  assert.equal(ask({ send_mail: 9, read_notes: 5 }, without), 'IntentInfeasible intent.infeasible');
  assert.equal(
    ask({ send_mail: 9 }, everything, ['document']),
    'IntentInfeasible intent.infeasible',
  );
});

test('what the policy never lets through is blocked before anything is tried', () => {
  const blocked = policyOf(rule('mcp::*', 'ALLOW'), rule('mcp::desk::send_mail', 'BLOCK'));
  const under = (policy: typeof blocked) => ask({ send_mail: 9 }, { ...everything, policy });
  assert.equal(under(blocked), 'PolicyBlocked policy.default_deny');
  assert.equal(under(policyOf()), 'PolicyBlocked policy.default_deny');
  const { rules } = policyOf(rule('mcp::*', 'ALLOW'));
  const held = compilePolicy({ ...rules, envelope: ['prim:fs.read'] });
  assert.equal(under(held), 'PolicyBlocked policy.default_deny');
  const none = { definitions: everything.definitions, tools: everything.tools, policy: undefined };
  const route = resolve(
    { candidates: [{ intent_class: 'send_mail', score: 1 }], retrieval: [] },
    none,
  );
  assert.equal(!route.ok && route.error.code, 'policy.none_active');
});

test('a primitive that says what is wanted is refused, and so is evidence by provider', () => {
  const foreign = { ...readNotes, primitive_capabilities: ['prim:math.eval'] };
  const domain = { ...everything, definitions: [foreign] };
  assert.equal(ask({ read_notes: 1 }, domain), 'OntologyViolation ontology.foreign_primitive');
  for (const shape of ['google_news', 'news.google.com', 'https://a.example']) {
    const said = ask({ read_notes: 1 }, everything, [shape]);
    assert.equal(said, 'ResolverContractViolation resolver.foreign_evidence');
  }
  const provider = { ...readNotes, retrieval_affordances: ['google_news'] };
  const named = { ...everything, definitions: [provider] };
  assert.equal(
    ask({ read_notes: 1 }, named),
    'ResolverContractViolation resolver.foreign_evidence',
  );
  const twice = { ...everything, definitions: [readNotes, readNotes] };
  assert.equal(ask({ read_notes: 1 }, twice), 'OntologyViolation ontology.intent_twice');
  assert.ok(onlyPrimitives(['prim:fs.read', 'scope:anything.at_all']).ok);
});

test('no order of tools, definitions or candidates changes the route', () => {
  const request = {
    candidates: [
      { intent_class: 'read_notes', score: 9 },
      { intent_class: 'send_mail', score: 3 },
    ],
    retrieval: [],
  };
  const route = resolve(request, everything);
  fc.assert(
    fc.property(
      fc.shuffledSubarray([shell, read, mail], { minLength: 3 }),
      fc.shuffledSubarray(everything.definitions, { minLength: 2 }),
      fc.shuffledSubarray(request.candidates, { minLength: 2 }),
      (tools, definitions, candidates) => {
        const shuffled = resolve({ ...request, candidates }, { ...everything, tools, definitions });
        assert.deepEqual(shuffled, route);
      },
    ),
  );
});
