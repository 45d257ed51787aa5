import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nodeDomainOf } from '@ioi/law';
import type { LogEntry, LogPage, SessionsPage } from '@ioi/protocol';
import type { World } from '../frames/world.ts';
import { WEEKLY } from '../weekly-notes.ts';
import type { Bodies, Known, Leads } from './requests.ts';

const DOMAIN = 'agentgres://domain/market.example';
const CLASS = 'Service';
const ASKING = JSON.stringify({
  policy_id: 'asking',
  rules: [{ target: 'mcp::ledger::append', conditions: {}, action: 'REQUIRE_APPROVAL' }],
});

/** Gives a node something to tell of each subject; returns what leads to it. */
export async function makeBusy(world: World): Promise<Leads> {
  const { node } = world;
  const must = async (method: string, path: string, body?: object) => {
    const answer = await node.api(method, path, body);
    if (answer.status >= 300) throw new Error(`${path}: ${JSON.stringify(answer.body)}`);
    return answer.body;
  };
  const client = node.connectMcp();
  await client.initialize();
  await client.call('append', { id: 'first' });
  const asking = await node.activate(ASKING);
  if (asking.status !== 200) throw new Error(JSON.stringify(asking.body));
  void client.call('append', { id: 'waits' }).catch(() => {});
  await must('POST', '/v1/domains', { domain_id: DOMAIN });
  const submit = (operation: string, payload: object) =>
    must('POST', '/v1/domains/market.example/operations', { operation, payload });
  await submit('objects/class.define', {
    object_class: CLASS,
    schema_version: '1.0.0',
    schema: { type: 'object', fields: { name: { type: 'text', max_length: 80 } } },
  });
  await submit('objects/put', { object_class: CLASS, id: 'one', value: { name: 'One' } });
  await must('POST', '/v1/mcp/tokens/somebody');
  const workflows = join(node.home, 'data', 'workflows');
  mkdirSync(workflows, { recursive: true });
  writeFileSync(join(workflows, 'weekly-notes.json'), JSON.stringify(WEEKLY));
  const { sessions } = (await must('GET', '/v1/sessions')) as unknown as SessionsPage;
  const here = sessions.map(({ session_id }) => session_id);
  await must('POST', '/v1/wallet/requests', SCOPES);
  const { entries } = (await must('GET', '/v1/log?limit=1000')) as unknown as LogPage;
  const members = membersOf(entries);
  const kept: string[] = [];
  for (const digest of members['digest'] ?? []) {
    if ((await node.api('GET', `/v1/payload/${digest}`)).status === 200) kept.push(digest);
  }
  if (kept.length === 0) throw new Error('no payload is kept');
  const paused = {
    'POST /v1/sessions/{id}/pause id': here,
    'POST /v1/sessions/{id}/resume id': here,
  };
  const known = { ...members, ...FIXED, ...paused, digest: kept };
  return { known, bodies: bodiesWith(kept) };
}

const SCOPES = {
  subject_id: 'agent://local/agent',
  authority_scopes: ['scope:mcp.call'],
  primitive_capabilities: ['prim:mcp.call'],
  resources: ['mcp://ledger/append'],
};

function bodiesWith(digests: readonly string[]): Bodies {
  const matters = digests.map((digest) => ({ digests: [digest], matter: 'fuzz' }));
  const put = { object_class: CLASS, id: 'two', value: { name: 'Two' } };
  const levels = ['cached_projection', 'linearized_domain', 'serializable_domain'];
  return {
    'POST /v1/data/select': [{ terms: [] }, {}, { terms: ['held'] }],
    'POST /v1/data/forget': [{ digests: digests.slice(0, 1), reason: 'fuzz' }],
    'POST /v1/data/hold': matters,
    'POST /v1/data/release': matters,
    'POST /v1/domains': [{ domain_id: DOMAIN }, { domain_id: 'agentgres://domain/other' }],
    'POST /v1/domains/{name}/operations': [
      { operation: 'objects/put', payload: put },
      { operation: 'objects/delete', payload: { object_class: CLASS, id: 'two' } },
    ],
    'POST /v1/policy/effective': [{ target: 'fs::read', params: { path: '/tmp/a' } }],
    'POST /v1/query': levels.map((consistency) => ({ projection: 'receipts', consistency })),
    'POST /v1/runs': [{ name: 'fuzz', hosts: [] }],
    'POST /v1/wallet/requests': [SCOPES],
  };
}

const FIXED: Known = {
  limit: ['1', '3'],
  q: ['append', 'ledger', 'agent://', 'sha256:'],
  'if-none-match': ['*', '"x"'],
  'idempotency-key': ['one', '"two"', 'three'],
  after: ['0', '1', 'one'],
  before: ['5'],
  class: [`object.${CLASS}`],
  ids: ['one', 'one,two'],
  prefix: ['o'],
  proof: ['listing', ''],
  path: ['0/000.p/2', 'entries/000.p/2', '0/000'],
  size: ['1', '2'],
  domain: ['market.example', DOMAIN],
  consistency: ['cached_projection', 'state_root_consistent', 'serializable_domain'],
  where: ['{}'],
  order: ['seq'],
  await_ms: ['0', '5'],
  watermark: ['domain_seq:1'],
  projection: ['receipts', 'hypervisor-nodes', 'upgrade-decisions'],
  'last-event-id': ['1'],
  'GET /v1/tools/{name} name': ['append'],
  'GET /v1/workflows/{name} name': ['weekly-notes'],
  'POST /v1/mcp/servers/{name}/test name': ['ledger'],
  'POST /v1/mcp/servers/{name}/accept name': ['ledger'],
  'POST /v1/mcp/tokens/{name} name': ['somebody', 'another'],
  'DELETE /v1/mcp/tokens/{name} name': ['another'],
  'GET /v1/domains/{name}/objects/{class}/{id} id': ['one'],
  'GET /v1/domains/{name}/explain/{id} id': ['1', `object.${CLASS}/one`],
  name: ['market.example', DOMAIN],
};

function membersOf(entries: readonly LogEntry[]): Known {
  const text = JSON.stringify(entries);
  const all = (pattern: RegExp): string[] => [...new Set(text.match(pattern) ?? [])].slice(0, 40);
  const digests = all(/sha256:[0-9a-f]{64}/g);
  const receipts = all(/receipt_[0-9a-f]{32}/g);
  return {
    id: [...receipts, ...all(/op_[0-9a-f]{32}/g), ...digests],
    'GET /v1/why/{id} id': receipts,
    digest: digests,
    hash: digests,
    seq: ['0', '1', '2'],
    ...receiptOf(entries),
  };
}

/** A receipt with the entry that gave it, by the name of the node's own log. */
function receiptOf(entries: readonly LogEntry[]): Known {
  const first = entries.find(({ seq }) => seq === '0');
  const given = entries.flatMap(({ seq, events }) =>
    events.flatMap(({ type, receipt }) =>
      type === 'receipt.emitted' ? [{ seq, id: String(Object(receipt).receipt_id) }] : [],
    ),
  );
  const [{ seq = '', id = '' } = {}] = given;
  const route = 'GET /v1/domains/{name}/entries/{seq}/vouched/{receipt}';
  return {
    [`${route} name`]: [nodeDomainOf(String(Object(first?.payload).node_id))],
    [`${route} seq`]: [seq],
    [`${route} receipt`]: [id],
  };
}
