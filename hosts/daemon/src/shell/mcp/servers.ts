import { setTimeout as sleep } from 'node:timers/promises';
import { err, ok, type Result } from '@ioi/basis';
import { type Digest, digestOf } from '@ioi/canon';
import { CLIENT_METHODS, methodOf, poisonSigns } from '@ioi/drivers';
import {
  clientDriver,
  type Sandbox,
  type SandboxProbe,
  type Upstream,
  type Notice as UpstreamNotice,
} from '@ioi/drivers/shell';
import {
  type AddOnHead,
  addOnKeys,
  isMergeContract,
  isRunContract,
  isStepContract,
  isWebContract,
  keys,
  type Layers,
  neverPasses,
} from '@ioi/law';
import type {
  Driver,
  Rejection,
  RuntimeToolContract,
  ServerStatus,
  ToolDetail,
  ToolStatus,
} from '@ioi/protocol';
import type { EdgeLine } from '@ioi/wallet/client';
import type { HashedContract } from '../../core/index.ts';
import { Names, type Offered, ownerOf, resourcesOf, type Shelf, seenOf } from '../../core/index.ts';
import type { ServerConfig } from '../config.ts';
import type { Contents } from '../contents.ts';
import { recordMount } from '../governance.ts';
import type { HeadReader } from '../head-reader.ts';
import type { Writer } from '../writer.ts';
import { driverOfConnector, type SealProof } from './connector.ts';
import { argumentsFrom, MountedServer, type MountedTool, pinsOfShelf } from './mounted-server.ts';
import type { Pins } from './pins.ts';
import { Rereading } from './rereading.ts';
import { reachOf } from './server-bounds.ts';
import { upstreamOf } from './upstream-of.ts';

export type ServersOptions = {
  readonly configs: readonly ServerConfig[];
  /** Where server processes are remembered, so that none outlives a crash unseen. */
  readonly runFolder: string;
  /** How a server with a manifest is started; one without is the owner's own program. */
  readonly sandbox: Sandbox;
  /** By which credentials are added; undefined where no server had one at the start. */
  readonly edge: EdgeLine | undefined;
  /** That an action is sealed, for the edge to see. */
  readonly proof: SealProof;
  /** For what programs in a sandbox ask for over HTTP. */
  readonly web: Driver;
  /** For what they changed in copies, files that workers ask for, commands of shells. */
  readonly merge: Driver;
  readonly files: Driver;
  readonly command: Driver;
  readonly pins: Pins;
  readonly writer: Writer;
  readonly reader: HeadReader;
  readonly contents: Contents;
  /** The layers that decide now; while they cannot be read, nothing is hidden. */
  readonly layers: () => Result<Layers, Rejection>;
  /** After `mount`, and after whatever a server says of itself was read again. */
  readonly onNotice: (server: string, notice: UpstreamNotice) => void;
  readonly log: (message: string, about: object) => void;
};

/** How long whoever changes the servers waits for the new ones to answer. */
const PATIENCE_MS = 5_000;
const LISTS = ['tools', 'resources', 'prompts'] as const;
type List = (typeof LISTS)[number];

/** The MCP servers behind the node, and what they offer together (decision 0014). */
export class Servers {
  readonly #options: ServersOptions;
  readonly #client: Driver;
  readonly #connectors = new WeakMap<MountedServer, Driver>();
  #mounted: readonly MountedServer[];
  #tools = new Names([], 'tools');
  #prompts = new Names([], 'prompts');

  constructor(options: ServersOptions) {
    this.#options = options;
    this.#client = clientDriver({ argumentsOf: argumentsFrom(options.contents) });
    this.#mounted = options.configs.map((config) => this.#make(config));
  }

  /** Whether servers can be held to their manifests here. */
  sandbox(): SandboxProbe {
    return this.#options.sandbox.probe();
  }

  /** Reads what every server offers and registers its contracts; faults are per server. */
  async mount(configs = this.#options.configs): Promise<void> {
    await Promise.all(this.#mounted.map((mounted) => this.#read(mounted)));
    if (configs.length > this.#mounted.length) await this.reload(configs);
  }

  /** Mounts what is new or different, ends what is gone; what is as before runs on. */
  async reload(configs: readonly ServerConfig[]): Promise<void> {
    const before = new Map(this.#mounted.map((each) => [each.name, each]));
    const fresh: MountedServer[] = [];
    this.#mounted = configs.map((config) => {
      const same = before.get(config.name);
      if (same && sameConfig(same.config, config)) {
        before.delete(config.name);
        return same;
      }
      const made = this.#make(config);
      fresh.push(made);
      return made;
    });
    const { pins } = this.#options;
    for (const name of before.keys()) if (!this.#find(name)) pins.forget(name);
    // Ended first: what replaces it may need what it holds.
    await Promise.all([...before.values()].map(({ upstream }) => upstream.close()));
    this.#told();
    // Each is there as soon as it answers; one that hangs holds up nobody for long.
    const read = fresh.map((mounted) => this.#read(mounted).then(() => this.#told()));
    const late = new AbortController();
    const waited = sleep(PATIENCE_MS, undefined, { signal: late.signal, ref: false });
    await Promise.race([Promise.all(read), waited]);
    late.abort();
    await waited.catch(() => {});
  }

  /** Asks one server anew for everything it offers. */
  async test(name: string): Promise<ServerStatus | undefined> {
    const mounted = this.#find(name);
    if (!mounted) return undefined;
    mounted.upstream.forget();
    await this.#read(mounted);
    return this.#statusOf(mounted);
  }

  /** `seen`: digest of what a person has seen of it, as its status says. */
  accept(name: string, seen: Digest): Result<ServerStatus, Rejection> | undefined {
    const mounted = this.#find(name);
    if (!mounted) return undefined;
    if (mounted.config.add_on !== undefined) {
      const message = `${name} may say what was signed, and nothing else: install another version`;
      return err({ code: 'server.changed', message });
    }
    if (!mounted.accept(seen)) {
      const message = `${name} says something else now; look at it again: ioi mcp test ${name}`;
      return err({ code: 'server.changed', message });
    }
    this.#told();
    return ok(this.#statusOf(mounted));
  }

  find(name: string): MountedTool | undefined {
    const offered = this.#tools.find(name);
    return offered && this.#toolOf(offered);
  }

  /** The tool a contract was drawn up for, as its server lists it now. */
  toolOf({ server, tool }: Pick<RuntimeToolContract, 'server' | 'tool'>): MountedTool | undefined {
    return this.#find(server)?.tools.find(({ listed }) => listed.name === tool);
  }

  prompt(name: string): Offered | undefined {
    return this.#prompts.find(name);
  }

  /** Whether no person has seen what its server says of it. */
  isUnseen({ server, item }: Pick<Offered, 'server' | 'item'>): boolean {
    return this.#find(server)?.isUnseen(item) === true;
  }

  /** The server a resource is read from. */
  ownerOf(uri: string): string | undefined {
    return ownerOf(uri, this.#shelves());
  }

  /** What may be asked of a server, or by it, beside its tools; and the folder of its files. */
  methodsOf(server: string): Pick<MountedServer, 'methods'> & { root: string | undefined } {
    const found = this.#find(server);
    return { methods: found?.methods ?? [], root: found?.config.workspace_root };
  }

  /** What a person needs to judge a tool, or to write its contract. */
  detail(name: string): ToolDetail | undefined {
    const found = this.find(name);
    const hash = found && digestOf(found.listed.inputSchema);
    if (!found || !hash?.ok) return undefined;
    const { description, inputSchema } = found.listed;
    return {
      server: found.server,
      tool: found.listed.name,
      ...(typeof description === 'string' ? { description } : {}),
      input_schema: inputSchema,
      schema_hash: hash.value,
      ...(found.contract ? { contract: found.contract.contract } : {}),
    };
  }

  /** As clients see them: without what changed, or what the policy lets no call pass of. */
  listed(kind: 'tools' | 'prompts' | 'resources' | 'templates') {
    const isThere = ({ server }: Offered) => this.#find(server) !== undefined;
    if (kind === 'prompts') {
      return this.#prompts.listed((each) => isThere(each) && !this.isUnseen(each));
    }
    if (kind !== 'tools') {
      const isUnseen = (item: Offered['item']) => this.#mounted.some((each) => each.isUnseen(item));
      return seenOf(resourcesOf(this.#shelves(), kind), kind, isUnseen);
    }
    const layers = this.#layers();
    return this.#tools.listed((offered) => {
      if (!isThere(offered)) return false;
      const { contract, refusal } = this.#toolOf(offered) ?? {};
      // What a model would read of it, no person has seen.
      if (refusal?.code === 'contract.description_changed') return false;
      return !(layers && contract && neverPasses(layers, contract.contract));
    });
  }

  /** Every server that answered, with what it says of itself. */
  described() {
    return this.#mounted.flatMap(({ name, described }) => (described ? [{ name, described }] : []));
  }

  upstreams(): readonly { readonly name: string; readonly upstream: Upstream }[] {
    return this.#mounted;
  }

  /** Of every tool that may be called. */
  contracts(): readonly NonNullable<MountedTool['contract']>[] {
    return this.#mounted.flatMap(({ tools }) => tools.flatMap((tool) => tool.contract ?? []));
  }

  driverFor(contract: RuntimeToolContract): Driver | undefined {
    if (isWebContract(contract)) return this.#options.web;
    if (isMergeContract(contract)) return this.#options.merge;
    if (isStepContract(contract)) return this.#options.files;
    if (isRunContract(contract)) return this.#options.command;
    const mounted = this.#find(contract.server);
    const method = methodOf(contract);
    const connected = mounted && this.#connectors.get(mounted);
    if (connected !== undefined) return connected;
    const isAsked = CLIENT_METHODS.some((each) => each === method);
    return isAsked ? mounted && this.#client : mounted?.driver;
  }

  status(): ServerStatus[] {
    return this.#mounted.map((mounted) => this.#statusOf(mounted));
  }

  async close(): Promise<void> {
    await Promise.all(this.#mounted.map(({ upstream }) => upstream.close()));
  }

  /** A contract is in the log before anything is decided under it. */
  async register(contracts: readonly HashedContract[]): Promise<void> {
    const { reader, writer, log } = this.#options;
    const fresh = contracts.filter(({ hash }) => reader.get(keys.contract(hash)) === undefined);
    const registered = fresh.map(({ contract }) =>
      writer.submit('contract.register', { contract }),
    );
    for (const result of await Promise.all(registered)) {
      if (!result.ok) log('contract was not registered', result.error);
    }
  }

  #make(config: ServerConfig): MountedServer {
    const { pins, contents, onNotice } = this.#options;
    const upstream = upstreamOf(config, this.#options);
    if (config.add_on !== undefined) pins.accept(config.name, pinsOfShelf(config.add_on.shelf));
    const mounted: MountedServer = new MountedServer({
      config,
      upstream,
      pins,
      contents,
      onNotice: (notice) => {
        if (notice.kind === 'list_changed') rereading.ask(notice.list);
        else if (notice.kind !== 'reconnected') onNotice(config.name, notice);
        // Whoever reads reconnected it; a server that dies of being read is left alone.
        else if (!rereading.isRunning) for (const list of LISTS) rereading.ask(list);
      },
    });
    const { connector } = config;
    if (connector !== undefined) {
      const driver = driverOfConnector({ ...config, connector }, this.#options);
      this.#connectors.set(mounted, driver);
    }
    const rereading = new Rereading<List>(async (lists) => {
      await this.#read(mounted);
      this.#told(lists);
    });
    return mounted;
  }

  async #read(mounted: MountedServer): Promise<void> {
    const { name, config } = mounted;
    try {
      this.#needEdge(config);
      await mounted.read();
      await this.register(mounted.tools.flatMap(({ contract }) => contract ?? []));
      const server = { name, isRemote: config.url !== undefined };
      await recordMount(server, mounted.tools, { ...this.#options });
    } catch (fault) {
      mounted.failed(fault);
      this.#options.log('server is not there', { server: name, fault: mounted.fault });
    }
    this.#arrange();
  }

  /** What comes up as ready can be used: the node starts again for its first edge. */
  #needEdge({ credential }: ServerConfig): void {
    if (credential === undefined || this.#options.edge !== undefined) return;
    throw new Error('edge.missing: no edge runs yet; if it does not come: ioi down, then ioi up');
  }

  #layers(): Layers | undefined {
    const layers = this.#options.layers();
    return layers.ok ? layers.value : undefined;
  }

  #arrange(): void {
    this.#tools = new Names(this.#shelves(), 'tools');
    this.#prompts = new Names(this.#shelves(), 'prompts');
  }

  #told(lists: Iterable<List> = LISTS): void {
    this.#arrange();
    for (const list of lists) this.#options.onNotice('', { kind: 'list_changed', list });
  }

  #shelves(): readonly Shelf[] {
    const standing = this.#mounted.filter(({ config }) => this.#isStanding(config));
    return standing.map(({ shelf }) => shelf);
  }

  #find(name: string): MountedServer | undefined {
    const found = this.#mounted.find((each) => each.name === name);
    return found && this.#isStanding(found.config) ? found : undefined;
  }

  /** What was removed is not there from its entry on, whoever reads the list again and when. */
  #isStanding({ name, add_on }: ServerConfig): boolean {
    if (add_on === undefined) return true;
    const head = this.#options.reader.get<AddOnHead>(addOnKeys.installed(name));
    return head?.state === 'installed' && head.package === add_on.package;
  }

  #toolOf({ server, item }: Offered): MountedTool | undefined {
    return this.#find(server)?.toolOf(item);
  }

  #statusOf(mounted: MountedServer): ServerStatus {
    const { name, config, described, fault, shelf, tools, said } = mounted;
    const layers = this.#layers();
    const others = new Set(
      this.#mounted
        .filter((each) => each.name !== name)
        .flatMap((each) => each.tools.map(({ listed }) => listed.name)),
    );
    return {
      name,
      state: fault === undefined ? (described ? 'ready' : 'starting') : 'unreachable',
      ...(fault === undefined ? {} : { detail: fault }),
      ...(described ? { protocol_version: described.protocolVersion } : {}),
      ...(said === undefined ? {} : { said }),
      ...(described && config.manifest ? { sandboxed: true } : {}),
      ...reachOf(config),
      resources: shelf.resources.length + shelf.templates.length,
      prompts: shelf.prompts.length,
      ...(mounted.unseen.length > 0 ? { unseen: mounted.unseen } : {}),
      tools: tools.map((tool) => toolStatus(tool, layers, poisonSigns(tool.listed, others))),
    };
  }
}

function sameConfig(one: ServerConfig, other: ServerConfig): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function toolStatus(
  { listed, contract, refusal }: MountedTool,
  layers: Layers | undefined,
  warnings: readonly string[],
): ToolStatus {
  const isHidden = layers && contract && neverPasses(layers, contract.contract);
  return {
    name: listed.name,
    ...(contract ? { target: contract.contract.target } : {}),
    ...(refusal ? { code: refusal.code } : {}),
    ...(warnings.length > 0 ? { warnings } : {}),
    ...(isHidden ? { hidden: true } : {}),
  };
}
