import type { Result } from '@ioi/basis';
import { type Digest, digestBytes, digestOf } from '@ioi/canon';
import {
  argumentsCheck,
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
import {
  isOurs,
  type Shelf,
  saidOf,
  unseenWords,
  type WordsKind,
  wordPins,
} from '../../core/index.ts';
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
  /** Whether these arguments are of its input schema. */
  readonly check: ReturnType<typeof argumentsCheck>;
  readonly contract?: { readonly contract: RuntimeToolContract; readonly hash: Digest };
  readonly refusal?: Refusal;
};

/** What a server last said of itself, whoever has seen it. */
type Said = {
  readonly described: Described;
  readonly listed: readonly ListedTool[];
  readonly words: Omit<Shelf, 'server' | 'tools'>;
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
  #said: Said | undefined;
  #tools: ReadonlyMap<JsonObject, MountedTool> = new Map();
  #unseen: ReadonlyMap<JsonObject, WordsKind> = new Map();
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
      argumentsOf: argumentsFrom(contents),
      metaOf: ({ request }: SealedAction) =>
        metaOf(request.params, lookup) as Result<JsonObject | undefined, Rejection>,
    });
    const methods = methodContracts(config.name).filter((each) => isBelow(config, each));
    this.methods = root === undefined ? methods.map(withoutFolder) : methods;
    upstream.onNotice(onNotice);
  }

  get name(): string {
    return this.config.name;
  }

  get tools(): readonly MountedTool[] {
    return [...this.#tools.values()];
  }

  /** By the entry of its shelf. */
  toolOf(listed: JsonObject): MountedTool | undefined {
    return this.#tools.get(listed);
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
    const words = {
      prompts: prompts?.entries ?? [],
      resources: resources?.entries ?? [],
      templates: templates?.entries ?? [],
    };
    this.#said = { described, listed: tools, words };
    // First: what cannot be pinned is not offered.
    this.#judge();
    this.shelf = { server: this.name, tools, ...words };
    this.fault = undefined;
  }

  /** Of everything that is pinned of what it says now; undefined before it said anything. */
  get said(): Digest | undefined {
    const digest = this.#said && digestOf(Object.fromEntries(pinsOf(this.#said)));
    return digest?.ok ? digest.value : undefined;
  }

  /** What it says now is accepted, if it is what was seen; otherwise false, and nothing is. */
  accept(seen: Digest): boolean {
    if (this.#said === undefined || this.said !== seen) return false;
    this.#pins.accept(this.name, pinsOf(this.#said));
    this.#judge();
    return true;
  }

  /** Words for a model that no person has seen are not passed on. */
  #judge(): void {
    if (this.#said === undefined) return;
    const { described, listed, words } = this.#said;
    const pins = pinsOf(this.#said);
    const changed = this.#pins.changed(this.name, pins);
    // One without a canonical form has no pin: nobody can have accepted it.
    const isNew = ({ name }: ListedTool): boolean =>
      isOurs(name) || !pins.has(name) || changed.has(name);
    const { instructions: _, ...quieted } = described;
    this.described = changed.has(INSTRUCTIONS) ? quieted : described;
    this.#tools = new Map(listed.map((tool) => [tool, bind(this.config, tool, isNew(tool))]));
    this.#unseen = unseenWords(words, pins, changed);
  }

  /** Whether it is a prompt or resource whose words no person has accepted. */
  isUnseen(item: JsonObject): boolean {
    return this.#unseen.has(item);
  }

  /** As a person reads them before they accept them. */
  get unseen() {
    return [...this.#unseen].map(([item, kind]) => saidOf(item, kind));
  }

  failed(fault: unknown): void {
    this.fault = fault instanceof Error ? fault.message : String(fault);
  }
}

/** The way back from a sealed request to what is sent, with contents from where they are kept. */
export function argumentsFrom(contents: Contents) {
  return ({ contract, request }: SealedAction): Result<JsonObject, Rejection> =>
    argumentsOf(contract, request.params, (digest) => contents.salted(digest)) as Result<
      JsonObject,
      Rejection
    >;
}

/** A server without a folder of its own has no facts about one; its paths are absolute. */
function withoutFolder(contract: RuntimeToolContract): RuntimeToolContract {
  const isFile = contract.rrsa_domain === 'filesystem';
  return { ...contract, facts: [], ...(isFile ? { rrsa_domain: 'unmapped' } : {}) };
}

/** What a stranger offers is never called what the node's own is: a rule would let it through. */
function isBelow({ name, add_on }: ServerConfig, { target }: RuntimeToolContract): boolean {
  return add_on === undefined || target.startsWith(`mcp::${name}::`);
}

/** Of what was signed before anything was said. */
export function pinsOfShelf({
  tools: listed,
  ...words
}: Omit<Shelf, 'server' | 'tools'> & { readonly tools: readonly ListedTool[] }) {
  return pinsOf({ described: {}, listed, words });
}

type Pinned = Pick<Said, 'listed' | 'words'> & {
  readonly described: Pick<Described, 'instructions'>;
};

function pinsOf({
  described: { instructions },
  listed,
  words,
}: Pinned): ReadonlyMap<string, Digest> {
  const told =
    instructions === undefined ? [] : [[INSTRUCTIONS, digestBytes(instructions)] as const];
  const tools = listed.flatMap((tool) => {
    const pin = toolPin(tool);
    return pin === undefined || isOurs(tool.name) ? [] : [[tool.name, pin] as const];
  });
  return new Map([...told, ...tools, ...wordPins(words)]);
}

function bind(config: ServerConfig, listed: ListedTool, isChanged: boolean): MountedTool {
  const all = [...filesystemContracts, ...(config.contracts ?? [])];
  const catalogue = all.filter((each) => isBelow(config, each));
  const { name: server, workspace_root: root } = config;
  const base = { server, listed, root, check: argumentsCheck(listed.inputSchema) };
  if (isChanged) {
    const message = `${listed.name} is new, or described otherwise; ioi mcp accept ${server}`;
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
