import { isObject, type JsonObject } from '@ioi/jsonrpc';
import type { InputRequests } from '@ioi/protocol';
import type { Act, ActContext, Answer, Backend, Notice } from '../core/backend.ts';
import { FIXTURE_ASKS, type FixtureAsk } from './fixture-asks.ts';
import {
  FIXTURE_PROMPTS,
  FIXTURE_RESOURCES,
  FIXTURE_TEMPLATES,
  fixtureTools,
  PNG,
  STATIC_RESULTS,
} from './fixture-items.ts';

/** The servers that the official conformance suite of MCP wants to meet, in memory. */
export function fixtureBackend(notify: (notice: Notice) => void = () => {}): Backend {
  return {
    offer: async () => ({
      capabilities: {
        tools: { listChanged: true },
        prompts: { listChanged: true },
        resources: { subscribe: true, listChanged: true },
        completions: {},
        logging: {},
      },
      serverInfo: { name: 'fixture', version: '1.0.0' },
      instructions: 'A fixture.',
    }),
    list: async (kind) => {
      const items = {
        tools: fixtureTools(),
        prompts: FIXTURE_PROMPTS,
        resources: FIXTURE_RESOURCES,
        resource_templates: FIXTURE_TEMPLATES,
      }[kind];
      return { items, ttlMs: 0, cacheScope: 'private' };
    },
    act: (act, context) => perform(act, context, notify),
    drop: async () => {},
    fault: (error) => {
      throw error;
    },
  };
}

async function perform(
  { method, params }: Act,
  context: ActContext,
  notify: (notice: Notice) => void,
): Promise<Answer> {
  switch (method) {
    case 'tools/call':
      return call(String(params['name']), params, { context, notify });
    case 'resources/read':
      return read(String(params['uri']));
    case 'prompts/get':
      return prompt(String(params['name']), params, context);
    case 'completion/complete':
      return result({ completion: { values: ['paris', 'park'], total: 2, hasMore: false } });
    case 'resources/subscribe':
    case 'resources/unsubscribe':
      return result({});
  }
}

type Around = { readonly context: ActContext; readonly notify: (notice: Notice) => void };

async function call(name: string, params: JsonObject, around: Around): Promise<Answer> {
  const { context, notify } = around;
  const fixed = STATIC_RESULTS[name];
  if (fixed !== undefined) return result(fixed);
  const given = isObject(params['arguments']) ? params['arguments'] : {};
  const asked = FIXTURE_ASKS[name];
  if (asked !== undefined) return ask(asked, given, context);
  switch (name) {
    case 'test_tool_with_progress':
      for (const done of [0, 50, 100]) {
        context.onProgress({ done, total: 100, message: `${done} of 100` });
        await pause(20);
      }
      return text('progress done');
    case 'test_tool_with_logging':
    case 'test_logging_tool':
      for (const data of ['started', 'processing', 'completed']) {
        context.onMessage({ level: 'info', data: `Tool execution ${data}` });
        await pause(20);
      }
      return text('logging done');
    case 'test_trigger_tool_change':
      notify({ kind: 'list_changed', list: 'tools' });
      return text('changed');
    case 'test_trigger_prompt_change':
      notify({ kind: 'list_changed', list: 'prompts' });
      return text('changed');
    case 'test_missing_capability':
      return missing(context);
    case 'test_header_mirror':
      return text(`region ${String(given['region'])}`);
    case 'test_wait':
      return untilAborted(context);
    default:
      return error(-32602, `Unknown tool: ${name}`);
  }
}

/** Asks until the answers suffice: what is missing is asked for again. */
async function ask(asked: FixtureAsk, given: JsonObject, context: ActContext): Promise<Answer> {
  const told: string[] = [];
  for (const round of asked.rounds(given, context.proposer.capabilities)) {
    let missing: InputRequests = round;
    while (Object.keys(missing).length > 0) {
      const responses = await context.ask(missing);
      const refused = Object.values(responses).find(({ kind }) => kind === 'error');
      if (refused?.kind === 'error') return error(refused.error.code, refused.error.message);
      const came = Object.keys(responses).filter((name) => Object.hasOwn(missing, name));
      told.push(...came.map((name) => JSON.stringify(responses[name])));
      missing = Object.fromEntries(
        Object.entries(missing).filter(([name]) => !came.includes(name)),
      );
    }
  }
  return text(`${asked.says} ${told.join(' ')}`);
}

function read(uri: string): Answer {
  const found = FIXTURE_RESOURCES.find((each) => each['uri'] === uri);
  if (uri === 'test://static-binary') {
    return result({ contents: [{ uri, mimeType: 'image/png', blob: PNG }] });
  }
  if (found !== undefined) {
    const content = 'This is the content of the static text resource.';
    return result({ contents: [{ uri, mimeType: 'text/plain', text: content }] });
  }
  const id = /^test:\/\/template\/([^/]+)\/data$/.exec(uri)?.[1];
  if (id === undefined) return error(-32002, 'Resource not found', { uri });
  const content = JSON.stringify({ id, templateTest: true, data: `Data for ID: ${id}` });
  return result({ contents: [{ uri, mimeType: 'application/json', text: content }] });
}

async function prompt(name: string, params: JsonObject, context: ActContext): Promise<Answer> {
  const given = isObject(params['arguments']) ? params['arguments'] : {};
  const said = (content: JsonObject): JsonObject => ({ role: 'user', content });
  const words = (value: string): JsonObject => said({ type: 'text', text: value });
  switch (name) {
    case 'test_simple_prompt':
      return result({ messages: [words('This is a simple prompt for testing.')] });
    case 'test_prompt_with_arguments': {
      const { arg1, arg2 } = given;
      const line = `Prompt with arguments: arg1='${String(arg1)}', arg2='${String(arg2)}'`;
      return result({ messages: [words(line)] });
    }
    case 'test_prompt_with_image': {
      const image = said({ type: 'image', data: PNG, mimeType: 'image/png' });
      return result({ messages: [image, words('Please analyze the image above.')] });
    }
    case 'test_prompt_with_embedded_resource': {
      const uri = String(given['resourceUri']);
      const content = 'Embedded resource content for testing.';
      const resource = { uri, mimeType: 'text/plain', text: content };
      const embedded = said({ type: 'resource', resource });
      return result({ messages: [embedded, words('Please process the embedded resource above.')] });
    }
    case 'test_input_required_result_prompt': {
      const asked = FIXTURE_ASKS['test_input_required_result_elicitation'];
      const answer = asked && (await ask(asked, {}, context));
      return answer?.kind === 'result' ? result({ messages: [words('with context')] }) : none();
    }
    default:
      return none();
  }
}

function none(): Answer {
  return error(-32602, 'No such prompt');
}

function missing({ proposer }: ActContext): Answer {
  if (isObject(proposer.capabilities['sampling'])) return text('it can sample');
  return error(-32021, 'Sampling is needed', { requiredCapabilities: { sampling: {} } });
}

async function untilAborted({ signal }: ActContext): Promise<Answer> {
  await new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  return text('aborted');
}

async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}

function result(value: JsonObject): Answer {
  return { kind: 'result', result: value };
}

function text(value: string): Answer {
  return result({ content: [{ type: 'text', text: value }] });
}

function error(code: number, message: string, data?: JsonObject): Answer {
  return { kind: 'error', error: { code, message, ...(data === undefined ? {} : { data }) } };
}
