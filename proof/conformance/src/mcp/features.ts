import { type Client, LOG_LEVEL_META_KEY } from '@modelcontextprotocol/client';
import type { Revision } from './requirements.ts';

/** Uses one feature through a connected client; what comes back is compared. */
export type Feature = (client: Client, revision: Revision) => Promise<unknown>;

const call = (client: Client, name: string, args = {}) =>
  client.callTool({ name, arguments: args });
const calling =
  (name: string, args = {}): Feature =>
  (client) =>
    call(client, name, args);
const reading =
  (uri: string): Feature =>
  (client) =>
    client.readResource({ uri });
const getting =
  (name: string, args: Record<string, string> = {}): Feature =>
  (client) =>
    client.getPrompt({ name, arguments: args });

/** What both revisions can express, whichever the server speaks. */
export const PLAIN: Readonly<Record<string, Feature>> = {
  tools: async (client) => (await client.listTools()).tools,
  resources: async (client) => (await client.listResources()).resources,
  templates: async (client) => (await client.listResourceTemplates()).resourceTemplates,
  prompts: async (client) => (await client.listPrompts()).prompts,
  text: calling('test_simple_text'),
  image: calling('test_image_content'),
  audio: calling('test_audio_content'),
  embedded: calling('test_embedded_resource'),
  mixed: calling('test_multiple_content_types'),
  error: calling('test_error_handling'),
  // In canonical order, which is the order the node sends arguments in.
  schema: calling('json_schema_2020_12_tool', { contactMethod: 'phone', phone: '1' }),
  progress: progressOf,
  logging: logged,
  'read text': reading('test://static-text'),
  'read binary': reading('test://static-binary'),
  'read by template': reading('test://template/7/data'),
  'read nothing': (client) => refusal(client.readResource({ uri: 'test://nowhere' })),
  'get prompt': getting('test_simple_prompt'),
  'get with arguments': getting('test_prompt_with_arguments', { arg1: 'a', arg2: 'b' }),
  'get embedded': getting('test_prompt_with_embedded_resource', { resourceUri: 'test://x' }),
  'get image': getting('test_prompt_with_image'),
  complete: (client) =>
    client.complete({
      ref: { type: 'ref/prompt', name: 'test_prompt_with_arguments' },
      argument: { name: 'arg1', value: 'par' },
    }),
};

/** What a server of each revision asks of the client, in the way of that revision. */
export const OWN: Readonly<Record<Revision, Readonly<Record<string, Feature>>>> = {
  '2025-11-25': {
    'ask a person': calling('test_elicitation', { message: 'What?' }),
    'ask with defaults': calling('test_elicitation_sep1034_defaults'),
    'ask for choices': calling('test_elicitation_sep1330_enums'),
    'ask a model': calling('test_sampling', { prompt: 'What?' }),
    'ask for roots': calling('test_list_roots'),
  },
  '2026-07-28': {
    'ask a person': calling('test_input_required_result_elicitation'),
    'ask a model': calling('test_input_required_result_sampling'),
    'ask for roots': calling('test_input_required_result_list_roots'),
    'ask with a state': calling('test_input_required_result_request_state'),
    'ask twice': calling('test_input_required_result_multi_round'),
    'ask everything at once': calling('test_input_required_result_multiple_inputs'),
    'ask for a prompt': getting('test_input_required_result_prompt'),
  },
};

async function progressOf(client: Client): Promise<unknown> {
  const seen: unknown[] = [];
  const onprogress = (progress: unknown): void => void seen.push(progress);
  const params = { name: 'test_tool_with_progress', arguments: {} };
  const { isError } = await client.callTool(params, { onprogress });
  return { isError, seen };
}

/** A client with a session says once what it wants to hear, one without says it each time. */
async function logged(client: Client, revision: Revision): Promise<unknown> {
  const seen: unknown[] = [];
  client.setNotificationHandler('notifications/message', ({ params }) => {
    seen.push(params);
  });
  const params = { name: 'test_tool_with_logging', arguments: {} };
  if (revision === '2025-11-25') await client.setLoggingLevel('info');
  const isEach = revision === '2026-07-28';
  await client.callTool(isEach ? { ...params, _meta: { [LOG_LEVEL_META_KEY]: 'info' } } : params);
  return seen;
}

async function refusal(asked: Promise<unknown>): Promise<unknown> {
  try {
    return await asked;
  } catch (fault) {
    // Its number has changed between the revisions, and its words are the server's.
    return fault instanceof Error ? 'refused' : fault;
  }
}
