import type { ListedTool, ToolAnswer } from '../core/answer.ts';
import type { Upstream } from './upstream.ts';

export type ConnectorListing = {
  readonly name: string;
  readonly version: string;
  readonly tools: readonly ListedTool[];
};

const NOT_SENT: ToolAnswer = { kind: 'not_sent', reason: 'a connector takes sealed actions alone' };

/** What a connector offers, in the shape of a server that is mounted; calls go by its driver. */
export function connectorUpstream({ name, version, tools }: ConnectorListing): Upstream {
  return {
    name,
    describe: async () => ({
      era: 'stateful',
      protocolVersion: 'openapi',
      capabilities: { tools: {} },
      serverInfo: { name, version },
    }),
    tools: async () => tools,
    list: async (kind) => ({ entries: kind === 'tools' ? tools : [], leftOut: [] }),
    call: async () => NOT_SENT,
    request: async () => NOT_SENT,
    quiet: async () => true,
    onNotice: () => () => {},
    forget: () => {},
    rootsChanged: () => {},
    diagnostics: () => '',
    close: async () => {},
  };
}
