import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { argumentsOf, metaOf } from '@ioi/firewall';
import { PUSH_PROBE_TOOL, secretWebContract, webContracts } from '@ioi/law';
import type { RuntimeToolContract } from '@ioi/protocol';
import { placeholderOf, type WebInvocation } from '@ioi/wallet';
import { WebEgress } from '@ioi/wallet/shell';
import { ConnectorBed, vaultOf } from '../../testing/connector-bed.ts';
import { proposed } from '../../testing/node-kit.ts';

const NAME = 'pay-key';
const contract = secretWebContract('POST', NAME) as RuntimeToolContract;
const placeholder = placeholderOf('5c'.repeat(20));
const never = new AbortController().signal;
let bed: ConnectorBed;
let web: WebEgress;
let grant: string;

before(async () => {
  bed = await ConnectorBed.start(({ headers }, response) => {
    const told = String(headers.authorization);
    response.setHeader('content-type', 'text/event-stream');
    response.write(`data: ${told.slice(0, 20)}`, () => response.end(`${told.slice(20)}\n\n`));
  });
  web = new WebEgress({ vault: vaultOf(bed.desk), argumentsOf, metaOf });
  await bed.node.writer.submit(proposed('contract.register', { contract }));
  grant = await bed.grant({}, { contract, params: paramsWith('ask') });
});

after(() => bed.close());

function paramsWith(body: string): Readonly<Record<string, unknown>> {
  const headers = JSON.stringify([['authorization', `Bearer ${placeholder}`]]);
  return { url: `${bed.api.origin}/do`, method: 'POST', body, _meta: { headers, placeholder } };
}

/** One request as the daemon has it sealed, under this contract. */
async function sealed(body: string, under = contract): Promise<WebInvocation> {
  const params = paramsWith(body);
  const about = { contract: under, params };
  const { inputSchema: _, packet, ...rest } = await bed.sealed(body, grant, { about });
  const { _meta, ...asked } = params;
  const mcp = { ...packet.payload.mcp, method: `tools/${under.tool}`, params: asked };
  return { ...rest, packet: { ...packet, payload: { mcp } } };
}

async function codeOf(invocation: WebInvocation): Promise<string> {
  const exchanged = await web.exchange(invocation, never);
  if (exchanged.ok) return 'sent';
  assert.equal(exchanged.error.isSent, false);
  return exchanged.error.code;
}

test('what is sealed is sent once with the secret, and comes back without it', async () => {
  const invocation = await sealed('once');
  const exchanged = await web.exchange(invocation, never);
  assert.ok(exchanged.ok, JSON.stringify(exchanged));
  const chunks: Uint8Array[] = [];
  for await (const chunk of exchanged.value.body) chunks.push(chunk);
  assert.equal(Buffer.concat(chunks).toString(), 'data: Bearer [redacted]\n\n');
  assert.equal(bed.api.seen.at(-1)?.headers.authorization, `Bearer ${bed.secret}`);
  const receipt = await exchanged.value.receipt();
  assert.equal(receipt?.packet_type, 'PKT_RECEIPT_COMMIT');
  assert.equal(await codeOf(invocation), 'lease.used');
});

test('what git asks of a repository has its secret too, under a contract of its own', async () => {
  const own = secretWebContract(PUSH_PROBE_TOOL, NAME) as RuntimeToolContract;
  await bed.node.writer.submit(proposed('contract.register', { contract: own }));
  assert.equal(await codeOf(await sealed('0000', own)), 'sent');
  assert.equal(bed.api.seen.at(-1)?.method, 'POST');
});

test('nothing of a sealed request can be changed, nor its contract', async () => {
  const sound = await sealed('sound');
  const other = await sealed('other');
  const { packet } = sound;
  const { mcp } = packet.payload;
  const asking = (changed: object) => ({ ...packet, payload: { mcp: { ...mcp, ...changed } } });
  const url = 'http://127.0.0.1:9/';
  const hostile: readonly WebInvocation[] = [
    { ...sound, packet: asking({ params: { ...mcp.params, url } }) },
    { ...sound, packet: asking({ method: 'tools/GET' }) },
    { ...sound, packet: { ...packet, lease_id: other.packet.lease_id } },
    { ...sound, included: other.included },
    { ...sound, included: { ...sound.included, text: sound.included.text.replace('sound', 'x') } },
    { ...sound, contract: { ...contract, secret_slots: ['another'] } },
  ];
  const before = bed.api.seen.length;
  for (const [at, each] of hostile.entries()) {
    assert.notEqual(await codeOf(each), 'sent', `case ${at}`);
  }
  const plain = webContracts.get('POST') as RuntimeToolContract;
  const milder = [
    { ...contract, authority_scopes: [] },
    { ...plain, secret_slots: [NAME] },
  ];
  for (const each of milder) {
    await bed.node.writer.submit(proposed('contract.register', { contract: each }));
    assert.equal(await codeOf(await sealed('milder', each)), 'edge.not_sealed');
  }
  assert.equal(bed.api.seen.length, before);
  assert.equal(await codeOf(sound), 'sent');
});
