import type { JsonObject } from '@ioi/jsonrpc';
import { FIXTURE_ASKS } from './fixture-asks.ts';

/** One red pixel. */
export const PNG =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ' +
  'AAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==';
/** No samples at all. */
const WAV = 'UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAAB9AAACABAAZGF0YQAAAAA=';

const image = { type: 'image', data: PNG, mimeType: 'image/png' };
const embedded = (uri: string, mimeType: string, text: string): JsonObject => ({
  type: 'resource',
  resource: { uri, mimeType, text },
});

/** Tools that always return the same. */
export const STATIC_RESULTS: Readonly<Record<string, JsonObject>> = {
  test_simple_text: {
    content: [{ type: 'text', text: 'This is a simple text response for testing.' }],
  },
  test_image_content: { content: [image] },
  test_audio_content: { content: [{ type: 'audio', data: WAV, mimeType: 'audio/wav' }] },
  test_embedded_resource: {
    content: [
      embedded('test://embedded-resource', 'text/plain', 'This is an embedded resource content.'),
    ],
  },
  test_multiple_content_types: {
    content: [
      { type: 'text', text: 'Multiple content types test:' },
      image,
      embedded('test://mixed-content-resource', 'application/json', '{"test":"data","value":123}'),
    ],
  },
  test_error_handling: {
    isError: true,
    content: [{ type: 'text', text: 'This tool intentionally returns an error for testing' }],
  },
};

const OTHERS = [
  'test_tool_with_progress',
  'test_tool_with_logging',
  'test_logging_tool',
  'test_trigger_tool_change',
  'test_trigger_prompt_change',
  'test_missing_capability',
  'test_wait',
];

export function fixtureTools(): readonly JsonObject[] {
  const names = [...Object.keys(STATIC_RESULTS), ...OTHERS, ...Object.keys(FIXTURE_ASKS)];
  const tools = names.map((name) => ({
    name,
    description: `The fixture ${name}`,
    inputSchema: { type: 'object' },
  }));
  const region = { type: 'string', 'x-mcp-header': 'Region' };
  const inputSchema = { type: 'object', properties: { region } };
  return [...tools, { name: 'test_header_mirror', description: 'Mirrors', inputSchema }];
}

const argument = (name: string): JsonObject => ({ name, description: name, required: true });
export const FIXTURE_PROMPTS: readonly JsonObject[] = [
  { name: 'test_simple_prompt', description: 'Simple' },
  {
    name: 'test_prompt_with_arguments',
    description: 'With arguments',
    arguments: [argument('arg1'), argument('arg2')],
  },
  {
    name: 'test_prompt_with_embedded_resource',
    description: 'With a resource',
    arguments: [argument('resourceUri')],
  },
  { name: 'test_prompt_with_image', description: 'With an image' },
  { name: 'test_input_required_result_prompt', description: 'That asks' },
];

const resource = (uri: string, mimeType: string): JsonObject => ({
  uri,
  name: uri,
  description: `The fixture ${uri}`,
  mimeType,
});
export const FIXTURE_RESOURCES: readonly JsonObject[] = [
  resource('test://static-text', 'text/plain'),
  resource('test://static-binary', 'image/png'),
  resource('test://watched-resource', 'text/plain'),
];

export const FIXTURE_TEMPLATES: readonly JsonObject[] = [
  {
    uriTemplate: 'test://template/{id}/data',
    name: 'template',
    description: 'The fixture template',
    mimeType: 'application/json',
  },
];
