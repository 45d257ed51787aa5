import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** An MCP server that misbehaves on request: each tool is one way to do so. */
const TOOLS = [
  'die',
  'die_loudly',
  'answer_and_die',
  'never',
  'late',
  'flood',
  'large',
  'duplicate_keys',
  'unsafe_integer',
  'no_object',
  'twice',
  'noise_then_answer',
  'foreign_id',
  'asks_back',
  'change_tools',
  'linger',
  'ask',
  'ask_often',
  'log',
  'close_output',
  'deaf',
];

type Answers = Map<number, (answer: Request) => void>;
type Request = { id?: number; method?: string; params?: { name?: string }; error?: unknown };

const mode = process.argv[2] ?? '';
const send = (message: unknown): void => {
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...(message as object) })}\n`);
};
const fine = { content: [{ type: 'text', text: 'fine' }] };
const raw = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

const tricks: Record<string, (id: number, waiting: Answers) => void> = {
  die: () => process.exit(9),
  /** Its last words are characters of two code units each, and more than anyone keeps. */
  die_loudly: () => {
    process.stderr.write('😀'.repeat(40_000));
    process.exit(9);
  },
  answer_and_die: (id) => {
    send({ id, result: fine });
    process.exit(9);
  },
  never: () => {},
  late: (id) => setTimeout(() => send({ id, result: fine }), 150),
  flood: (id) => {
    const line = 'x'.repeat(1024 * 1024);
    for (let count = 0; count < 20; count += 1) process.stdout.write(line);
    raw('');
    send({ id, result: fine });
  },
  large: (id) => send({ id, result: { content: [{ type: 'text', text: 'x'.repeat(100_000) }] } }),
  duplicate_keys: (id) => raw(`{"jsonrpc":"2.0","id":${id},"result":{"a":1,"a":2}}`),
  unsafe_integer: (id) => raw(`{"jsonrpc":"2.0","id":${id},"result":{"n":9007199254740993}}`),
  no_object: (id) => send({ id, result: 'fine' }),
  twice: (id) => {
    send({ id, result: fine });
    send({ id, error: { code: 1, message: 'changed my mind' } });
  },
  noise_then_answer: (id) => {
    raw('DEBUG: not JSON at all');
    raw('{"jsonrpc":"2.0"}');
    raw('[]');
    send({ id, result: fine });
  },
  foreign_id: (id) => {
    send({ id: 'constructor', result: fine });
    send({ id: id + 1000, result: fine });
    send({ id, result: fine });
  },
  asks_back: (id, waiting) => {
    const answers: unknown[] = [];
    const asked = ['ping', 'roots/list', 'sampling/createMessage', 'elicitation/create'];
    for (const [at, method] of asked.entries()) {
      waiting.set(at, (answer) => {
        answers.push(answer);
        if (answers.length === asked.length) send({ id, result: { ...fine, answers } });
      });
      send({ id: at, method, params: {} });
    }
  },
  change_tools: (id) => {
    send({ method: 'notifications/tools/list_changed' });
    send({ id, result: fine });
  },
  ask: (id, waiting) => {
    waiting.set(id + 1000, (answer) => send({ id, result: { ...fine, answer } }));
    send({ id: id + 1000, method: 'elicitation/create', params: { message: 'who?' } });
  },
  ask_often: (id, waiting) => {
    const next = (at: number): void => {
      waiting.set(at, (answer) => {
        if (answer.error !== undefined) send({ id, result: { ...fine, at, answer } });
        else next(at + 1);
      });
      send({ id: at, method: 'roots/list' });
    };
    next(5000);
  },
  log: (id) => {
    send({ method: 'notifications/message', params: { level: 'info', data: `of ${id}` } });
    setTimeout(() => send({ id, result: fine }), 30);
  },
  close_output: () => {
    process.stdout.end();
    setInterval(() => {}, 1000);
  },
  deaf: (id) => {
    send({ id, result: fine });
    process.stdin.pause();
    setInterval(() => {}, 1000);
  },
  /** Ignores every sign to stop and leaves a child behind, in its own process group. */
  linger: (id) => {
    process.on('SIGTERM', () => {});
    setInterval(() => {}, 1000);
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], {
      stdio: 'ignore',
    });
    send({ id, result: { ...fine, pid: process.pid, child: child.pid } });
  },
};

function serve(): void {
  const waiting: Answers = new Map();
  createInterface({ input: process.stdin }).on('line', (line) => {
    const request = JSON.parse(line) as Request;
    const { id, method, params } = request;
    if (id === undefined) return;
    if (method === undefined) waiting.get(id)?.(request);
    else if (method === 'server/discover') refuseProbe(id);
    else if (method === 'initialize') greet(id);
    else if (method === 'tools/list') list(id);
    else tricks[params?.name ?? '']?.(id, waiting);
  });
}

/** As servers with sessions do, each with an error of its own, or not at all. */
function refuseProbe(id: number): void {
  if (mode !== 'silent_probe') send({ id, error: { code: -32601, message: 'unknown' } });
}

function greet(id: number): void {
  const protocolVersion = mode === 'old_version' ? '1999-01-01' : '2025-06-18';
  const serverInfo = { name: 'hostile', version: '0' };
  send({ id, result: { protocolVersion, capabilities: { tools: {} }, serverInfo } });
}

function list(id: number): void {
  const names = mode === 'twin_tools' ? ['die', 'die'] : TOOLS;
  const tools = names.map((name) => ({ name, inputSchema: { type: 'object' } }));
  const endless = mode === 'endless_list' ? { nextCursor: 'more' } : {};
  send({ id, result: { tools: mode === 'endless_list' ? [] : tools, ...endless } });
}

if (mode === 'dead_on_arrival') process.exit(3);
process.stderr.write('a hostile server\n');
serve();
