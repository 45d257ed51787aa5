import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LogWriter } from '@ioi/agentgres/shell';
import { assert } from '@ioi/basis';
import { type HybridKey, openKeyFile, signHybrid } from '@ioi/crypto/shell';
import { makeHome, overChannel, PASSPHRASE, SealedDomain } from '@ioi/kit';
import { contentId, ownerIssuerOf, type ProposedOperation, signableBytes } from '@ioi/law';
import {
  hashOf,
  notesPolicy,
  policyText,
  requestOf,
  scopedWrite,
  signEnvelope,
} from '@ioi/law/testing';
import type { DecideAction } from '@ioi/protocol';
import type { Report } from './report.ts';
import { load } from './sealed-load.ts';

/** Not counted: what runs for the first time is compiled meanwhile. */
const WARM = 3_000;
const MEASURED = 9_000;
const GRANTS = WARM + MEASURED;
const WRITERS = 64;
const LATER = '4000000000000';

/**
 * Acts under grants of one call each: a guardian in its own process checks, burns and seals, the
 * writer makes it durable. Asking and signing happens before and is not counted.
 */
export async function oneShots(report: Report): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), 'ioi-bench-'));
  await makeHome(home, []);
  const sealed = new SealedDomain(home);
  try {
    const writer = await sealed.openNode();
    const acts = await prepare(writer, home, sealed);
    const next = (at: number): ProposedOperation => acts[at] as ProposedOperation;
    await load(writer, WARM, { writers: WRITERS, next });
    const rest = { writers: WRITERS, next: (at: number) => next(WARM + at) };
    const { perSecond } = await load(writer, MEASURED, rest);
    const again = await writer.submit(anew(next(0)));
    assert(!again.ok || isPending(again.value.text), 'no grant is burned twice');
    const target = { op: '>=', value: 5_000 } as const;
    report.figure({ figure: 'oneshot_per_s', value: perSecond, unit: '1/s', target });
  } finally {
    await sealed.close();
    rmSync(home, { recursive: true, force: true });
  }
}

async function prepare(writer: LogWriter, home: string, sealed: SealedDomain) {
  const key = await ownerKey(home);
  const node = await sealed.status();
  const text = policyText(notesPolicy);
  const envelope = signEnvelope(key, {
    policy_id: notesPolicy.policy_id,
    policy_hash: hashOf(JSON.parse(text)),
    version: '1',
    audience: node.node_id,
  });
  const contract = overChannel('boundary/contract.register', { contract: scopedWrite });
  const activation = overChannel('boundary/policy.activate', { envelope });
  const activated = await writer.submit(activation, { [envelope.policy_hash]: text });
  const registered = await writer.submit(contract);
  assert(activated.ok && registered.ok, 'the node has a policy and a tool');
  const given = Array.from({ length: GRANTS }, (_, at) => grantFor(at, node, key));
  const requests = given.map(({ request }) => overChannel('wallet/scope.request', { request }));
  const asking = { writers: 1024, next: (at: number) => requests[at] as ProposedOperation };
  await load(writer, GRANTS, asking);
  const issues = given.map(({ issue }) => overChannel('wallet/grant.issue', issue));
  const giving = { writers: 1024, next: (at: number) => issues[at] as ProposedOperation };
  await load(writer, GRANTS, giving);
  return given.map(({ issue }, at) => actUnder(issue.grant.authority_grant_id, at));
}

async function ownerKey(home: string): Promise<HybridKey> {
  const text = readFileSync(join(home, 'guardian', 'owner.key'), 'utf8');
  const opened = await openKeyFile(text, PASSPHRASE);
  assert(opened.ok, 'the owner has a key');
  return opened.value;
}

const agentOf = (at: number): string => `agent://bench/${at}`;

type Node = { readonly node_id: string; readonly origin: string };

function grantFor(at: number, node: Node, key: HybridKey) {
  const bounds = { authority_scopes: ['scope:repo.write'], resources: ['file:///notes/**'] };
  const issuer_id = ownerIssuerOf(node.node_id);
  const request = {
    authority_request_id: `authreq_${at.toString(16).padStart(32, '0')}`,
    subject_id: agentOf(at),
    issuer_id,
    primitive_capabilities_required: ['prim:fs.write'],
    authority_scopes_requested: bounds.authority_scopes,
    resource_scope: { resources: bounds.resources, constraints: { expiry: LATER } },
    approval_required_for: [],
    status: 'requested',
  };
  const content = {
    request_id: request.authority_request_id,
    issuer_id,
    subject_id: request.subject_id,
    ...bounds,
    primitive_capability_constraints: ['prim:fs.write'],
    constraints: { expires_at: LATER, max_calls: '1' },
    approval_required_for: [],
    revocation_epoch: '0',
    status: 'active',
  };
  const grant = { authority_grant_id: contentId('grant', content), ...content };
  const message = signableBytes({ operation: 'grant.issue', statement: grant }, node);
  return { request, issue: { grant, signature: signHybrid(key, 'SIG_DOMAIN_MANIFEST', message) } };
}

function actUnder(authority_grant_id: string, at: number): ProposedOperation {
  const plain = requestOf('fs::write', { path: `/notes/${at}`, content: 'x' }, at);
  const request = { ...plain, context: { agent_id: agentOf(at) } };
  const payload: DecideAction = {
    request,
    contract_hash: hashOf(scopedWrite),
    facts: { target_exists: false },
    attempt: 1,
    verdict: 'ALLOW',
    isolation_tier: 'mediated',
    budget_ids: [],
    authority_grant_id,
  };
  return overChannel('boundary/action.decide', payload);
}

/** The same grant for another act. */
function anew({ payload }: ProposedOperation): ProposedOperation {
  const { request, ...about } = payload as unknown as DecideAction;
  const other = { ...request, nonce: '1000000000' };
  return overChannel('boundary/action.decide', { ...about, request: other });
}

function isPending(text: string): boolean {
  return text.includes('"code":"authority.required"');
}
