import { appendsPerSecond } from './rival-appends.ts';

type Emmett = {
  getPostgreSQLEventStore(url: string): {
    appendToStream(stream: string, events: readonly object[]): Promise<unknown>;
  };
};

/**
 * Alone in its process, which it leaves with connections open that fail once the server is gone.
 * Arguments: the module, the server's address, appends, writers, the text of an event.
 */
const [module = '', url = '', appends = '', writers = '', text = ''] = process.argv.slice(2);
const { getPostgreSQLEventStore } = (await import(module)) as Emmett;
const store = getPostgreSQLEventStore(url);
const event = { type: 'put', data: { text } };
await store.appendToStream('first', [event]);
const perSecond = await appendsPerSecond(Number(appends), Number(writers), (writer) =>
  store.appendToStream(`stream-${writer}`, [event]),
);
process.stdout.write(`${perSecond}\n`, () => process.exit(0));
