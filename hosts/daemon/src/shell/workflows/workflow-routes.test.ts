import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { WorkflowCheck, WorkflowsPage } from '@ioi/protocol';
import { Hono } from 'hono';
import { addWorkflowRoutes } from './workflow-routes.ts';

const folder = mkdtempSync(join(tmpdir(), 'ioi-workflows-'));
const tools = ['read_text_file'];
const app = new Hono();
const server = { name: 'files', state: 'ready' } as const;
addWorkflowRoutes(app, {
  data: { folder },
  graphs: { installed: () => undefined, routes: () => new Set() },
  servers: { status: () => [{ ...server, tools: tools.map((name) => ({ name })) }] },
});

after(() => rmSync(folder, { recursive: true }));

function workflow(name: string, tool = 'read_text_file'): string {
  return JSON.stringify({
    workflow_id: `workflow://${name}`,
    version: '1.0.0',
    title: `Of ${name}`,
    steps: [{ step_id: 'read', kind: 'tool', tool }],
    edges: [],
  });
}

function put(name: string, body: string, headers: Readonly<Record<string, string>> = {}) {
  return app.request(`/v1/workflows/${name}`, { method: 'PUT', body, headers });
}

async function codeOf(answer: Response | Promise<Response>): Promise<string> {
  const { status, code } = (await (await answer).json()) as { status: number; code: string };
  return `${status} ${code}`;
}

async function kept(): Promise<WorkflowsPage['workflows']> {
  return ((await (await app.request('/v1/workflows')).json()) as WorkflowsPage).workflows;
}

const NEW = { 'if-none-match': '*' };

test('a workflow is kept as it came, and only over what was seen', async () => {
  assert.deepEqual(await kept(), []);
  assert.equal(await codeOf(put('notes', workflow('notes'))), '428 precondition.required');
  const made = await put('notes', workflow('notes'), NEW);
  assert.equal(made.status, 201);
  const first = made.headers.get('etag') ?? '';
  assert.equal(await codeOf(put('notes', workflow('notes'), NEW)), '412 precondition.failed');
  const spaced = JSON.stringify(JSON.parse(workflow('notes')), undefined, 2);
  const changed = await put('notes', spaced, { 'if-match': first });
  assert.equal(changed.status, 200);
  assert.deepEqual(await changed.json(), await made.json(), 'blanks are no part of the graph');
  assert.equal(
    await codeOf(put('notes', spaced, { 'if-match': first })),
    '412 precondition.failed',
  );
  const read = await app.request('/v1/workflows/notes');
  assert.equal(await read.text(), spaced);
  assert.equal(read.headers.get('etag'), changed.headers.get('etag'));
  const path = join(folder, 'workflows', 'notes.json');
  assert.equal(statSync(path).mode & 0o077, 0);
  const gone = { method: 'DELETE', headers: { 'if-match': first } };
  assert.equal(await codeOf(app.request('/v1/workflows/notes', gone)), '412 precondition.failed');
  assert.equal((await app.request('/v1/workflows/notes', { method: 'DELETE' })).status, 200);
  assert.equal(await codeOf(app.request('/v1/workflows/notes')), '404 workflow.unknown');
});

test('what is wrong is not kept, and names lead out of no folder', async () => {
  const odd = put('notes', workflow('notes', 'rm'), NEW);
  assert.equal(await codeOf(odd), '422 workflow.unknown_tool');
  assert.equal(await codeOf(put('notes', '{', NEW)), '422 canon.syntax');
  assert.equal(await codeOf(put('notes', workflow('other'), NEW)), '400 workflow.name_invalid');
  for (const name of ['..%2Fpaused', '%2e%2e%2fpaused', 'A', 'a.b', 'a'.repeat(65)]) {
    assert.match(await codeOf(put(name, workflow(name), NEW)), /^400 workflow\.name_invalid$/);
    assert.equal(await codeOf(app.request(`/v1/workflows/${name}`)), '404 workflow.unknown');
  }
  assert.deepEqual(readdirSync(folder), ['workflows']);
  assert.deepEqual(await kept(), []);
});

test('a kept workflow is listed with what is wrong with it since', async () => {
  await put('notes', workflow('notes'), NEW);
  writeFileSync(join(folder, 'workflows', 'torn.json'), '{"workflow_id"');
  tools.pop();
  const listed = (await kept()).map(({ name, steps, faults }) => [name, steps, faults]);
  assert.deepEqual(listed, [
    ['notes', 1, 1],
    ['torn', 0, 1],
  ]);
  tools.push('read_text_file');
  const [notes] = await kept();
  assert.equal(notes?.faults, 0);
  for (let at = 0; at < 254; at += 1) {
    writeFileSync(join(folder, 'workflows', `w${at}.json`), workflow(`w${at}`));
  }
  assert.equal(await codeOf(put('one-more', workflow('one-more'), NEW)), '409 workflow.too_many');
});

test('a text is checked without being kept', async () => {
  const check = async (body: string) => {
    const answer = await app.request('/v1/workflows/check', { method: 'POST', body });
    return { status: answer.status, body: (await answer.json()) as WorkflowCheck };
  };
  const faulty = await check(JSON.stringify({ text: '{\n"title": 5}' }));
  assert.equal(faulty.status, 200);
  assert.ok(faulty.body.faults.some(({ pointer, line }) => pointer === '/title' && line === 2));
  const whole = await check(JSON.stringify({ text: workflow('fresh') }));
  assert.deepEqual(whole.body.faults, []);
  assert.deepEqual(whole.body.layers, [['read']]);
  assert.equal((await check('{"text": 5}')).status, 400);
  assert.equal(await codeOf(app.request('/v1/workflows/fresh')), '404 workflow.unknown');
});
