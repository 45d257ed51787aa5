import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ServiceModuleManifestEnvelope, SwapModule } from '@ioi/protocol';
import * as fc from 'fast-check';
import { hashOf, manifestOf, smallLog, TestGovernor } from '../../testing/index.ts';
import { inclusionOf } from './inclusion.ts';
import {
  advanceInModel,
  type ModelChain,
  type ModelModule,
  neverWidens,
  swapInModel,
} from './reference.ts';

const MODULE = 'module://test/summarise/1';
const capabilities = ['prim:fs.read', 'prim:fs.write', 'prim:sys.exec', 'scope:repo.write'];
const anyCapabilities = fc.subarray(capabilities);
const anyManifest = fc.record({
  version: fc.constantFrom('1', '2', '3'),
  held: anyCapabilities,
  mount: fc.constantFrom('local_file' as const, 'external_api' as const),
});
const anyPolicy = fc.constantFrom(undefined, hashOf('one policy'), hashOf('two policies'));

type Drawn = typeof anyManifest extends fc.Arbitrary<infer T> ? T : never;
const drawn = ({ version, held, mount }: Drawn) => manifestOf(version, held, mount);

function governorWith(manifest: ServiceModuleManifestEnvelope): TestGovernor {
  const governor = new TestGovernor(smallLog());
  governor.createChain('alpha');
  governor.do('module.register', governor.registration({ manifest }));
  return governor;
}

test('inclusion is never claimed where a single capability, policy or mount is new', () => {
  fc.assert(
    fc.property(anyManifest, anyPolicy, anyManifest, anyPolicy, (old, oldPolicy, ...rest) => {
      const [fresh, freshPolicy] = rest;
      const before = { manifest: drawn(old), policy: oldPolicy, changes: 0 };
      const after = { manifest: drawn(fresh), policy: freshPolicy, changes: 1 };
      const governed = ({ manifest, policy }: ModelModule) =>
        policy === undefined ? { manifest } : { manifest, policy_hash: policy };
      const included = inclusionOf(governed(before), governed(after));
      assert.equal(included !== 'undecided', neverWidens(before, after));
      assert.equal(
        included === 'unchanged',
        neverWidens(before, after) && neverWidens(after, before),
      );
    }),
    { numRuns: 1_000 },
  );
});

type Token = 'none' | 'valid' | 'of another swap' | 'of a stranger';
type Governors = { readonly governor: TestGovernor; readonly stranger: TestGovernor };

function withToken(
  token: Token,
  signed: SwapModule,
  { governor, stranger }: Governors,
): SwapModule {
  if (token === 'none') return signed;
  const approved = governor.approvedSwap(signed);
  if (token === 'valid') return approved;
  if (token === 'of a stranger') return { ...approved, token: stranger.approval(signed.swap) };
  return { ...governor.approvedSwap(governor.swap(manifestOf('8', []))), ...signed };
}

const anySwap = fc.record({
  to: anyManifest,
  policy: anyPolicy,
  late: fc.constantFrom(0, 0, 0, 1, -1),
  byOwner: fc.constantFrom(true, true, true, false),
  token: fc.constantFrom<Token[]>('none', 'none', 'valid', 'of another swap', 'of a stranger'),
});

test('swaps do what their model does, whoever signs and whatever is replayed', () => {
  fc.assert(
    fc.property(fc.array(anySwap, { minLength: 1, maxLength: 8 }), (swaps) => {
      const governor = governorWith(manifestOf('1', capabilities.slice(0, 2)));
      const stranger = new TestGovernor(smallLog({ seed: 'stranger' }));
      let model: ModelModule = {
        manifest: governor.module(MODULE).manifest,
        policy: undefined,
        changes: 0,
      };
      const accepted: object[] = [];
      for (const { to, policy, late, byOwner, token } of swaps) {
        const about = model.changes + late;
        const manifest = drawn(to);
        const changed = { sequence: String(Math.max(about + 1, 0)) };
        const bound = policy === undefined ? changed : { ...changed, policy_hash: policy };
        const plain = governor.swap(manifest, bound);
        const { policy_hash: _, ...unbound } = plain.swap;
        const swap = policy === undefined ? unbound : plain.swap;
        const signed = governor.signedSwap(swap, byOwner ? governor : stranger);
        const payload = withToken(token, signed, { governor, stranger });
        const next = swapInModel(model, {
          to: { manifest, policy },
          about,
          byOwner,
          hasToken: token === 'valid',
        });
        const said = governor.try('module.swap', payload);
        assert.equal(said === 'ok', next !== model, said);
        if (said === 'ok') {
          governor.do('module.swap', payload);
          accepted.push(payload);
        }
        model = next;
        const head = governor.module(MODULE);
        assert.deepEqual(head.manifest, model.manifest);
        assert.deepEqual([head.policy_hash, head.sequence], [model.policy, String(model.changes)]);
        for (const old of accepted) assert.equal(governor.try('module.swap', old), 'module.moved');
      }
    }),
    { numRuns: 40 },
  );
});

const anyAdvance = fc.record({
  state: fc.constantFrom('a', 'b', 'c'),
  late: fc.constantFrom(0, 0, 0, 1, -1),
  byController: fc.constantFrom(true, true, false),
});

test('a chain moves as its model does: one step at a time, by its controller alone', () => {
  fc.assert(
    fc.property(fc.array(anyAdvance, { minLength: 1, maxLength: 8 }), (advances) => {
      const governor = new TestGovernor(smallLog());
      const id = governor.createChain('alpha');
      const first = governor.chain(id).envelope;
      let model: ModelChain = { policy: first.policy_hash, states: [first.state_root] };
      const envelopes = [governor.chain(id).envelope_hash];
      for (const { state, late, byController } of advances) {
        const onto = model.states.length + late;
        const payload = governor.transition(id, byController ? 'alpha' : 'beta', state, {
          sequence: String(onto),
          prev_transition_hash: envelopes[onto - 1] ?? hashOf('nothing yet'),
        });
        const advance = { state: payload.transition.state_root, onto, byController };
        const next = advanceInModel(model, advance);
        const said = governor.try('chain.advance', payload);
        assert.equal(said === 'ok', next !== model, said);
        if (said === 'ok') governor.do('chain.advance', payload);
        model = next;
        const { envelope, envelope_hash } = governor.chain(id);
        if (envelopes.at(-1) !== envelope_hash) envelopes.push(envelope_hash);
        assert.deepEqual(
          [envelope.policy_hash, envelope.state_root, envelope.sequence],
          [model.policy, model.states.at(-1), String(model.states.length - 1)],
        );
      }
      assert.equal(envelopes.length, model.states.length);
    }),
    { numRuns: 40 },
  );
});

const anyAct = fc.record({
  kind: fc.constantFrom('swap', 'module', 'policy', 'register', 'roll back', 'advance'),
  to: anyManifest,
  policy: anyPolicy,
});

test('without a token nothing anybody says ever widens a module or moves a policy', () => {
  fc.assert(
    fc.property(fc.array(anyAct, { minLength: 1, maxLength: 8 }), (acts) => {
      const governor = new TestGovernor(smallLog());
      const chain_id = governor.createChain('alpha');
      const manifest = manifestOf('1', capabilities.slice(0, 3));
      const registration = governor.registration({ manifest, chain_id });
      governor.do('module.register', registration);
      const policy = governor.chain(chain_id).envelope.policy_hash;
      const committed: ReturnType<TestGovernor['proposal']>[] = [];
      const attempt = (operation: string, payload: object): boolean => {
        const admitted = governor.try(operation, payload) === 'ok';
        if (admitted) governor.do(operation, payload);
        return admitted;
      };
      const upgrade = (proposal: ReturnType<TestGovernor['proposal']>): void => {
        if (!attempt('proposal.submit', proposal)) return;
        const proposal_id = hashOf(proposal);
        attempt('proposal.simulate', { proposal_id, result_hash: hashOf('run'), passed: true });
        attempt('proposal.decide', governor.decision(proposal, 'approve'));
        if (attempt('proposal.commit', { proposal_id })) committed.push(proposal);
      };
      for (const { kind, to, policy: other } of acts) {
        const held = new Set(governor.module(MODULE).manifest.required_capabilities);
        const bound = other === undefined ? {} : { policy_hash: other };
        if (kind === 'swap') attempt('module.swap', governor.swap(drawn(to), bound));
        if (kind === 'module') upgrade(governor.moduleProposal(chain_id, drawn(to)));
        if (kind === 'policy' && other) upgrade(governor.policyProposal(chain_id, other));
        if (kind === 'register') {
          const again = { manifest: drawn(to), chain_id, ...bound };
          attempt('module.register', governor.registration(again));
        }
        if (kind === 'advance') {
          attempt('chain.advance', governor.transition(chain_id, 'alpha', 'next'));
        }
        const last = committed.at(-1);
        if (kind === 'roll back' && last) {
          attempt('proposal.decide', governor.decision(last, 'roll_back'));
          attempt('proposal.commit', { proposal_id: hashOf(last) });
        }
        const head = governor.module(MODULE);
        assert.ok(head.manifest.required_capabilities.every((each) => held.has(each)));
        assert.equal(head.policy_hash, undefined);
        assert.equal(governor.chain(chain_id).envelope.policy_hash, policy);
      }
    }),
    { numRuns: 60 },
  );
});
