import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { cpus, loadavg, tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { processesNaming } from '@ioi/basis/testing';
import { median } from './measure.ts';
import type { Report } from './report.ts';

const ROUNDS = 3;
const PACKAGES = 40;
const FILES = 2000;
const TOKENS = 40;
const TOKEN_MS = 20;
/** Of `/proc/PID/stat`. */
const TICK_MS = 10;

const POLICY = JSON.stringify({
  policy_id: 'overhead',
  rules: [{ target: 'model::invoke', conditions: {}, action: 'ALLOW' }],
});

/**
 * In milliseconds: how long it took, and how much of the processor: what the shell that starts it
 * waits for, and the node. Of a program in a sandbox that is not all.
 */
type Taken = { readonly wall: number; readonly processor: number; readonly said: string };

type Bed = {
  readonly cli: string;
  readonly home: string;
  readonly workspace: string;
  readonly model: string;
};

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
  const bed = { cli, home: join(folder, 'home'), workspace: join(folder, 'work'), model };
  try {
    startNode(bed, folder);
    report.note(`${cpus().length} processors, load ${loadavg()[0]?.toFixed(1)}; ${ROUNDS} rounds`);
    for (const work of worksIn(bed)) await compare(report, bed, work);
    await compareModel(report, bed);
  } finally {
    ioi(bed, ['down']);
    upstream.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** As somebody makes it, with a route to the model. */
function startNode(bed: Bed, folder: string): void {
  for (const name of ['work', 'person']) mkdirSync(join(folder, name));
  const owner = ['--passphrase-file', join(folder, 'passphrase')];
  writeFileSync(join(folder, 'passphrase'), 'correct horse battery', { mode: 0o600 });
  ioi(bed, ['init', ...owner]);
  const config = join(bed.home, 'node.json');
  const begun = JSON.parse(readFileSync(config, 'utf8'));
  const models = { bench: [{ provider: 'openai', model: 'bench', url: bed.model }] };
  writeFileSync(config, JSON.stringify({ ...begun, models }));
  ioi(bed, ['up', '--detach']);
  writeFileSync(join(folder, 'policy.json'), POLICY);
  ioi(bed, ['policy', 'activate', join(folder, 'policy.json'), ...owner]);
}

function ioi({ cli, home }: Bed, args: readonly string[]): void {
  const env = { ...process.env, IOI_HOME: home };
  const options = { encoding: 'utf8', env } as const;
  const ran = spawnSync(process.execPath, ['--no-warnings', cli, ...args], options);
  if (ran.status !== 0) throw new Error(`ioi ${args[0]}: ${ran.stderr}`);
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
  const guarded: Taken[] = [];
  for (let round = 0; round <= ROUNDS; round += 1) {
    clear?.();
    const alone = await taken(bed, command);
    clear?.();
    const run = [process.execPath, '--no-warnings', bed.cli, 'run', ...options, '--', ...command];
    const under = await taken(bed, run);
    if (round === 0) continue;
    bare.push(alone);
    guarded.push(under);
  }
  tell(
    report,
    `overhead_${name}_ms`,
    [guarded, bare].map((all) => all.map(({ wall }) => wall)),
  );
  const spent = [guarded, bare].map((all) => all.map(({ processor }) => processor));
  tell(report, `overhead_${name}_processor_ms`, spent);
  return { bare, guarded };
}

function tell(report: Report, figure: string, [guarded = [], bare = []]: readonly number[][]) {
  const [value, alone] = [median(guarded), median(bare)];
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
  const { bare, guarded } = await compare(report, bed, work);
  for (const figure of ['first', 'whole'] as const) {
    const told = [guarded, bare].map((all) =>
      all.map(({ said }) => Number((JSON.parse(said) as Record<string, number>)[figure])),
    );
    tell(report, `overhead_${name}_${figure === 'first' ? 'first_word' : 'last_word'}_ms`, told);
  }
}

async function taken({ home, workspace, model }: Bed, command: readonly string[]): Promise<Taken> {
  const [program = '', ...args] = command;
  const path = [dirname(process.execPath), process.env['PATH'] ?? ''].join(delimiter);
  const person = join(dirname(workspace), 'person');
  const env = { PATH: path, HOME: person, IOI_HOME: home, OPENAI_BASE_URL: `${model}/v1` };
  const spent = nodeMs(home);
  const start = performance.now();
  const timed = ['-c', 'TIMEFORMAT="used %U %S"; time "$@"', 'bash', program, ...args];
  const child = spawn('bash', timed, { cwd: workspace, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const closed = once(child, 'close');
  const [said, about] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = await closed;
  const wall = performance.now() - start;
  const [, user, system] = /^used ([\d.]+) ([\d.]+)$/m.exec(about) ?? [];
  if (code !== 0) throw new Error(`${program}: ${about}`);
  const own = (Number(user) + Number(system)) * 1000;
  return { wall, processor: own + nodeMs(home) - spent, said };
}

/** What the processes of the node took so far. */
function nodeMs(home: string): number {
  const each = processesNaming(home).map((pid) => {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
    } catch {
      return 0;
    }
  });
  return each.reduce((sum, one) => sum + one, 0);
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
