import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { BridgeProcess } from '../testing/bridge-process.ts';
import { openMarket } from '../testing/sample-market.ts';
import { TestNode } from '../testing/test-node.ts';

// Mappers that nothing here depends on: where they were not fetched (.ci/run), the tests say so.
const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
const FETCHED = join(ROOT, 'node_modules/.cache/ioi-orms');
const TYPEORM = join(FETCHED, 'node_modules/typeorm');
const PRISMA = join(FETCHED, 'node_modules/prisma/build/index.js');
const node = new TestNode();
const SERVICES = 8;
const noTypeOrm = !existsSync(TYPEORM) && 'no TypeORM was fetched';
const noPrisma = !existsSync(PRISMA) && 'no Prisma was fetched';
let bridge: BridgeProcess;

before(async () => {
  if (noTypeOrm && noPrisma) return;
  assert.equal((await node.init()).code, 0);
  assert.equal((await node.ioi('up', '--detach')).code, 0);
  await openMarket(node, SERVICES);
  bridge = await BridgeProcess.start(node);
});

after(async () => {
  await (bridge as BridgeProcess | undefined)?.close();
  await node.close();
});

/** What is used of it. */
type TypeOrm = {
  readonly EntitySchema: new (about: object) => object;
  readonly DataSource: new (
    about: object,
  ) => {
    initialize(): Promise<unknown>;
    destroy(): Promise<void>;
    query(sql: string, parameters?: readonly unknown[]): Promise<unknown>;
    createQueryRunner(): {
      getTable(name: string): Promise<{ columns: { name: string; type: string }[] } | undefined>;
      release(): Promise<void>;
    };
    getRepository(entity: object): {
      findBy(where: object): Promise<{ id: string }[]>;
      findAndCount(about: object): Promise<readonly [{ id: string }[], number]>;
      insert(row: object): Promise<unknown>;
    };
    transaction<T>(work: (manager: { query(sql: string): Promise<T> }) => Promise<T>): Promise<T>;
  };
};

test('TypeORM introspects and queries, unmodified', { skip: noTypeOrm }, async () => {
  const { DataSource, EntitySchema }: TypeOrm = (await import(join(TYPEORM, 'index.js'))).default;
  const text = { type: 'text' };
  const service = new EntitySchema({
    ...{ name: 'service', tableName: 'objects', schema: 'market_example' },
    columns: { id: { ...text, primary: true }, object_class: { ...text, primary: true } },
  });
  const source = new DataSource({ type: 'postgres', url: bridge.url.href, entities: [service] });
  await source.initialize();
  const runner = source.createQueryRunner();
  const table = await runner.getTable('market_example.objects');
  assert.equal(table?.columns.find(({ name }) => name === 'id')?.type, 'text');
  await runner.release();
  const services = source.getRepository(service);
  const where = { object_class: 'Service' };
  assert.equal((await services.findBy(where)).length, SERVICES);
  const [page, all] = await services.findAndCount({ where, order: { id: 'ASC' }, take: 3 });
  assert.deepEqual([page.map(({ id }) => id), all], [['svc_0', 'svc_1', 'svc_2'], SERVICES]);
  const one = 'SELECT id FROM market_example.objects WHERE id = $1';
  assert.deepEqual(await source.query(one, ['svc_1']), [{ id: 'svc_1' }]);
  const counted = await source.transaction((manager) => manager.query('SELECT 1 AS n'));
  assert.deepEqual(counted, [{ n: 1 }]);
  await assert.rejects(services.insert({ id: 'x', object_class: 'Service' }), { code: '25006' });
  await source.destroy();
});

const SCHEMA = `
  generator client {
    provider = "prisma-client"
    output = "./made"
    generatedFileExtension = "ts"
    importFileExtension = "ts"
  }
  datasource db {
    provider = "postgresql"
    schemas = ["market_example"]
  }
  model objects {
    object_class String
    id String
    @@id([object_class, id])
    @@schema("market_example")
  }
`;

/** What is used of it. */
type Prisma = {
  readonly objects: {
    findMany(about: object): Promise<{ id: string }[]>;
    count(about: object): Promise<number>;
    groupBy(about: object): Promise<{ _count: number }[]>;
    create(about: object): Promise<unknown>;
  };
  $queryRaw(parts: TemplateStringsArray, ...values: readonly unknown[]): Promise<unknown>;
  $transaction<T>(asked: readonly Promise<T>[]): Promise<readonly T[]>;
  $disconnect(): Promise<void>;
};

test('Prisma queries, unmodified', { skip: noPrisma }, async () => {
  const folder = join(node.folder, 'prisma');
  mkdirSync(folder);
  symlinkSync(join(FETCHED, 'node_modules'), join(folder, 'node_modules'));
  writeFileSync(join(folder, 'schema.prisma'), SCHEMA);
  const schema = ['generate', '--schema', join(folder, 'schema.prisma')];
  // Of its engine, which it would fetch, nothing is needed to read.
  const env = { PATH: process.env['PATH'], PRISMA_SCHEMA_ENGINE_BINARY: '/bin/true' };
  execFileSync(process.execPath, [PRISMA, ...schema], { env, cwd: folder, stdio: 'pipe' });
  const adapters = join(FETCHED, 'node_modules/@prisma/adapter-pg/dist/index.mjs');
  const { PrismaPg } = await import(adapters);
  const { PrismaClient } = await import(join(folder, 'made/client.ts'));
  const adapter = new PrismaPg({ connectionString: bridge.url.href });
  const client: Prisma = new PrismaClient({ adapter });
  const where = { object_class: 'Service' };
  const page = await client.objects.findMany({ where, orderBy: { id: 'asc' }, take: 2 });
  assert.deepEqual(
    page.map(({ id }) => id),
    ['svc_0', 'svc_1'],
  );
  const [groups] = await client.objects.groupBy({ by: ['object_class'], where, _count: true });
  assert.equal(groups?._count, SERVICES);
  const counts = await client.$transaction([client.objects.count({ where })]);
  assert.deepEqual(counts, [SERVICES]);
  const raw = client.$queryRaw`SELECT id FROM market_example.objects WHERE id = ${'svc_3'}`;
  assert.deepEqual(await raw, [{ id: 'svc_3' }]);
  const created = client.objects.create({ data: { ...where, id: 'x' } });
  await assert.rejects(created, /read-only|25006/);
  await client.$disconnect();
});
