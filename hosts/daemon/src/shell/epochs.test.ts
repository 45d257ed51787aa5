import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import type { SqliteStore } from '@ioi/agentgres/shell';
import { encodeUtf8 } from '@ioi/basis';
import { generateHybridKey } from '@ioi/crypto/shell';
import type { DomainChannel } from '@ioi/guardian/shell';
import { commitSummaryOf, EPOCH_CHANGE, keys, type NodeHead } from '@ioi/law';
import type { LogEntry } from '@ioi/protocol';
import { verify } from '@ioi/verifier';
import { type Attesting, headIn, NodeKit, proposed, writeContract } from '../testing/node-kit.ts';
import type { DomainLog } from './domain-log.ts';

const DOMAIN = 'agentgres://domain/example.org';
const contract = { contract: writeContract };

let kit: NodeKit;
afterEach(() => {
  kit.closeGuardian();
  kit.remove();
});

/** A node that sealed something, its writer closed. */
async function stopped(): Promise<Attesting> {
  kit = new NodeKit();
  const node = await kit.guardian();
  const log = await kit.openLog(node.channel);
  await log.writer.submit(proposed('contract.register', contract));
  await log.writer.close();
  return node;
}

/** The guardian that comes after, over the same folder. */
function next(): Promise<Attesting> {
  kit.closeGuardian();
  kit.tick(60_000n);
  return kit.guardian();
}

/** These nodes keep their logs in their own folders. */
const storeOf = ({ store }: DomainLog): SqliteStore => store as SqliteStore;

function entriesOf(log: DomainLog): LogEntry[] {
  const store = storeOf(log);
  return store.entries(0n, store.size()).map(({ text }) => JSON.parse(text) as LogEntry);
}

const operationsOf = (log: DomainLog): string[] => entriesOf(log).map((each) => each.operation);

/** A channel that is cut when a seal is asked for: the log has what nobody sealed. */
function cutBeforeSeal(channel: DomainChannel): DomainChannel {
  return Object.assign(Object.create(channel) as DomainChannel, {
    seal: () => Promise.reject(new Error('killed')),
    open: () => channel.open(),
    status: () => channel.status(),
    prepare: channel.prepare.bind(channel),
    closing: channel.closing.bind(channel),
    recover: channel.recover.bind(channel),
  });
}

test('who takes over says so first, and seals under its own key and origin', async () => {
  const first = await stopped();
  await kit.appoint(first);
  const { channel } = await next();
  const log = await kit.openLog(channel);
  const entries = entriesOf(log);
  const at = entries.findIndex(({ operation }) => operation === EPOCH_CHANGE);
  const [, , closing] = entries.slice(at);
  assert.equal(entries[at + 1]?.operation, 'boundary/clock.resync', 'in the same commit');
  assert.equal(closing && commitSummaryOf(closing)?.epoch, '1');
  assert.equal(closing && commitSummaryOf(closing)?.first_seq, String(at));
  const { seal, origin } = await channel.status();
  assert.equal(origin, `${kit.genesis.origin}/1`);
  assert.ok(seal?.note.startsWith(`${origin}\n${storeOf(log).size()}\n`));
  assert.ok((await log.writer.submit(proposed('contract.register', contract))).ok);
  await log.writer.close();
  const again = await kit.openLog((await next()).channel);
  assert.equal(operationsOf(again).filter((each) => each === EPOCH_CHANGE).length, 1);
  await again.writer.close();
});

test('a crash between log and seal leaves the change to be sealed, again and again', async () => {
  await kitWithCrash(2);
  const { channel } = await next();
  const log = await kit.openLog(channel);
  assert.equal(log.opened.recovered, true);
  assert.equal(headIn<NodeHead>(storeOf(log), keys.node)?.epoch, '1');
  assert.equal((await channel.status()).epoch, '1');
  assert.ok((await log.writer.submit(proposed('contract.register', contract))).ok);
  await log.writer.close();
});

async function kitWithCrash(times: number): Promise<void> {
  const first = await stopped();
  await kit.appoint(first);
  for (let crash = 0; crash < times; crash += 1) {
    const { channel } = await next();
    await assert.rejects(kit.openLog(cutBeforeSeal(channel)), /killed/);
  }
}

test('who takes over follows exactly what is sealed, by the word of the owner', async () => {
  const first = await stopped();
  await kit.appoint(first);
  const more = await kit.openLog(first.channel);
  await more.writer.submit(proposed('contract.register', contract));
  await more.writer.close();
  await assert.rejects(kit.openLog((await next()).channel), { code: 'epoch.wrong_root' });
  kit.closeGuardian();
  kit.remove();
  const other = await stopped();
  await kit.appoint(other, generateHybridKey());
  await assert.rejects(kit.openLog((await next()).channel), { code: 'epoch.not_authorised' });
});

test('a tail of the one before stands where the change would: a person has to look', async () => {
  const first = await stopped();
  kit.clock.wall += 3_600_000n;
  await assert.rejects(kit.openLog(cutBeforeSeal((await next()).channel)), /killed/);
  await kit.appoint(first);
  await assert.rejects(kit.openLog((await next()).channel), { code: 'recover.log_damaged' });
});

test('domains change with their node; one opened later begins in its epoch', async () => {
  kit = new NodeKit();
  const first = await kit.guardian();
  const log = await kit.openLog(first.channel);
  const open = (domain_id: string) =>
    log.writer.submit({ ...proposed('x', { domain_id }), operation: 'domain/open' });
  await open(DOMAIN);
  const later = `${DOMAIN}.later`;
  await open(later);
  await log.writer.close();
  const domain = await kit.openLog(first.all.domain(DOMAIN), DOMAIN);
  await domain.writer.close();
  await kit.appoint(first);
  const after = await next();
  const { all, channel } = after;
  await (await kit.openLog(channel)).writer.close();
  const changed = await kit.openLog(all.domain(DOMAIN), DOMAIN);
  const begun = await kit.openLog(all.domain(later), later);
  assert.ok(operationsOf(changed).includes(EPOCH_CHANGE));
  assert.deepEqual(operationsOf(begun), ['domain/genesis', 'domain/commit']);
  for (const each of [changed, begun]) {
    const head = headIn<NodeHead>(storeOf(each), keys.node);
    assert.equal(head?.epoch, '1');
    assert.ok(head?.origin.endsWith('/1'));
    const report = verify([encodeUtf8(await kit.exported(after, each))]);
    assert.deepEqual(report.findings, []);
  }
  await changed.writer.close();
  await begun.writer.close();
});
