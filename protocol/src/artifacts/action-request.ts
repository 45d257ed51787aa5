import Type from 'typebox';
import { artifact } from './artifact.ts';
import { AgentId, closed, Digest, JsonObject, Target, Uint64 } from './primitives.ts';

const ActionContext = Type.Object(
  {
    agent_id: AgentId,
    session_id: Type.Optional(Digest),
    window_id: Type.Optional(Uint64),
  },
  closed,
);

export const ActionRequest = artifact({
  name: 'ActionRequest',
  source: 'whitepaper 2.6.1, A.2',
  summary:
    'The act as proposed, before any authority: one target namespace for every door. ' +
    '`params` is typed by target; its keys with a fixed meaning are path, paths, url, host, ' +
    'method, amount, text, app, intents. `context.agent_id` is the origin, assigned by the node.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    { target: Target, params: JsonObject, context: ActionContext, nonce: Uint64 },
    closed,
  ),
  examples: [
    {
      target: 'fs::write',
      params: { path: '/home/user/workspace/notes.md', content: 'hello' },
      context: {
        agent_id: 'agent://0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f/mcp',
        session_id: `sha256:${'ab'.repeat(32)}`,
      },
      nonce: '1',
    },
    {
      target: 'net::fetch',
      params: { url: 'https://en.wikipedia.org/wiki/Receipt', method: 'GET' },
      context: { agent_id: 'agent://local/research-bot' },
      nonce: '18446744073709551615',
    },
  ],
  refused: [
    {
      why: 'nonce is a JSON number',
      value: { target: 'fs::read', params: {}, context: { agent_id: 'agent://a/b' }, nonce: 1 },
    },
    {
      why: 'nonce does not fit 64 bits',
      value: {
        target: 'fs::read',
        params: {},
        context: { agent_id: 'agent://a/b' },
        nonce: '18446744073709551616',
      },
    },
    {
      why: 'unknown field',
      value: {
        target: 'fs::read',
        params: {},
        context: { agent_id: 'agent://a/b' },
        nonce: '1',
        policy_hash: 'x',
      },
    },
    {
      why: 'target without a namespace',
      value: { target: 'read', params: {}, context: { agent_id: 'agent://a/b' }, nonce: '1' },
    },
  ],
});
