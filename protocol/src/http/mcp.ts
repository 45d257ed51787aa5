import Type from 'typebox';
import { Digest } from '../artifacts/primitives.ts';
import { RuntimeToolContract } from '../artifacts/runtime-tool-contract.ts';
import {
  anyValue,
  declare,
  flag,
  json,
  list,
  object,
  of,
  oneOf,
  operations,
  optional,
  text,
  whole,
} from './declare.ts';

export const ToolStatus = declare(
  'ToolStatus',
  'A mounted tool.',
  object({
    name: text(),
    target: optional(text('Where it lands in the target namespace; absent without a contract.')),
    code: optional(
      text('Why it is blocked: `contract.missing`, `.schema_changed` or `.description_changed`.'),
    ),
    warnings: optional(
      list(text(), 'What in its description speaks to a model rather than about the tool.'),
    ),
    hidden: optional(
      flag('The policy in force lets no call of it pass, so clients do not see it.'),
    ),
  }),
);

export const ServerStatus = declare(
  'ServerStatus',
  'An MCP server behind the node.',
  object({
    name: text(),
    state: oneOf(['ready', 'starting', 'unreachable']),
    detail: optional(text()),
    protocol_version: optional(text('The MCP revision spoken with it.')),
    said: optional(
      text('Digest of all it says of itself and its tools now: what `accept` is bound to.'),
    ),
    sandboxed: optional(Type.Literal(true, { description: 'In a sandbox, held to its manifest.' })),
    origin: optional(text('Where it is reached; absent where the node starts it here.')),
    credential: optional(text('Name of the secret that is sent to it; never what it is.')),
    connector: optional(
      Type.Literal(true, { description: 'No MCP server: the edge performs its operations.' }),
    ),
    limits: optional(
      object({
        calls_per_minute: optional(whole('Acts begun within any minute.')),
        answer_bytes: optional(whole('Of one answer.')),
        seconds: optional(whole('Of one act, from its beginning.')),
        at_once: optional(whole('Acts under way at once.')),
      }),
    ),
    resources: optional(whole()),
    prompts: optional(whole()),
    unseen: optional(
      list(
        object({
          kind: oneOf(['prompts', 'resources', 'templates']),
          name: text(),
          says: text('Its fields as JSON, as they were pinned if they were accepted.'),
        }),
        'Prompts and resources that are new or described otherwise: no client sees these words.',
      ),
    ),
    tools: list(of(ToolStatus)),
  }),
);

export const McpPage = declare(
  'McpPage',
  'The servers behind the node, and where clients reach it over HTTP.',
  object({ url: optional(text()), servers: list(of(ServerStatus)) }),
);

export const SandboxState = declare(
  'SandboxState',
  'Whether servers with a manifest can be held to it; why not, and a fix.',
  object({ available: flag(), cause: optional(text()), fix: optional(text()) }),
);

export const ToolDetail = declare(
  'ToolDetail',
  'A mounted tool as its server lists it, and its contract if it has one.',
  object({
    server: text(),
    tool: text(),
    description: optional(text()),
    input_schema: anyValue(),
    schema_hash: text(),
    contract: optional(of(RuntimeToolContract)),
  }),
);

export const AcceptServer = declare(
  'AcceptServer',
  'What a server says of itself, by its digest: it is pinned from now on.',
  object({ said: Digest }),
);

export const AccessTokensPage = declare(
  'AccessTokensPage',
  'Names of those who may connect over HTTP. Their tokens are not kept.',
  object({ tokens: list(object({ name: text(), created: text('RFC 3339.') })) }),
);

export const IssuedToken = declare(
  'IssuedToken',
  'A token for one client. Nobody is told it again.',
  object({ name: text(), token: text(), url: optional(text()) }),
);

const UNKNOWN = { 404: ['server.unknown'] };

export const mcpOperations = operations('mcp', [
  {
    route: 'GET /v1/mcp',
    id: 'listServers',
    role: 'auditor',
    summary: 'MCP servers behind the node',
    answers: { 200: json(of(McpPage)) },
  },
  {
    route: 'GET /v1/mcp/sandbox',
    id: 'sandboxState',
    role: 'auditor',
    summary: 'Whether servers can be held in a sandbox here',
    answers: { 200: json(of(SandboxState)) },
  },
  {
    route: 'POST /v1/mcp/reload',
    id: 'reloadServers',
    role: 'operator',
    summary: 'Read node.json again and mount what it says',
    answers: { 200: json(of(McpPage)) },
    problems: { 400: ['config.invalid', 'config.unreadable'] },
  },
  {
    route: 'POST /v1/mcp/servers/{name}/test',
    id: 'testServer',
    role: 'operator',
    summary: 'Ask a server again what it offers',
    answers: { 200: json(of(ServerStatus)) },
    problems: UNKNOWN,
  },
  {
    route: 'POST /v1/mcp/servers/{name}/accept',
    id: 'acceptServer',
    role: 'owner',
    summary: 'Accept what a server says of itself now',
    body: of(AcceptServer),
    answers: { 200: json(of(ServerStatus)) },
    problems: { 400: ['request.invalid'], ...UNKNOWN, 409: ['server.changed'] },
  },
  {
    route: 'GET /v1/mcp/tokens',
    id: 'listAccessTokens',
    role: 'member',
    summary: 'Clients that may connect over HTTP',
    answers: { 200: json(of(AccessTokensPage)) },
  },
  {
    route: 'POST /v1/mcp/tokens/{name}',
    once: true,
    id: 'issueAccessToken',
    role: 'agent-user',
    summary: 'A new token for a client; an earlier one of that name is void',
    answers: { 201: json(of(IssuedToken)) },
    problems: { 400: ['request.invalid'] },
  },
  {
    route: 'DELETE /v1/mcp/tokens/{name}',
    id: 'revokeAccessToken',
    role: 'agent-user',
    summary: 'Take a token back, and end what its bearer has open',
    answers: { 200: json(object({ name: text() })) },
    problems: { 404: ['id.unknown'] },
  },
  {
    route: 'GET /v1/tools/{name}',
    id: 'showTool',
    role: 'auditor',
    summary: 'A mounted tool and its contract',
    answers: { 200: json(of(ToolDetail)) },
    problems: { 404: ['id.unknown'] },
  },
]);
