import { overChannel, SealedDomain } from '@ioi/kit';

/**
 * One life of a writer, as a process of its own so that it can be killed at any point: opens the
 * domain and submits operations, telling its parent of each that was acknowledged. Started with
 * the home, the number of the life, and how many operations are under way at once.
 */
const DOMAIN = 'agentgres://domain/evidence.example';
const [home = '', life = '0', writers = '16'] = process.argv.slice(2);

const sealed = new SealedDomain(home, () => process.exit(1));
process.send?.({ guardian: sealed.guardianPid });
const node = await sealed.openNode();
await node.submit(overChannel('domain/open', { domain_id: DOMAIN }));
const writer = await sealed.open(DOMAIN);
await writer.submit(
  overChannel('objects/class.define', {
    object_class: 'Note',
    schema_version: '1.0.0',
    schema: { type: 'object', fields: { text: { type: 'text', max_length: 80 } } },
  }),
);
let at = 0;
await Promise.all(
  Array.from({ length: Number(writers) }, async () => {
    for (;;) {
      at += 1;
      const id = `note_${life}_${at}`;
      const put = overChannel('objects/put', { object_class: 'Note', id, value: { text: id } });
      const submitted = await writer.submit(put);
      if (submitted.ok) process.send?.({ sealed: id, size: submitted.value.seal.size });
    }
  }),
);
