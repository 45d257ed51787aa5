import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { WorkerRunStatus } from '@ioi/protocol';
import { TYPESCRIPT_SDK } from '@ioi/sdk';
import { playModel } from '../../core/model-script/play-model.ts';
import { TestNode } from '../../testing/test-node.ts';

// Programs of other frameworks, bundled and installed as workers. Their packages are no
// dependencies of ours: where they were not fetched (.ci/run), the tests say so and are left out.
const ROOT = new URL('../../../../../', import.meta.url);
const inRoot = (path: string): string => fileURLToPath(new URL(path, ROOT));
const FETCHED = process.env['IOI_TEST_FRAMEWORKS'] ?? inRoot('node_modules/.cache/ioi-frameworks');
const MODULES = join(FETCHED, 'node_modules');
const BUNDLER = inRoot('node_modules/rolldown/bin/cli.mjs');
const FRAMEWORKS = { 'ai-sdk': 'ai', langchain: '@langchain/core' } as const;
const isFetched = Object.values(FRAMEWORKS).some((name) => existsSync(join(MODULES, name)));

const node = new TestNode();
const signed = ['--passphrase-file', node.passphraseFile];
const key = join(node.folder, 'publisher.key');
const asked: { messages: object[]; stream?: boolean }[] = [];
let server: Server;
let how: readonly string[] = [];

async function good(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await node.ioi(...args);
  assert.equal(code, 0, `${args.join(' ')}: ${stderr} ${stdout}`);
  return stdout;
}

before(async () => {
  if (!isFetched) return;
  server = createServer(async (request, response) => {
    const { method = '', url: path = '' } = request;
    const body = (await json(request)) as (typeof asked)[number];
    asked.push(body);
    const { answer } = playModel(
      { steps: [], end: 'All agreed to go home.' },
      { method, path, body },
    );
    response.writeHead(answer.status, { 'content-type': answer.contentType });
    response.end(answer.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  await good('init', '--workspace', node.workspace, ...signed);
  const conditions = { allow_paths: [node.workspace] };
  const rules = [
    { rule_id: 'read', target: 'fs::read', action: 'ALLOW', conditions },
    { rule_id: 'write', target: 'fs::write', action: 'ALLOW', conditions },
    { rule_id: 'models', target: 'model::invoke', action: 'ALLOW', conditions: {} },
  ];
  const policy = { policy_id: 'minutes', defaults: 'deny_all', rules };
  writeFileSync(node.home.policy, JSON.stringify(policy));
  await good('up', '--detach');
  await good('policy', 'activate', node.home.policy, ...signed);
  const { port } = server.address() as AddressInfo;
  await good('models', 'set', 'writer', `openai small http://127.0.0.1:${port}`);
  await good('domain', 'key', 'new', key, ...signed);
  writeFileSync(join(node.workspace, 'notes.txt'), 'late; all tired; home');
  const { available } = JSON.parse(await good('mcp', 'sandbox', '--json'));
  how = available ? [] : ['--unconfined'];
});

after(async () => {
  server?.close();
  await node.close();
});

/** As its README says. */
function bundled(name: string): string {
  const [folder, made] = [join(node.folder, name), join(node.folder, `${name}-worker`)];
  cpSync(inRoot(`examples/${name}`), folder, { recursive: true });
  cpSync(fileURLToPath(TYPESCRIPT_SDK), join(folder, 'ioi_sdk'), { recursive: true });
  symlinkSync(MODULES, join(folder, 'node_modules'));
  const options = ['worker.mjs', '-d', made, '--format', 'esm', '--platform', 'node'];
  execFileSync(process.execPath, [BUNDLER, ...options], { cwd: folder, stdio: 'ignore' });
  cpSync(join(folder, 'worker.json'), join(made, 'worker.json'));
  writeFileSync(join(made, 'package.json'), '{ "type": "module" }');
  return made;
}

const without = (name: keyof typeof FRAMEWORKS) => {
  const module = FRAMEWORKS[name];
  const isThere = existsSync(join(MODULES, module));
  return { skip: isThere ? false : `${module} was not fetched into ${FETCHED}` };
};

test('a program of the AI SDK runs as a governed worker', without('ai-sdk'), () => runs('ai-sdk'));
test('a program of LangChain.js runs as a governed worker', without('langchain'), () =>
  runs('langchain'),
);

async function runs(name: keyof typeof FRAMEWORKS): Promise<void> {
  const out = join(node.folder, `${name}.worker`);
  await good('worker', 'pack', bundled(name), '--key', key, '--out', out, ...signed);
  await good('worker', 'install', out, ...signed);
  const input = ['--input', '{"path":"notes.txt"}', '--workspace', node.workspace, ...how];
  const begun = asked.length;
  const ran = await node.ioi('worker', 'run', `minutes-${name}`, ...input, '--json', '--progress');
  assert.equal(ran.code, 0, ran.stderr + ran.stdout);
  const status = JSON.parse(ran.stdout) as WorkerRunStatus;
  assert.deepEqual([status.envelope.state, status.output], ['completed', 'All agreed to go home.']);
  assert.equal(status.completion?.acts, '3');
  assert.deepEqual(
    asked.slice(begun).map(({ messages }) => messages),
    [
      [
        { role: 'system', content: 'Write the minutes of a meeting from notes.' },
        { role: 'user', content: 'late; all tired; home' },
      ],
    ],
  );
  const written = join(node.workspace, 'notes.txt.minutes');
  assert.equal(readFileSync(written, 'utf8'), 'All agreed to go home.');
  // What came while it went on, for a program that asked for it.
  const told = ran.stderr
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const said = told.flatMap(({ text }) => text?.piece ?? []).join('');
  assert.equal(said, 'All agreed to go home.', ran.stderr);
  const steps = told.flatMap(({ step }) => (step?.state === 'done' ? [step.target] : []));
  assert.deepEqual(steps, ['fs::read', 'model::invoke', 'fs::write']);
  const shown = await node.ioi('worker', 'show', status.envelope.run_id);
  assert.match(shown.stdout, /model::invoke {2}done {2}receipt_/);
}
