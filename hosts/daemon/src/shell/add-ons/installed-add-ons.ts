import { readFileSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { err, ok, type Result } from '@ioi/basis';
import { digestBytes } from '@ioi/canon';
import { verifierRegistry } from '@ioi/crypto';
import { poisonSigns } from '@ioi/drivers';
import {
  ADD_ON_BYTES_MAX,
  type AddOnHead,
  type AddOnPackage,
  addOnChanges,
  addOnContracts,
  addOnInclusion,
  addOnKeys,
  addOnName,
  openAddOn,
  type Shape,
  skillContract,
  skillIn,
} from '@ioi/law';
import type {
  AddOnPackageAsked,
  AddOnPackageReview,
  InstalledAddOn,
  InstalledAddOnDetail,
  InstalledAddOnsPage,
  Rejection,
} from '@ioi/protocol';
import type { ServerConfig } from '../config.ts';
import type { HeadReader } from '../head-reader.ts';
import { PackageStore } from '../workers/package-store.ts';
import { PYTHON } from '../workers/start-worker.ts';
import { type UnpackedWorker, unpackWorker } from '../workers/unpacked-worker.ts';
import { shelfOfSkill } from './skill-upstream.ts';

export type InstalledAddOnsOptions = {
  readonly reader: HeadReader;
  readonly nodeId: string;
  /** Of the node's data. */
  readonly folder: string;
  readonly log: (message: string, about: object) => void;
};

const SHAPE = new URL('../../../../../protocol/schemas/AddOnManifest.json', import.meta.url);
const MOST_INSTALLED = 10_000;
const DESCRIBES: readonly string[] = ['SKILL.md', 'README.md'];

/** Skills and extensions that the owner installed, and packages he may. Nothing here decides. */
export class InstalledAddOns {
  readonly #options: InstalledAddOnsOptions;
  readonly #packages: PackageStore;
  readonly #unpacked = new Map<string, UnpackedWorker>();
  #offered: ReadonlySet<string> = new Set();

  constructor(options: InstalledAddOnsOptions) {
    this.#options = options;
    this.#packages = new PackageStore(join(options.folder, 'add-on-packages'));
    this.#packages.sweep(new Set(this.#standing().map((head) => head.package)), Date.now());
  }

  list(): InstalledAddOnsPage {
    return { add_ons: this.#heads().map((head) => this.#told(head)) };
  }

  detail(name: string): Result<InstalledAddOnDetail, Rejection> {
    const head = this.#heads().find(({ manifest }) => {
      return manifest.id === name || addOnName(manifest) === name;
    });
    if (head !== undefined) return ok({ add_on: this.#told(head), manifest: head.manifest });
    return refuse('add_on.not_installed', `no skill or extension ${name} is installed`);
  }

  /** Checks a package, keeps it, and says what it gives; installs nothing. */
  async review(
    { path, digest }: AddOnPackageAsked,
    configured: readonly ServerConfig[],
  ): Promise<Result<AddOnPackageReview, Rejection>> {
    const bytes = await bytesAt(path);
    if (!bytes.ok) return bytes;
    const address = digestBytes(bytes.value);
    if (digest !== undefined && digest !== address) {
      return refuse(
        'package.other',
        `${path} is ${address}, and not what was looked at: ${digest}`,
      );
    }
    const opened = openAddOn(bytes.value, { shape: shapeOf(), registry: verifierRegistry() });
    if (!opened.ok) return opened;
    const { manifest, root } = opened.value;
    const name = addOnName(manifest);
    if (configured.some((each) => each.name === name)) {
      const message = `${name} is a server of node.json: ioi mcp remove ${name}, or another name`;
      return refuse('add_on.name_taken', message);
    }
    const head = this.#options.reader.get<AddOnHead>(addOnKeys.installed(name));
    const before = head?.state === 'installed' ? head.manifest : undefined;
    this.#packages.keep(bytes.value);
    return ok({
      package: address,
      manifest_hash: root,
      manifest,
      ...(before === undefined ? {} : { replaces: before.version }),
      inclusion: addOnInclusion(before, manifest),
      changes: addOnChanges(before, manifest),
      signs: signsOf(opened.value),
    });
  }

  /**
   * Servers beside those of node.json, which keep their names. What cannot be offered is left out
   * and said in the log: its package is gone, or is not what was signed.
   */
  servers(configured: readonly ServerConfig[]): readonly ServerConfig[] {
    const taken = new Set(configured.map(({ name }) => name));
    const made = this.#standing().flatMap((head): ServerConfig[] => {
      const name = addOnName(head.manifest);
      const config = taken.has(name)
        ? refuse('add_on.name_taken', `${name} is a server of node.json`)
        : this.#configOf(head);
      if (config.ok) return [config.value];
      this.#options.log('add-on is not offered', { add_on: name, ...config.error });
      return [];
    });
    this.#offered = new Set(made.map(({ name }) => name));
    return [...configured, ...made];
  }

  #configOf(head: AddOnHead): Result<ServerConfig, Rejection> {
    const bytes = this.#packages.read(head.package);
    if (!bytes.ok) return bytes;
    const opened = openAddOn(bytes.value, { shape: shapeOf(), registry: verifierRegistry() });
    if (!opened.ok) return opened;
    if (opened.value.root !== head.manifest_hash) {
      return refuse('add_on.package_damaged', `${head.package} has another manifest`);
    }
    const { manifest, files } = opened.value;
    const name = addOnName(manifest);
    if (manifest.kind === 'extension') return this.#programOf(head, opened.value);
    const skill = skillIn(files);
    if (!skill.ok) return skill;
    const offered = { manifest, skill: skill.value, files };
    const add_on = { package: head.package, shelf: shelfOfSkill(offered), skill: () => offered };
    return ok({ name, contracts: [skillContract(manifest)], add_on });
  }

  /** Always in a sandbox: its own folder, the hosts that were signed, and nothing else. */
  #programOf(head: AddOnHead, { manifest, files }: AddOnPackage): Result<ServerConfig, Rejection> {
    const known = this.#unpacked.get(head.package);
    const unpacked = known ? ok(known) : unpackWorker({ manifest, files }, this.#options.nodeId);
    if (!unpacked.ok) return unpacked;
    this.#unpacked.set(head.package, unpacked.value);
    const { folder } = unpacked.value;
    const { entry, hosts = [], tools = [] } = manifest;
    const file = join(folder, entry?.file ?? '');
    const isPython = entry?.language === 'python';
    const listed = tools.map(({ name, description, input_schema: inputSchema }) => {
      return { name, description, inputSchema: { ...inputSchema } };
    });
    const nothing = { prompts: [], resources: [], templates: [] };
    return ok({
      name: addOnName(manifest),
      command: isPython ? PYTHON : process.execPath,
      args: isPython ? ['-E', '-s', '-B', file] : [file],
      manifest: { paths: { read: [folder], write: [] }, hosts, placeholders: {} },
      contracts: addOnContracts(manifest),
      add_on: { package: head.package, shelf: { tools: listed as never, ...nothing } },
    });
  }

  #heads(): AddOnHead[] {
    const { headClass } = addOnKeys.installed('');
    const heads = this.#options.reader.headsOf<AddOnHead>(headClass, '', MOST_INSTALLED);
    return heads.map(({ value }) => value);
  }

  #standing(): AddOnHead[] {
    return this.#heads().filter(({ state }) => state === 'installed');
  }

  #told({ manifest, manifest_hash, state, package: address }: AddOnHead): InstalledAddOn {
    const { id, kind, version, authority } = manifest;
    const name = addOnName(manifest);
    const offered = state === 'installed' && this.#offered.has(name);
    const kept = this.#packages.has(address);
    return {
      name,
      id,
      kind,
      version,
      authority,
      state,
      manifest_hash,
      package: address,
      kept,
      offered,
    };
  }
}

/** What in its words speaks to a model to obey, as of a description of any tool. */
function signsOf({ manifest, files }: AddOnPackage): string[] {
  const texts = files.filter(({ path }) => DESCRIBES.includes(path) || path.endsWith('.md'));
  const said = texts.map(({ path, bytes }) => [path, Buffer.from(bytes).toString()] as const);
  const tools = (manifest.tools ?? []).map(({ name, description }) => [name, description] as const);
  return [...said, ...tools].flatMap(([name, description]) => {
    const listed = { name, description, inputSchema: {} };
    return poisonSigns(listed, new Set()).map((sign) => `${name}: ${sign}`);
  });
}

function shapeOf(): Shape {
  return JSON.parse(readFileSync(SHAPE, 'utf8')) as Shape;
}

async function bytesAt(path: string): Promise<Result<Uint8Array, Rejection>> {
  try {
    const { size } = await stat(path);
    if (size > ADD_ON_BYTES_MAX) return refuse('package.too_large', `${path} has ${size} bytes`);
    return ok(new Uint8Array(await readFile(path)));
  } catch (fault) {
    return refuse('add_on.path', `${path} cannot be read: ${String(fault)}`);
  }
}

function refuse(code: string, message: string): { readonly ok: false; readonly error: Rejection } {
  return err({ code, message });
}
