import { flushCompileCache } from 'node:module';
import { overChannel, SealedDomain } from '@ioi/kit';
import type { Shown } from './domain-audit.ts';

export const DOMAIN = 'agentgres://domain/evidence.example';
const WRITERS = 16;

export const NOTE_CLASS = {
  object_class: 'Note',
  schema_version: '1.0.0',
  schema: { type: 'object', fields: { text: { type: 'text', max_length: 80 } } },
};

/** What a life tells its parent: who its guardian is, and each object that was sealed. */
export type Told = { readonly guardian: number } | ({ readonly sealed: string } & Shown);

/** Opens the domain and submits operations until it is killed. */
export async function live(home: string, life: string): Promise<void> {
  const tell = (told: Told): void => void process.send?.(told);
  const sealed = new SealedDomain(home, () => process.exit(1));
  tell({ guardian: sealed.guardianPid });
  const node = await sealed.openNode();
  await node.submit(overChannel('domain/open', { domain_id: DOMAIN }));
  const writer = await sealed.open(DOMAIN);
  await writer.submit(overChannel('objects/class.define', NOTE_CLASS));
  flushCompileCache();
  const work = async (client: number): Promise<void> => {
    for (let at = 0; ; at += 1) {
      const id = `note_${life}_${client}_${at}`;
      const put = overChannel('objects/put', { object_class: 'Note', id, value: { text: id } });
      const submitted = await writer.submit(put);
      if (!submitted.ok) continue;
      const { size, root } = submitted.value.seal;
      tell({ sealed: id, size: Number(size), root });
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, (_, client) => work(client)));
}
