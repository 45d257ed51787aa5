import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { cpus, loadavg, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Bed, guarded, ioi, startNode, type Taken, taken } from './guard-bed.ts';
import { median } from './measure.ts';
import type { Report } from './report.ts';

const ROUNDS = 3;
const PACKAGES = 40;
const FILES = 2000;
const TOKENS = 40;
const TOKEN_MS = 20;

const RULES = [{ target: 'model::invoke', conditions: {}, action: 'ALLOW' }];

type Work = {
  readonly name: string;
  readonly command: readonly string[];
  readonly options?: readonly string[];
  /** Before each time, what it left the last time. */
  readonly clear?: () => void;
};

/** What the Guard costs people at what agents do most, beside the same without it. */
export async function runOverhead(report: Report, cli: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'ioi-overhead-'));
  const upstream = await startModel();
  const model = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;
  const env = { OPENAI_BASE_URL: `${model}/v1` };
  const bed = { cli, home: join(folder, 'home'), workspace: join(folder, 'work'), env };
  const models = { bench: [{ provider: 'openai', model: 'bench', url: model }] };
  try {
    startNode(bed, { rules: RULES, models });
    report.note(`${cpus().length} processors, load ${loadavg()[0]?.toFixed(1)}; ${ROUNDS} rounds`);
    for (const work of worksIn(bed)) await compare(report, bed, work);
    await compareModel(report, bed);
  } finally {
    ioi(bed, ['down']);
    upstream.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function worksIn({ workspace }: Bed): readonly Work[] {
  const [install, tests, repository] = ['install', 'tests', 'repository'].map((name) => {
    const path = join(workspace, name);
    mkdirSync(path, { recursive: true });
    return path;
  }) as [string, string, string];
  writePackages(install);
  writeRepository(repository);
  const assertion = "require('node:test')('adds', () => require('node:assert').equal(1 + 1, 2));\n";
  for (let each = 0; each < 5; each += 1) writeFileSync(join(tests, `${each}.test.cjs`), assertion);
  const npm = ['npm', 'install', '--prefix', install, '--offline', '--no-audit', '--no-fund'];
  const clear = (): void => {
    for (const left of ['node_modules', 'package-lock.json']) {
      rmSync(join(install, left), { recursive: true, force: true });
    }
  };
  const files = readdirSync(tests).map((name) => join(tests, name));
  return [
    { name: 'npm_install', command: npm, clear },
    { name: 'git_status', command: ['git', '-C', repository, 'status', '--short'] },
    { name: 'test_run', command: ['node', '--test', ...files] },
  ];
}

/** Packages as a registry would have given them, so that no network is needed. */
function writePackages(folder: string): void {
  const dependencies: Record<string, string> = {};
  for (let each = 0; each < PACKAGES; each += 1) {
    const name = `part-${each}`;
    const own = join(folder, 'sources', name, 'package');
    mkdirSync(own, { recursive: true });
    writeFileSync(join(own, 'package.json'), JSON.stringify({ name, version: '1.0.0' }));
    for (let file = 0; file < 20; file += 1) {
      writeFileSync(join(own, `${file}.js`), `module.exports = ${'1 + '.repeat(500)}1;\n`);
    }
    done('tar', ['-czf', join(folder, `${name}.tgz`), '-C', dirname(own), 'package']);
    dependencies[name] = `file:./${name}.tgz`;
  }
  rmSync(join(folder, 'sources'), { recursive: true });
  const root = { name: 'root', version: '1.0.0', dependencies };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(root));
}

function writeRepository(folder: string): void {
  const git = (...args: readonly string[]): void => {
    const who = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com'];
    done('git', ['-C', folder, ...who, ...args]);
  };
  git('init', '-q');
  for (let each = 0; each < FILES; each += 1) {
    const own = join(folder, String(each % 40));
    mkdirSync(own, { recursive: true });
    writeFileSync(join(own, `${each}.txt`), `${each}\n`);
  }
  git('add', '.');
  git('commit', '-qm', 'all');
  for (let each = 0; each < 20; each += 1) writeFileSync(join(folder, '1', `new-${each}`), 'x');
}

function done(program: string, args: readonly string[]): void {
  const ran = spawnSync(program, args, { encoding: 'utf8' });
  if (ran.status !== 0) throw new Error(`${program}: ${ran.stderr}`);
}

/** In turns; the first of each fills caches. */
async function compare(report: Report, bed: Bed, { name, command, options = [], clear }: Work) {
  const bare: Taken[] = [];
  const under: Taken[] = [];
  for (let round = 0; round <= ROUNDS; round += 1) {
    clear?.();
    const alone = await taken(bed, command);
    clear?.();
    const held = await taken(bed, guarded(bed, options, command));
    if (round === 0) continue;
    bare.push(alone);
    under.push(held);
  }
  tell(
    report,
    `overhead_${name}_ms`,
    [under, bare].map((all) => all.map(({ wall }) => wall)),
  );
  const spent = [under, bare].map((all) => all.map(({ processor }) => processor));
  tell(report, `overhead_${name}_processor_ms`, spent);
  return { bare, under };
}

function tell(report: Report, figure: string, [under = [], bare = []]: readonly number[][]) {
  const [value, alone] = [median(under), median(bare)];
  const peer = { name: 'bare', value: alone, ratio: value / Math.max(alone, 1) };
  report.figure({ figure, value, unit: 'ms', peer });
}

const CLIENT = `
const start = performance.now();
const answer = await fetch(process.env.OPENAI_BASE_URL + '/chat/completions', {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({
    ...{ model: 'bench', stream: true },
    messages: [{ role: 'user', content: 'x' }],
  }),
});
let first;
let text = '';
for await (const piece of answer.body.pipeThrough(new TextDecoderStream())) {
  text += piece;
  if (text.includes('word')) first ??= performance.now() - start;
}
if (!text.includes('[DONE]')) throw new Error(text);
console.log(JSON.stringify({ first, whole: performance.now() - start }));
`;

/** As the program sees it: until the first word, and until the last. */
async function compareModel(report: Report, bed: Bed): Promise<void> {
  const client = join(bed.workspace, 'client.mjs');
  writeFileSync(client, CLIENT);
  const name = 'model_reply';
  const work = { name, command: ['node', client], options: ['--models', 'bench'] };
  const { bare, under } = await compare(report, bed, work);
  for (const figure of ['first', 'whole'] as const) {
    const told = [under, bare].map((all) =>
      all.map(({ said }) => Number((JSON.parse(said) as Record<string, number>)[figure])),
    );
    tell(report, `overhead_${name}_${figure === 'first' ? 'first_word' : 'last_word'}_ms`, told);
  }
}

/** Words of a model at the pace of one, without a key. */
async function startModel(): Promise<Server> {
  const server = createServer((request, response) => {
    request.resume().on('end', () => stream(response));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

function stream(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  let left = TOKENS;
  const more = setInterval(() => {
    const choices = [{ delta: { content: 'word ' } }];
    response.write(`data: ${JSON.stringify({ model: 'bench', choices })}\n\n`);
    left -= 1;
    if (left > 0) return;
    clearInterval(more);
    const usage = { prompt_tokens: 1, completion_tokens: TOKENS };
    response.end(`data: ${JSON.stringify({ choices: [], usage })}\n\ndata: [DONE]\n\n`);
  }, TOKEN_MS);
}
