import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import type { Revision } from './requirements.ts';

type ToolCall = { readonly name: string; readonly arguments: Record<string, unknown> };

/** What the suite wants done, where it says so in words of its own. */
export type Given = { readonly toolCalls?: readonly ToolCall[] };

type Play = (client: Client, given: Given) => Promise<void>;

const call = (client: Client, name: string, args = {}) =>
  client.callTool({ name, arguments: args });

/** By scenario of the official suite: what a client does there once it is connected. */
const PLAYS: Readonly<Record<string, Play>> = {
  initialize: async (client) => void (await client.listTools()),
  tools_call: async (client) => {
    await client.listTools();
    await call(client, 'add_numbers', { a: 5, b: 3 });
  },
  'request-metadata': async () => {},
  'elicitation-sep1034-client-defaults': async (client) => {
    await client.listTools();
    await call(client, 'test_client_elicitation_defaults');
  },
  'sse-retry': async (client) => {
    await client.listTools();
    await call(client, 'test_reconnection');
  },
  'sep-2322-client-request-state': async (client) => {
    await client.listTools();
    await call(client, 'test_mrtr_echo_state');
    await call(client, 'test_mrtr_no_state');
    await call(client, 'test_mrtr_unrelated');
    // To be taken for complete, or refused: what counts is that it is not sent again.
    await call(client, 'test_mrtr_no_result_type').catch(() => {});
  },
  'http-standard-headers': everyMethod,
  'http-custom-headers': async (client, { toolCalls = [] }) => {
    await client.listTools();
    for (const { name, arguments: args } of toolCalls) await call(client, name, args);
  },
  'http-invalid-tool-headers': async (client) => {
    const { tools } = await client.listTools();
    // What is offered in spite of its headers is called, so that the suite sees it.
    for (const { name } of tools) await call(client, name, { region: 'us-west1' }).catch(() => {});
  },
  'json-schema-ref-no-deref': async (client) => void (await client.listTools()),
  'json-schema-2020-12-preservation': async (client) => {
    const { tools } = await client.listTools();
    const focal = tools.find(({ name }) => name === 'json_schema_2020_12_tool');
    await call(client, 'json_schema_echo', { schema: focal?.inputSchema });
  },
};

async function everyMethod(client: Client): Promise<void> {
  const [tool] = (await client.listTools()).tools;
  if (tool) await call(client, tool.name);
  const [resource] = (await client.listResources()).resources;
  if (resource) await client.readResource({ uri: resource.uri });
  const [prompt] = (await client.listPrompts()).prompts;
  if (prompt) await client.getPrompt({ name: prompt.name, arguments: {} });
}

export function knowsScenario(scenario: string): boolean {
  return Object.hasOwn(PLAYS, scenario);
}

/** The official client plays one scenario at a URL. Rejects where what it does is refused. */
export async function playScenario(
  url: string,
  { scenario, revision, given }: { scenario: string; revision: Revision; given: Given },
): Promise<void> {
  const client = officialClient(revision);
  await client.connect(new StreamableHTTPClientTransport(new URL(url)));
  try {
    await PLAYS[scenario]?.(client, given);
  } finally {
    await client.close();
  }
}

/** A client of one revision that can be asked for anything, and agrees to everything. */
export function officialClient(revision: Revision): Client {
  const client = new Client(
    { name: 'conformance', version: '1' },
    {
      capabilities: { roots: {}, sampling: {}, elicitation: { form: { applyDefaults: true } } },
      versionNegotiation: { mode: revision === '2026-07-28' ? 'auto' : 'legacy' },
    },
  );
  client.setRequestHandler('elicitation/create', async ({ params }) => {
    const schema = 'requestedSchema' in params ? params.requestedSchema : undefined;
    return { action: 'accept', content: filled(schema?.properties ?? {}, schema?.required ?? []) };
  });
  client.setRequestHandler('sampling/createMessage', async () => ({
    role: 'assistant',
    content: { type: 'text', text: 'Paris' },
    model: 'scripted',
  }));
  client.setRequestHandler('roots/list', async () => ({ roots: [{ uri: 'file:///tmp/root' }] }));
  return client;
}

type Answers = Record<string, string | boolean>;

/** Only what must be there: the rest is for the client to fill with its defaults. */
function filled(properties: object, required: readonly string[]): Answers {
  const fields = Object.entries(properties as Record<string, { type?: string }>);
  const wanted = fields.filter(([name]) => required.includes(name));
  return Object.fromEntries(wanted.map(([name, { type }]) => [name, type === 'boolean' || name]));
}
