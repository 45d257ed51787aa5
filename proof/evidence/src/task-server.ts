/** An MCP server of 2026-07-28 that makes a task of every call, over standard streams. */
import { appendFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

type Fields = { readonly [name: string]: unknown };
type Task = { status: string; result?: object; inputRequests?: object };

const inputSchema = { type: 'object', properties: { how: { type: 'string' } } };
const TOOLS = [{ name: 'long', inputSchema }];
const EXTENSIONS = { 'io.modelcontextprotocol/tasks': {} };
const ABOUT = {
  supportedVersions: ['2026-07-28'],
  capabilities: { tools: {}, extensions: EXTENSIONS },
};
const CREATED = '2026-01-01T00:00:00Z';

const note = (line: string): void => appendFileSync(process.env['LEDGER'] ?? '', `${line}\n`);
const tell = (id: number, told: object): void => {
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', id, ...told })}\n`);
};
const answer = (id: number, result: object): void => {
  tell(id, { result: { resultType: 'complete', ...result } });
};

function end(task: Task, text: string): void {
  delete task.inputRequests;
  const result = { content: [{ type: 'text', text }] };
  Object.assign(task, { status: 'completed', result });
}

class TaskServer {
  readonly #tasks = new Map<string, Task>();

  /** `how`: `fast` ends by itself, `ask` when it was answered, anything else never. */
  begin(id: number, how: unknown): void {
    const taskId = `task-${this.#tasks.size + 1}`;
    note(String(how));
    const task: Task = { status: 'working' };
    this.#tasks.set(taskId, task);
    tell(id, { result: { ...this.#shown(taskId), resultType: 'task' } });
    if (how === 'fast') setTimeout(() => end(task, 'done'), 150);
    if (how !== 'ask') return;
    const params = { message: 'Name?', requestedSchema: { type: 'object', properties: {} } };
    task.status = 'input_required';
    task.inputRequests = { name: { method: 'elicitation/create', params } };
  }

  about(id: number, method: string, params: Fields): void {
    const taskId = String(params['taskId']);
    const task = this.#tasks.get(taskId);
    if (task === undefined) {
      tell(id, { error: { code: -32602, message: 'Task not found' } });
      return;
    }
    if (method === 'tasks/cancel') {
      note(`cancel ${taskId}`);
      task.status = 'cancelled';
    }
    if (method === 'tasks/update') end(task, `given ${JSON.stringify(params['inputResponses'])}`);
    answer(id, method === 'tasks/get' ? this.#shown(taskId) : {});
  }

  #shown(taskId: string): object {
    const times = { createdAt: CREATED, lastUpdatedAt: CREATED, ttlMs: null, pollIntervalMs: 60 };
    return { taskId, ...times, statusMessage: 'at work', ...this.#tasks.get(taskId) };
  }
}

const server = new TaskServer();
createInterface({ input: process.stdin }).on('line', (line) => {
  const {
    id,
    method,
    params = {},
  } = JSON.parse(line) as {
    id?: number;
    method: string;
    params?: Fields;
  };
  if (id === undefined) return;
  if (method === 'server/discover') answer(id, ABOUT);
  else if (method === 'tools/list') answer(id, { tools: TOOLS });
  else if (method === 'tools/call') server.begin(id, (params['arguments'] as Fields)['how']);
  else if (method.startsWith('tasks/')) server.about(id, method, params);
  else tell(id, { error: { code: -32601, message: 'unknown method' } });
});
