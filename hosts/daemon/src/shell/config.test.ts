import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { type NodeConfig, readConfig } from './config.ts';

const folder = mkdtempSync(join(tmpdir(), 'ioi-config-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const URL = 'postgresql://ioi:secret@db.example.org/ioi';

function reading(store: unknown): NodeConfig {
  const path = join(folder, 'node.json');
  writeFileSync(path, JSON.stringify({ format: 'ioi-node/1', servers: [], store }));
  return readConfig(path);
}

test('a store is read as it stands, or there is none', () => {
  assert.equal(reading(undefined).store, undefined);
  for (const store of [
    { kind: 'postgres', url: URL },
    { kind: 'postgres', url: 'postgres:///ioi?host=/run/postgresql', schema: 'node_1' },
  ]) {
    assert.deepEqual(reading(store).store, store);
  }
});

test('a store that does not fit is refused by the place that is wrong', () => {
  const wrong: [unknown, RegExp][] = [
    [null, /\/store must be an object/],
    [{ kind: 'sqlite' }, /\/store\/kind must be "postgres"/],
    [{ kind: 'postgres' }, /\/store\/url must begin with postgresql:\/\//],
    [{ kind: 'postgres', url: 'mysql://ioi:secret@host/db' }, /\/store\/url must begin/],
    [{ kind: 'postgres', url: URL, schema: 'Ioi' }, /\/store\/schema must be lower case/],
    [{ kind: 'postgres', url: URL, schema: 'pg_ioi' }, /\/store\/schema must be lower case/],
    [{ kind: 'postgres', url: URL, ssl: true }, /\/store\/ssl is not known; known are kind, url/],
  ];
  for (const [store, message] of wrong) {
    const thrown = { code: 'config.invalid', message };
    assert.throws(() => reading(store), thrown);
    assert.throws(
      () => reading(store),
      (fault: Error) => !fault.message.includes('secret'),
    );
  }
});

test('a field nobody knows, and values that cannot be, are refused', () => {
  const path = join(folder, 'node.json');
  const intent = {
    intent_class: 'add',
    primitive_capabilities: ['prim:math.eval'],
    authority_scopes: [],
    retrieval_affordances: [],
  };
  const wrong: [object, RegExp][] = [
    [{ intents: [{}] }, /\/intents\/0 does not fit IntentDefinition/],
    [{ intents: [intent] }, /\/intents: OntologyViolation: prim:math.eval is no primitive/],
    [{ retentoin: {} }, /\/retentoin is not known; known are format/],
    [{ open_domains_max: 0 }, /\/open_domains_max must be a whole number from 1/],
    [{ open_domains_max: '9' }, /\/open_domains_max must be a whole number from 1/],
  ];
  for (const [more, message] of wrong) {
    writeFileSync(path, JSON.stringify({ format: 'ioi-node/1', servers: [], ...more }));
    assert.throws(() => readConfig(path), { code: 'config.invalid', message });
  }
  assert.equal(reading(undefined).open_domains_max, 256);
});

test('a credential is for a server at a URL that may carry one', () => {
  const path = join(mkdtempSync(join(folder, 'credential-')), 'node.json');
  const write = (server: object): void => {
    const servers = [{ name: 'mail', url: 'https://mail.example/mcp', ...server }];
    writeFileSync(path, JSON.stringify({ format: 'ioi-node/1', servers }));
  };
  write({ credential: 'mail-token' });
  assert.equal(readConfig(path).servers[0]?.credential, 'mail-token');
  const wrong: [object, RegExp][] = [
    [{ credential: 7 }, /\/servers\/0\/credential must be lower case/],
    [{ credential: 'Bearer abc' }, /\/servers\/0\/credential must be lower case/],
    [{ credential: 'a', url: 'http://mail.example' }, /\/credential is sent to https/],
    [{ credential: 'a', url: undefined, command: 'x' }, /\/credential is for a server with \/url/],
    [{ credentials: 'a' }, /\/servers\/0\/credentials is not known/],
  ];
  for (const [server, message] of wrong) {
    write(server);
    assert.throws(() => readConfig(path), { code: 'config.invalid', message });
  }
});
