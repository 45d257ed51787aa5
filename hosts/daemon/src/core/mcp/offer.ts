import type { Json } from '@ioi/canon';
import { isObject, type JsonObject } from '@ioi/jsonrpc';

const INSTRUCTIONS =
  'Every tool call passes a policy. A blocked call says so, with a receipt; do not try another ' +
  'way around it. A call that waits for a person: repeat it unchanged later to get its result.';
const LONGEST_INSTRUCTIONS = 16_384;

type Server = {
  readonly name: string;
  readonly described: { readonly capabilities: JsonObject; readonly instructions?: string };
};

/** What several servers are together, in the words of MCP `ServerCapabilities`. */
export function offerOf(servers: readonly Server[], version: string) {
  const declared = (name: string): readonly Json[] =>
    servers.flatMap(({ described }) => described.capabilities[name] ?? []);
  const subscribes = declared('resources').some(
    (each) => isObject(each) && each['subscribe'] === true,
  );
  const has = (name: string): boolean => declared(name).length > 0;
  const capabilities = {
    tools: { listChanged: true },
    logging: {},
    ...(has('resources') ? { resources: { subscribe: subscribes, listChanged: true } } : {}),
    ...(has('prompts') ? { prompts: { listChanged: true } } : {}),
    ...(has('completions') ? { completions: {} } : {}),
  };
  return {
    capabilities,
    serverInfo: { name: 'ioi', title: 'IOI Hypervisor Node', version },
    instructions: instructionsOf(servers),
  };
}

/** Ours first; what a server says follows under its name, so that nobody takes it for ours. */
function instructionsOf(servers: readonly Server[]): string {
  const said = servers.flatMap(({ name, described: { instructions } }) =>
    instructions === undefined ? [] : [`The server ${name} says: ${instructions}`],
  );
  return [INSTRUCTIONS, ...said].join('\n\n').slice(0, LONGEST_INSTRUCTIONS).toWellFormed();
}
