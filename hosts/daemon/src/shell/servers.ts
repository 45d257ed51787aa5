import type { Result } from '@ioi/basis';
import { type Digest, digestOf } from '@ioi/canon';
import { bindContract, filesystemContracts, type ListedTool } from '@ioi/drivers';
import {
  httpUpstream,
  mcpDriver,
  minimalEnvironment,
  stdioUpstream,
  type Upstream,
} from '@ioi/drivers/shell';
import { argumentsOf } from '@ioi/firewall';
import type { JsonObject } from '@ioi/jsonrpc';
import { keys } from '@ioi/law';
import type {
  Driver,
  Rejection,
  RuntimeToolContract,
  ServerStatus,
  ToolDetail,
  ToolStatus,
} from '@ioi/protocol';
import { type EdgeLine, edgeSend } from '@ioi/wallet/client';
import type { ServerConfig } from './config.ts';
import type { Contents } from './contents.ts';
import { recordMount } from './governance.ts';
import type { HeadReader } from './head-reader.ts';
import type { Writer } from './writer.ts';

/** A tool as an agent may name it, with the contract that lets it be called, or why not. */
export type MountedTool = {
  readonly server: string;
  readonly listed: ListedTool;
  readonly root: string | undefined;
  readonly contract?: { readonly contract: RuntimeToolContract; readonly hash: Digest };
  readonly refusal?: {
    readonly code: 'contract.missing' | 'contract.schema_changed';
    readonly message: string;
  };
};

type Mounted = {
  readonly config: ServerConfig;
  readonly upstream: Upstream;
  readonly driver: Driver;
  tools: readonly MountedTool[];
  fault: string | undefined;
};

export type ServersOptions = {
  readonly configs: readonly ServerConfig[];
  /** Where server processes are remembered, so that none outlives a crash unseen. */
  readonly runFolder: string;
  /** By which credentials are added; undefined where no server has one. */
  readonly edge: EdgeLine | undefined;
  readonly writer: Writer;
  readonly reader: HeadReader;
  readonly contents: Contents;
  readonly onToolsChanged: () => void;
  readonly log: (message: string, about: object) => void;
};

/** The MCP servers behind the node. Names are unique across servers: a clash is not mounted. */
export class Servers {
  readonly #options: ServersOptions;
  readonly #mounted: Mounted[];

  constructor(options: ServersOptions) {
    this.#options = options;
    this.#mounted = options.configs.map((config) => {
      const upstream = upstreamOf(config, options);
      const root = config.workspace_root;
      const driver = mcpDriver({
        upstream,
        ...(root === undefined ? {} : { root }),
        argumentsOf: ({ contract, request }) =>
          argumentsOf(contract, request.params, (digest) =>
            options.contents.salted(digest),
          ) as Result<JsonObject, Rejection>,
      });
      upstream.onToolsChanged(() => void this.#refresh(config.name));
      return { config, upstream, driver, tools: [], fault: undefined };
    });
  }

  /** Lists every server's tools and registers their contracts; faults are per server. */
  async mount(): Promise<void> {
    await Promise.all(this.#mounted.map((mounted) => this.#list(mounted)));
  }

  find(name: string): MountedTool | undefined {
    const found = this.#mounted.flatMap(({ tools }) => tools.filter((t) => t.listed.name === name));
    return found[0];
  }

  /** What a person needs to judge a tool, or to write its contract. */
  detail(name: string): ToolDetail | undefined {
    const found = this.find(name);
    const hash = found && digestOf(found.listed.inputSchema);
    if (!found || !hash?.ok) return undefined;
    const { description, inputSchema } = found.listed;
    return {
      server: found.server,
      tool: name,
      ...(typeof description === 'string' ? { description } : {}),
      input_schema: inputSchema,
      schema_hash: hash.value,
      ...(found.contract ? { contract: found.contract.contract } : {}),
    };
  }

  listed(): readonly ListedTool[] {
    return this.#mounted.flatMap(({ tools }) => tools.map((tool) => tool.listed));
  }

  /** Of every tool that may be called. */
  contracts(): readonly NonNullable<MountedTool['contract']>[] {
    return this.#mounted.flatMap(({ tools }) => tools.flatMap((tool) => tool.contract ?? []));
  }

  driverFor(contract: RuntimeToolContract): Driver | undefined {
    return this.#mounted.find(({ config }) => config.name === contract.server)?.driver;
  }

  status(): ServerStatus[] {
    return this.#mounted.map(({ config, tools, fault }) => ({
      name: config.name,
      state: fault === undefined ? 'ready' : 'unreachable',
      ...(fault === undefined ? {} : { detail: fault }),
      tools: tools.map(toolStatus),
    }));
  }

  async close(): Promise<void> {
    await Promise.all(this.#mounted.map(({ upstream }) => upstream.close()));
  }

  async #refresh(name: string): Promise<void> {
    const mounted = this.#mounted.find(({ config }) => config.name === name);
    if (!mounted) return;
    await this.#list(mounted);
    this.#options.onToolsChanged();
  }

  async #list(mounted: Mounted): Promise<void> {
    const { config, upstream } = mounted;
    try {
      const listed = await upstream.tools();
      const others = this.#mounted.filter((each) => each !== mounted);
      const taken = new Set(others.flatMap(({ tools }) => tools.map((tool) => tool.listed.name)));
      const clash = listed.find((tool) => taken.has(tool.name));
      if (clash) {
        mounted.fault = `its tool ${clash.name} has the name of another server's tool`;
        mounted.tools = [];
        return;
      }
      mounted.tools = listed.map((tool) => bind(config, tool));
      mounted.fault = undefined;
      await this.#register(mounted.tools);
      await recordMount({ name: config.name, isRemote: config.url !== undefined }, mounted.tools, {
        ...this.#options,
      });
    } catch (fault) {
      mounted.fault = fault instanceof Error ? fault.message : String(fault);
      this.#options.log('server is not there', { server: config.name, fault: mounted.fault });
    }
  }

  /** A contract is in the log before anything is decided under it. */
  async #register(tools: readonly MountedTool[]): Promise<void> {
    const { reader, writer } = this.#options;
    const fresh = tools.flatMap(({ contract }) =>
      contract && reader.get(keys.contract(contract.hash)) === undefined ? [contract] : [],
    );
    const registered = fresh.map(({ contract }) =>
      writer.submit('contract.register', { contract }),
    );
    for (const result of await Promise.all(registered)) {
      if (!result.ok) this.#options.log('contract was not registered', result.error);
    }
  }
}

function upstreamOf(config: ServerConfig, { runFolder, edge }: ServersOptions): Upstream {
  const { name, url, credential } = config;
  if (url !== undefined) {
    const send = credential === undefined ? {} : { send: edgeSend(edge, name) };
    return httpUpstream({ name, url, ...send });
  }
  return stdioUpstream({
    name: config.name,
    command: config.command ?? '',
    args: config.args ?? [],
    env: minimalEnvironment(process.env, config.env),
    recordFolder: runFolder,
  });
}

function bind(config: ServerConfig, listed: ListedTool): MountedTool {
  const catalogue = [...filesystemContracts, ...(config.contracts ?? [])];
  const base = { server: config.name, listed, root: config.workspace_root };
  const bound = bindContract(catalogue, config.name, listed);
  if (!bound.ok) return { ...base, refusal: bound.error };
  const hash = digestOf(bound.value);
  if (!hash.ok) {
    return { ...base, refusal: { code: 'contract.missing', message: hash.error.message } };
  }
  return { ...base, contract: { contract: bound.value, hash: hash.value } };
}

function toolStatus({ listed, contract, refusal }: MountedTool): ToolStatus {
  return {
    name: listed.name,
    ...(contract ? { target: contract.contract.target } : {}),
    ...(refusal ? { code: refusal.code } : {}),
  };
}
