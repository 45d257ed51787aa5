import assert from 'node:assert/strict';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { SqliteStore, type Submitted } from '@ioi/agentgres/shell';
import { PostgresServer, whyNoPostgres } from '@ioi/agentgres/testing';
import { encodeUtf8 } from '@ioi/basis';
import { until } from '@ioi/basis/testing';
import { SealKeys } from '@ioi/guardian/shell';
import { type ContractHead, keys, nodeModules, type ProposedOperation } from '@ioi/law';
import { verify } from '@ioi/verifier';
import { hashOf, NodeKit, proposed, writeContract } from '../testing/node-kit.ts';
import { DomainLog } from './domain-log.ts';
import { exportText, sizeOf } from './export.ts';
import { HeadReader } from './head-reader.ts';
import { NODE_DOMAIN } from './writer-messages.ts';

const registering = (tool: string): ProposedOperation =>
  proposed('contract.register', { contract: { ...writeContract, tool } });
const contractKey = (tool: string) => keys.contract(hashOf({ ...writeContract, tool }));

const skip = whyNoPostgres() ?? false;
let server: PostgresServer;
let kit: NodeKit;
let folder: string;
let log: DomainLog;
let cosign: () => Promise<string>;

const open = async (isEmbedded = false): Promise<void> => {
  const { channel, guardian } = await kit.guardian();
  cosign = async () => {
    const [latest] = guardian.uncosigned();
    assert.ok(latest);
    return new SealKeys(kit.seal).cosign(latest.note, latest.frontier, latest.origin);
  };
  log = await DomainLog.open({
    domain: NODE_DOMAIN,
    folder,
    storeConfig: isEmbedded ? undefined : { kind: 'postgres', url: server.url() },
    channel,
    modules: nodeModules(),
    onSealed: () => {},
  });
};
const reopen = async (): Promise<void> => {
  await log.writer.close();
  kit.closeGuardian();
  await open();
};
const reading = <T>(read: (reader: HeadReader) => T): T => {
  const reader = new HeadReader(folder);
  reader.sealed([], log.opened.size);
  const result = read(reader);
  reader.close();
  return result;
};
/** What the verifier says of an export of everything that is sealed. */
const verdict = async () => {
  await reopen();
  const note = await cosign();
  const text = reading((reader) => exportText(reader, { note, size: sizeOf(note) }));
  assert.ok(text.ok);
  const lines = text.text.split('\n');
  return { report: verify([encodeUtf8(text.text)]), lines };
};

before(async () => {
  if (skip) return;
  server = await PostgresServer.start();
});
after(() => server?.remove());
beforeEach(async () => {
  if (skip) return;
  kit = new NodeKit();
  folder = join(kit.folder, 'data');
  await open();
});
afterEach(async () => {
  if (skip) return;
  await log.writer.close();
  kit.closeGuardian();
  kit.remove();
});

test('what it sealed is read here, and its export verifies', { skip }, async () => {
  for (const tool of ['a', 'b']) assert.ok((await log.writer.submit(registering(tool))).ok);
  const { report } = await verdict();
  assert.deepEqual(report.findings, []);
  const head = reading((reader) => reader.get<ContractHead>(contractKey('a')));
  assert.equal(head?.contract.tool, 'a');
});

test('the copy that is read is fetched when it is lost, damaged or behind', { skip }, async () => {
  assert.ok((await log.writer.submit(registering('a'))).ok);
  await reopen();
  const whole = reading((reader) => reader.texts(0, reader.size));
  for (const harm of [
    () => rmSync(folder, { recursive: true }),
    () => writeFileSync(join(folder, 'log.db'), 'no database'),
    () => rmSync(join(folder, 'heads.db')),
    () => rmSync(join(folder, 'log.db')),
  ]) {
    await log.writer.close();
    kit.closeGuardian();
    harm();
    await open();
    assert.ok(existsSync(join(folder, 'heads.db')));
    assert.deepEqual(
      reading((reader) => reader.texts(0, whole.length)),
      whole,
    );
    assert.ok(reading((reader) => reader.get(contractKey('a'))) !== undefined);
    const copy = new SqliteStore(folder, { readOnly: true });
    assert.equal(copy.leaves(0n, copy.size()).length, log.opened.size);
    copy.close();
  }
});

test('a log that is in the folder already is not replaced', { skip }, async () => {
  await log.writer.close();
  kit.closeGuardian();
  kit.remove();
  kit = new NodeKit();
  folder = join(kit.folder, 'data');
  await open(true);
  assert.ok((await log.writer.submit(registering('a'))).ok);
  await assert.rejects(reopen(), { code: 'log.behind_seal' });
  kit.closeGuardian();
  await open(true);
  assert.ok(reading((reader) => reader.get(contractKey('a'))) !== undefined);
});

test('a server that restarts halts the writer; ids then tell what stands', { skip }, async () => {
  const operations = Array.from({ length: 400 }, (_, at) => registering(`tool${at}`));
  let told = 0;
  let hasEnded = false;
  const answers = operations.map(async (operation, at): Promise<Submitted | undefined> => {
    await sleep(at);
    // However fast it is, some come when the server has ended.
    if (at > 300) await until('the server ended', () => hasEnded);
    const answer = await log.writer.submit(operation).catch(() => undefined);
    if (answer?.ok === true) told += 1;
    return answer;
  });
  await until('some are answered', () => told > 0);
  await server.end();
  hasEnded = true;
  await server.restart();
  const first = await Promise.all(answers);
  assert.ok(told > 0 && told < operations.length, `${told} were answered`);
  await assert.rejects(log.writer.submit(registering('late')), { code: 'log.in_doubt' });
  await reopen();
  const again = await Promise.all(operations.map((each) => log.writer.submit(each)));
  again.forEach((answer, at) => {
    const isDuplicate = !answer.ok && answer.error.code === 'operation.duplicate';
    assert.ok(first[at]?.ok ? isDuplicate : isDuplicate || answer.ok);
  });
  const { report, lines } = await verdict();
  assert.deepEqual(report.findings, []);
  const entries = lines.flatMap((line) => (line.includes('"operation_id"') ? [line] : []));
  for (const { operation_id: id } of operations) {
    assert.equal(entries.filter((line) => line.includes(id)).length, 1);
  }
});
