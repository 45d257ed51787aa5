import assert from 'node:assert/strict';
import { join } from 'node:path';
import { afterEach, test } from 'node:test';
import { nodeDomainOf } from '@ioi/law';
import { NodeKit, proposed, started } from '../../testing/node-kit.ts';
import { HeadReader } from '../head-reader.ts';
import type { DomainHandle } from './domains.ts';
import { explainItem } from './explain-item.ts';

let kit: NodeKit;
afterEach(() => {
  kit.closeGuardian();
  kit.remove();
});

const open = (name: string) => {
  return proposed('domain/open', { domain_id: `agentgres://domain/${name}.example` });
};

test('what a crash left unsealed is explained as voided, commit entry or not', async () => {
  kit = new NodeKit();
  const first = await started(kit);
  const sealed = Number(first.store.size());
  first.store.close();
  kit.closeGuardian();
  const { channel } = await kit.guardian();
  const failing = Object.assign(Object.create(channel), {
    seal: () => Promise.reject(new Error('killed')),
    open: () => channel.open(),
    prepare: channel.prepare.bind(channel),
    closing: channel.closing.bind(channel),
  });
  const { writer } = await kit.writer(failing);
  await assert.rejects(writer.submit(open('lost')));
  kit.closeGuardian();
  const again = await kit.writer((await kit.guardian()).channel);
  assert.ok((await again.writer.submit(open('kept'))).ok);
  const reader = new HeadReader(join(kit.folder, 'data'));
  reader.sealed([], Number(again.store.size()));
  const latest = { note: '', cosigned: '', seal: undefined };
  const domainId = nodeDomainOf(kit.genesis.node_id);
  const handle = { domainId, origin: kit.genesis.origin, slot: '', reader, latest };
  const about = (seq: number) => explainItem(handle as unknown as DomainHandle, String(seq));
  const isVoided = reader
    .entries(sealed, reader.size)
    .filter(({ operation }) => operation === 'domain/open')
    .map(({ seq }) => about(Number(seq))?.is_voided);
  reader.close();
  assert.deepEqual(isVoided, [true, false]);
});
