import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { digestBytes } from '@ioi/canon';
import { argumentsOf, metaOf } from '@ioi/firewall';
import {
  MODEL_SERVER,
  type ModelCandidate,
  modelContract,
  nameOfCandidate,
  passedContract,
  saidRequestOf,
} from '@ioi/law';
import type { ActionRequest, LogEntry, RuntimeToolContract } from '@ioi/protocol';
import type { ModelInvocation } from '@ioi/wallet';
import { WebEgress } from '@ioi/wallet/shell';
import { ConnectorBed, vaultOf } from '../../testing/connector-bed.ts';
import { hashOf, proposed } from '../../testing/node-kit.ts';

const [FIRST, SECOND] = ['first-key', 'second-key'];
const contract = modelContract([FIRST, SECOND]);
const never = new AbortController().signal;
const messages = JSON.stringify([{ role: 'user', content: 'Hello' }]);
let bed: ConnectorBed;
let edge: WebEgress;

before(async () => {
  bed = await ConnectorBed.start(({ headers }, response) => {
    response.setHeader('content-type', 'text/event-stream');
    response.end(`data: {"said":"${headers.authorization ?? headers['x-api-key']}"}\n\n`);
  });
  edge = new WebEgress({ vault: vaultOf(bed.desk), argumentsOf, metaOf });
  await bed.node.writer.submit(proposed('contract.register', { contract }));
});

after(() => bed.close());

function candidates(): readonly ModelCandidate[] {
  const url = bed.api.origin;
  return [
    { provider: 'openai', model: 'a', url, key: FIRST },
    { provider: 'openai', model: 'b', url, key: FIRST },
    { provider: 'anthropic', model: 'c', url, key: SECOND },
    { provider: 'ollama', model: 'd', url },
  ];
}

function paramsOf(route: string, list = candidates()): Readonly<Record<string, unknown>> {
  return { route, candidates: list.map(nameOfCandidate), max_tokens: 8, messages };
}

/** One question as the daemon has it sealed, to one of its candidates. */
async function sealed(
  route: string,
  candidate = 0,
  { under = contract, params = paramsOf(route) } = {},
): Promise<ModelInvocation> {
  const about = { contract: under, params };
  const { inputSchema: _, packet, ...rest } = await bed.sealed(route, undefined, { about });
  const mcp = { ...packet.payload.mcp, method: 'tools/invoke', params };
  return { ...rest, packet: { ...packet, payload: { mcp } }, candidate, streams: false };
}

async function told(invocation: ModelInvocation): Promise<string> {
  const exchanged = await edge.exchange(invocation, never);
  if (!exchanged.ok) {
    assert.equal(exchanged.error.isSent, false);
    return exchanged.error.code;
  }
  const chunks: Uint8Array[] = [];
  for await (const chunk of exchanged.value.body) chunks.push(chunk);
  assert.equal((await exchanged.value.receipt())?.packet_type, 'PKT_RECEIPT_COMMIT');
  return Buffer.concat(chunks).toString();
}

test('each candidate is asked once with its key, in its own header and shape', async () => {
  const question = await sealed('writer');
  const seen = bed.api.seen.length;
  for (const candidate of [0, 1, 2]) {
    const answer = await told({ ...question, candidate });
    assert.match(answer, /\[redacted\]/);
    assert.doesNotMatch(answer, new RegExp(bed.secret));
    assert.equal(await told({ ...question, candidate }), 'lease.used');
  }
  const [first, second, third, ...more] = bed.api.seen.slice(seen);
  assert.deepEqual(more, []);
  const asked = { model: 'a', messages: [{ role: 'user', content: 'Hello' }], max_tokens: 8 };
  assert.deepEqual([first?.path, JSON.parse(first?.body ?? '')], ['/v1/chat/completions', asked]);
  assert.equal(first?.headers.authorization, `Bearer ${bed.secret}`);
  assert.equal(JSON.parse(second?.body ?? '').model, 'b');
  assert.deepEqual([third?.path, third?.headers['x-api-key']], ['/v1/messages', bed.secret]);
  assert.equal(third?.headers.authorization, undefined);
});

test('how an answer comes is all that whoever asks may choose', async () => {
  const question = { ...(await sealed('streams')), streams: true };
  assert.match(await told(question), /redacted/);
  assert.equal(JSON.parse(bed.api.seen.at(-1)?.body ?? '').stream, true);
});

test('nothing of a sealed question can be changed, nor its candidates or contract', async () => {
  const sound = await sealed('sound');
  const other = await sealed('other');
  const { packet } = sound;
  const { mcp } = packet.payload;
  const asking = (changed: object) => ({ ...packet, payload: { mcp: { ...mcp, ...changed } } });
  const [first] = candidates();
  const moved = paramsOf('sound', [{ ...(first as ModelCandidate), url: 'http://127.0.0.1:9' }]);
  const hostile: readonly ModelInvocation[] = [
    { ...sound, packet: asking({ params: moved }) },
    { ...sound, packet: asking({ params: { ...mcp.params, messages: '[]' } }) },
    { ...sound, packet: asking({ method: 'tools/POST' }) },
    { ...sound, packet: { ...packet, lease_id: other.packet.lease_id } },
    { ...sound, included: other.included },
    { ...sound, contract: modelContract([FIRST]) },
    { ...sound, contract: { ...contract, secret_slots: ['third-key'] } },
    { ...sound, candidate: 3 },
    { ...sound, candidate: 4 },
    { ...sound, candidate: -1 },
  ];
  const before = bed.api.seen.length;
  for (const [at, each] of hostile.entries()) {
    assert.match(await told(each), /^(edge|lease|log|seal)\./, `case ${at}`);
  }
  const milder: RuntimeToolContract[] = [
    { ...contract, effect: 'read' },
    { ...contract, secret_slots: [FIRST, SECOND, 'third-key'] },
    { ...contract, target: 'model::free' },
  ];
  for (const under of milder) {
    await bed.node.writer.submit(proposed('contract.register', { contract: under }));
    assert.equal(await told(await sealed('milder', 0, { under })), 'edge.not_sealed');
  }
  assert.equal(bed.api.seen.length, before);
  assert.match(await told(sound), /redacted/);
});

test('what a program said is sent in other words only where those are sealed', async () => {
  const far = candidates()[2] as ModelCandidate;
  const body = JSON.stringify({ model: 'gpt-5', messages: [{ role: 'user', content: 'Hello' }] });
  const said = { provider: 'openai', isStreamed: false, headers: [], body } as const;
  const request = saidRequestOf(far, said);
  assert.ok(request.ok);
  const under = passedContract([SECOND]);
  await bed.node.writer.submit(proposed('contract.register', { contract: under }));
  const asked = async (route: string, sent: string, asked_as = 'openai', said = body) => {
    const about = { route, candidates: [nameOfCandidate(far)], asked_model: 'gpt-5' };
    const params = { ...about, stream: false, headers: [], asked_as, body };
    Object.assign(params, { said: digestBytes(said), sent: [sent] });
    const { packet, ...rest } = await sealed(route, 0, { under, params });
    const mcp = { ...packet.payload.mcp, method: 'tools/pass' };
    return told({ ...rest, packet: { ...packet, payload: { mcp } } });
  };
  const digest = digestBytes(request.value.body);
  const before = bed.api.seen.length;
  assert.equal(await asked('other words', digestBytes('others')), 'edge.not_sealed');
  assert.equal(await asked('same words', digest, 'anthropic'), 'edge.not_sealed');
  for (const no of ['toString', 'ollama', '']) {
    assert.equal(await asked(`no protocol ${no}`, digest, no), 'edge.not_sealed');
  }
  assert.equal(bed.api.seen.length, before);
  assert.match(await asked('these words', digest), /redacted/);
  const sent = bed.api.seen.at(-1);
  assert.deepEqual([sent?.path, sent?.body], ['/v1/messages', request.value.body]);
  // As where a rule took something out of it before it was sealed.
  assert.match(await asked('taken out', digestBytes('a'), 'openai', `${body} `), /redacted/);
  assert.equal(bed.api.seen.at(-1)?.body, request.value.body);
});

test('a question that was given up is told no key, whichever candidate', async () => {
  const { included, ...rest } = await sealed('given up');
  const entry = JSON.parse(included.text) as LogEntry;
  const { request } = entry.payload as { request: ActionRequest };
  const committed_hash = `sha256:${rest.packet.lease_id.slice('lease_'.length)}`;
  const settle = { kind: 'settle_operation', committed_hash };
  assert.deepEqual(await bed.desk.answer(settle), { kind: 'operation', wasLeased: false });
  assert.equal(await told({ included, ...rest, candidate: 2 }), 'lease.used');
  assert.equal(bed.desk.wasTold(hashOf(request)), false);
  const begun = await sealed('begun', 1);
  await told(begun);
  const of = `sha256:${begun.packet.lease_id.slice('lease_'.length)}`;
  const again = await bed.desk.answer({ ...settle, committed_hash: of });
  assert.deepEqual(again, { kind: 'operation', wasLeased: true });
  assert.equal(await told({ ...begun, candidate: 2 }), 'lease.used');
});

test('parts are of questions to models alone, and no more than candidates can be', async () => {
  const question = await sealed('parts');
  const entry = JSON.parse(question.included.text) as LogEntry;
  const { request } = entry.payload as { request: ActionRequest };
  const committed_hash = `sha256:${question.packet.lease_id.slice('lease_'.length)}`;
  const about = { request_hash: hashOf(request), committed_hash, name: FIRST };
  const lease = { kind: 'lease_operation', ...about, server: MODEL_SERVER, origin: bed.api.origin };
  for (const part of [8, -1, 0.5, '0']) {
    assert.equal((await bed.desk.answer({ ...lease, part })).kind, 'refused');
  }
  assert.equal((await bed.desk.answer({ ...lease, part: 7 })).kind, 'leased');
});
