import type { Result } from '@ioi/basis';
import { type Digest, digestBytes, digestOf } from '@ioi/canon';
import {
  bindContract,
  filesystemContracts,
  type ListedTool,
  methodContracts,
  toolPin,
} from '@ioi/drivers';
import {
  type Described,
  mcpDriver,
  type Upstream,
  type Notice as UpstreamNotice,
} from '@ioi/drivers/shell';
import { argumentsOf, metaOf } from '@ioi/firewall';
import type { JsonObject } from '@ioi/jsonrpc';
import type { Driver, Rejection, RuntimeToolContract, SealedAction } from '@ioi/protocol';
import type { Shelf } from '../../core/index.ts';
import type { ServerConfig } from '../config.ts';
import type { Contents } from '../contents.ts';
import type { Pins } from './pins.ts';

type Refusal = {
  readonly code: 'contract.missing' | 'contract.schema_changed' | 'contract.description_changed';
  readonly message: string;
};

/** A tool as an agent may name it, with the contract that lets it be called, or why not. */
export type MountedTool = {
  readonly server: string;
  readonly listed: ListedTool;
  readonly root: string | undefined;
  readonly contract?: { readonly contract: RuntimeToolContract; readonly hash: Digest };
  readonly refusal?: Refusal;
};

/** Pinned beside the tools, under a name no tool can have. */
const INSTRUCTIONS = '';
const NOTHING: Omit<Shelf, 'server'> = { tools: [], prompts: [], resources: [], templates: [] };

export type MountedOptions = {
  readonly config: ServerConfig;
  readonly upstream: Upstream;
  readonly pins: Pins;
  readonly contents: Contents;
  readonly onNotice: (notice: UpstreamNotice) => void;
};

/** One MCP server behind the node, and what it offered when it was last asked. */
export class MountedServer {
  readonly config: ServerConfig;
  readonly upstream: Upstream;
  readonly driver: Driver;
  /** What MCP carries beside tools (decision 0014). */
  readonly methods: readonly RuntimeToolContract[];
  readonly #pins: Pins;
  tools: readonly MountedTool[] = [];
  shelf: Shelf;
  described: Described | undefined;
  fault: string | undefined;

  constructor({ config, upstream, pins, contents, onNotice }: MountedOptions) {
    this.config = config;
    this.upstream = upstream;
    this.#pins = pins;
    this.shelf = { server: config.name, ...NOTHING };
    const lookup = (digest: Digest) => contents.salted(digest);
    const root = config.workspace_root;
    this.driver = mcpDriver({
      upstream,
      ...(root === undefined ? {} : { root }),
      argumentsOf: ({ contract, request }: SealedAction) =>
        argumentsOf(contract, request.params, lookup) as Result<JsonObject, Rejection>,
      metaOf: ({ request }: SealedAction) =>
        metaOf(request.params, lookup) as Result<JsonObject | undefined, Rejection>,
    });
    const methods = methodContracts(config.name);
    this.methods = root === undefined ? methods.map(withoutFolder) : methods;
    upstream.onNotice(onNotice);
  }

  get name(): string {
    return this.config.name;
  }

  /** Asks the server for everything it offers. Throws UpstreamFault. */
  async read(): Promise<void> {
    const { upstream } = this;
    const described = await upstream.describe();
    const tools = await upstream.tools();
    const [prompts, resources, templates] = await Promise.all(
      (['prompts', 'resources', 'resource_templates'] as const).map((kind) => upstream.list(kind)),
    );
    if (described.era === 'stateless' && described.capabilities['logging'] !== undefined) {
      const level = { method: 'logging/setLevel', params: { level: 'debug' } } as const;
      await upstream.request({ ...level, timeoutMs: 10_000, outputBytes: 65_536 });
    }
    this.tools = this.#bind(tools);
    this.described = this.#quieted(described);
    this.shelf = {
      server: this.name,
      tools: this.#shown(),
      prompts: prompts?.entries ?? [],
      resources: resources?.entries ?? [],
      templates: templates?.entries ?? [],
    };
    this.fault = undefined;
  }

  /** What it says now is accepted, as if it were mounted for the first time. */
  accept(): void {
    const listed = this.tools.map((tool) => tool.listed);
    this.#pins.accept(this.name, pinsOf(listed));
    this.tools = this.#bind(listed);
    this.shelf = { ...this.shelf, tools: this.#shown() };
  }

  /** Words for a model that changed since they were accepted are not passed on. */
  #quieted(described: Described): Described {
    const { instructions, ...rest } = described;
    if (instructions === undefined) return described;
    const pin = new Map([[INSTRUCTIONS, digestBytes(instructions)]]);
    return this.#pins.changed(this.name, pin).size === 0 ? described : rest;
  }

  failed(fault: unknown): void {
    this.fault = fault instanceof Error ? fault.message : String(fault);
  }

  /** What a model would read of a tool that changed is not shown before a person accepts it. */
  #shown(): readonly ListedTool[] {
    const isShown = ({ refusal }: MountedTool) => refusal?.code !== 'contract.description_changed';
    return this.tools.filter(isShown).map(({ listed }) => listed);
  }

  #bind(listed: readonly ListedTool[]): readonly MountedTool[] {
    const changed = this.#pins.changed(this.name, pinsOf(listed));
    return listed.map((tool) => bind(this.config, tool, changed.has(tool.name)));
  }
}

/** A server without a folder of its own has no facts about one; its paths are absolute. */
function withoutFolder(contract: RuntimeToolContract): RuntimeToolContract {
  const isFile = contract.rrsa_domain === 'filesystem';
  return { ...contract, facts: [], ...(isFile ? { rrsa_domain: 'unmapped' } : {}) };
}

function pinsOf(listed: readonly ListedTool[]): ReadonlyMap<string, Digest> {
  // One without a canonical form has no pin, and can have no contract either.
  return new Map(
    listed.flatMap((tool) => {
      const pin = toolPin(tool);
      return pin === undefined ? [] : [[tool.name, pin] as const];
    }),
  );
}

function bind(config: ServerConfig, listed: ListedTool, isChanged: boolean): MountedTool {
  const catalogue = [...filesystemContracts, ...(config.contracts ?? [])];
  const { name: server, workspace_root: root } = config;
  const base = { server, listed, root };
  if (isChanged) {
    const message = `${listed.name} is described otherwise than it was; ioi mcp accept ${server}`;
    return { ...base, refusal: { code: 'contract.description_changed', message } };
  }
  const bound = bindContract(catalogue, server, listed);
  if (!bound.ok) return { ...base, refusal: bound.error };
  const hash = digestOf(bound.value);
  if (!hash.ok) {
    return { ...base, refusal: { code: 'contract.missing', message: hash.error.message } };
  }
  return { ...base, contract: { contract: bound.value, hash: hash.value } };
}
