import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, test } from 'node:test';
import type { DoctorReport, VerifyRootReport } from '@ioi/protocol';
import { runIoi } from '../../testing/run-ioi.ts';
import { MARKET, openMarket } from '../../testing/sample-market.ts';
import { TestNode } from '../../testing/test-node.ts';

const node = new TestNode();
let copies = 0;

before(async () => {
  assert.equal((await node.init()).code, 0);
  const up = await node.ioi('up', '--detach');
  assert.equal(up.code, 0, up.stderr);
  await openMarket(node, 60);
  assert.equal((await node.ioi('agentgres', 'status')).code, 0);
  assert.equal((await node.ioi('down')).code, 0);
});

after(() => node.close());

/** A copy of the stopped node, damaged in one way. */
class Patient {
  readonly home = join(node.folder, `copy-${++copies}`);
  readonly data = join(this.home, 'data');
  readonly market = join(this.data, 'domains', MARKET);

  constructor() {
    cpSync(node.home.folder, this.home, { recursive: true });
  }

  sql(path: string, ...statements: string[]): void {
    const database = new DatabaseSync(path);
    for (const statement of statements) database.exec(statement);
    database.close();
  }

  ioi(...args: string[]) {
    return runIoi(args, { env: { IOI_HOME: this.home } });
  }

  /** What the doctor says of it, and how it ended. */
  async examined(): Promise<{ codes: string[]; exit: number | null; report: DoctorReport }> {
    const { stdout, stderr, code } = await this.ioi('agentgres', 'doctor', '--json');
    assert.equal(stderr, '');
    const report = JSON.parse(stdout) as DoctorReport;
    return { codes: report.findings.map((each) => each.code), exit: code, report };
  }
}

async function isFound(code: string, damage: (patient: Patient) => void): Promise<void> {
  const patient = new Patient();
  damage(patient);
  const { codes, exit, report } = await patient.examined();
  assert.ok(codes.includes(code), `${code} is not in ${codes.join(', ')}`);
  assert.equal(exit, 12);
  for (const { means, next, where } of report.findings) assert.ok(means && next && where);
  rmSync(patient.home, { recursive: true });
}

/** Every file but those by which SQLite's processes tell each other who reads. */
function digestIn(folder: string): string {
  const hash = createHash('sha256');
  for (const entry of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
    const path = join(folder, entry);
    if (entry.endsWith('-shm') || !statSync(path).isFile()) continue;
    hash.update(`${entry} `).update(readFileSync(path));
  }
  return hash.digest('hex');
}

test('a stopped node is well, and nothing of it changes by looking', async () => {
  const patient = new Patient();
  const folders = [patient.data, join(patient.home, 'guardian')];
  const earlier = folders.map(digestIn);
  const { codes, exit, report } = await patient.examined();
  assert.deepEqual(codes, []);
  assert.equal(exit, 0);
  assert.equal(report.domains, 2);
  const text = await patient.ioi('agentgres', 'doctor');
  assert.match(text.stdout, /^well {2}2 domains, [0-9]+ entries looked at$/m);
  assert.equal((await patient.ioi('agentgres', 'verify-root')).code, 0);
  assert.equal((await patient.ioi('agentgres', 'replay')).code, 0);
  assert.deepEqual(folders.map(digestIn), earlier);
});

test('a torn page of the log is named', () =>
  isFound('file.unreadable', ({ market, sql }) => {
    const path = join(market, 'log.db');
    sql(path, 'PRAGMA wal_checkpoint(TRUNCATE)');
    const bytes = readFileSync(path);
    bytes.fill(0xa5, 4096 * 3, 4096 * 5);
    writeFileSync(path, bytes);
  }));

test('deleted entries are named', async () => {
  await isFound('log.gap', ({ sql, market }) => {
    sql(join(market, 'log.db'), 'DELETE FROM entries WHERE seq BETWEEN 5 AND 7');
  });
  await isFound('log.behind_seal', ({ sql, market }) => {
    sql(join(market, 'log.db'), 'DELETE FROM entries WHERE seq > 9');
  });
});

test('files of another version are named', async () => {
  for (const name of ['log.db', 'heads.db']) {
    await isFound('file.foreign_format', ({ sql, market }) => {
      sql(join(market, name), 'PRAGMA user_version = 99');
    });
  }
});

test('a changed entry is named, and verify-root refuses it', async () => {
  const change = "UPDATE entries SET text = replace(text, 'Service svc_7', 'Service svc_8')";
  await isFound('log.entry_differs', ({ sql, market }) => sql(join(market, 'log.db'), change));
  const patient = new Patient();
  patient.sql(join(patient.market, 'log.db'), change);
  for (const flags of [[], ['--log-only']]) {
    const ran = await patient.ioi(
      'agentgres',
      'verify-root',
      '--domain',
      MARKET,
      '--json',
      ...flags,
    );
    assert.equal(ran.code, 12);
    const report = JSON.parse(ran.stdout) as VerifyRootReport;
    const code = report.domains[0]?.fault?.code ?? '';
    assert.ok(['log.differs_from_seal', 'state.differs'].includes(code), code);
  }
  const text = await patient.ioi('agentgres', 'verify-root', '--domain', MARKET);
  assert.match(text.stdout, /^FAIL {2}1 of 1 domains$/m);
});

test('a payload that is not what its digest names is named', () =>
  isFound('log.payload_differs', ({ sql, data }) => {
    sql(join(data, 'log.db'), `INSERT INTO payloads VALUES ('sha256:${'0'.repeat(64)}', 'x')`);
  }));

test('missing and changed heads are named', async () => {
  await isFound('heads.missing', ({ market }) => rmSync(join(market, 'heads.db')));
  await isFound('heads.differ', ({ sql, market }) => {
    sql(join(market, 'heads.db'), "UPDATE heads SET value = '{}' WHERE head_class = 'class'");
  });
  await isFound('heads.of_another_log', ({ sql, market }) => {
    const peaks = "replace(peaks, substr(peaks, 3, 4), 'abcd')";
    sql(join(market, 'heads.db'), `UPDATE watermark SET peaks = ${peaks}`);
  });
});

test('a cut snapshot of the state tree is named', () =>
  isFound('tree.damaged', ({ market }) => {
    const path = join(market, 'tree.bin');
    truncateSync(path, statSync(path).size - 40);
  }));

test('a projection of another definition, and a damaged one, are named', async () => {
  const filesIn = (data: string): string[] => {
    const folder = join(data, 'projections');
    return readdirSync(folder)
      .filter((name) => name.endsWith('.db'))
      .map((name) => join(folder, name));
  };
  await isFound('projection.other_definition', ({ data }) => {
    const [one = ''] = filesIn(data);
    const other = one.replace(/[0-9a-f]{64}/, 'ab'.repeat(32));
    renameSync(one, other);
  });
  await isFound('projection.unreadable', ({ data }) => {
    const [one = ''] = filesIn(data);
    writeFileSync(one, readFileSync(one).fill(0x5a, 4096, 4096 * 2));
  });
  await isFound('projection.of_another_log', ({ data, sql }) => {
    const peaks = "replace(peaks, substr(peaks, 3, 4), 'abcd')";
    sql(filesIn(data)[0] ?? '', `UPDATE state SET peaks = ${peaks}`);
  });
});

test('a guardian that is gone, older or damaged is named', async () => {
  await isFound('seal.missing', ({ home }) => {
    rmSync(join(home, 'guardian', 'domains', `${MARKET}.db`));
  });
  await isFound('seal.rolled_back', ({ home, sql }) => {
    const older = `json_set(seal, '$.note', replace(json_extract(seal, '$.note'),
      char(10) || json_extract(seal, '$.size') || char(10), char(10) || '2' || char(10)),
      '$.size', '2')`;
    sql(join(home, 'guardian', 'domains', `${MARKET}.db`), `UPDATE journal SET seal = ${older}`);
  });
  await isFound('seal.bad_signature', ({ home, sql }) => {
    const changed = "replace(seal, substr(json_extract(seal, '$.note'), -12, 6), 'AAAAAA')";
    sql(join(home, 'guardian', 'domains', `${MARKET}.db`), `UPDATE journal SET seal = ${changed}`);
  });
  await isFound('seal.unreadable', ({ home }) => {
    writeFileSync(join(home, 'guardian', 'guardian.db'), 'no database '.repeat(999));
  });
});

test('what the node repairs by itself it repairs: then it is well again', async () => {
  const patient = new Patient();
  rmSync(join(patient.market, 'heads.db'));
  truncateSync(join(patient.data, 'tree.bin'), 30);
  const { report } = await patient.examined();
  assert.ok(report.findings.every(({ severity }) => severity !== 'broken'));
  try {
    const up = await patient.ioi('up', '--detach');
    assert.equal(up.code, 0, up.stderr);
    assert.equal((await patient.ioi('domain', 'show', MARKET)).code, 0);
    const running = await patient.examined();
    assert.deepEqual(running.codes, ['tree.damaged'], 'written anew when the node stops');
  } finally {
    await patient.ioi('down');
  }
  assert.ok(existsSync(join(patient.market, 'heads.db')));
  assert.deepEqual((await patient.examined()).codes, []);
});
