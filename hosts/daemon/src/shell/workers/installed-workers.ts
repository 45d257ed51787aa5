import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { err, ok, type Result } from '@ioi/basis';
import { type Digest, digestBytes } from '@ioi/canon';
import { verifierRegistry } from '@ioi/crypto';
import {
  type InstalledHead,
  manifestRoot,
  modelContract,
  neverPasses,
  openPackage,
  policyCache,
  type RoutingTable,
  stepContracts,
  type WorkerPackage,
  webContracts,
  workerInclusion,
  workerKeys,
} from '@ioi/law';
import type {
  InstalledWorker,
  InstalledWorkerDetail,
  InstalledWorkersPage,
  Rejection,
  RuntimeToolContract,
  WorkerPackageAsked,
  WorkerPackageReview,
} from '@ioi/protocol';
import type { HeadReader } from '../head-reader.ts';
import { layersNow } from '../layers-now.ts';
import type { Servers } from '../mcp/servers.ts';
import { PackageStore } from './package-store.ts';
import { needsMet } from './requirements.ts';
import { sweepUnpacked, type UnpackedWorker, unpackWorker } from './unpacked-worker.ts';
import { manifestShape } from './worker-entry.ts';

export type InstalledWorkersOptions = {
  readonly reader: HeadReader;
  readonly servers: Servers;
  readonly routing: () => RoutingTable;
  readonly nodeId: string;
  /** Of the node's data. */
  readonly folder: string;
};

export type StartedFrom = UnpackedWorker & { readonly head: InstalledHead };

const MOST_INSTALLED = 10_000;
const MOST_BYTES = 64 * 1024 * 1024;
const INSTANCE = /^inst_[0-9a-f]{32}$/;

/** Workers that the owner installed, and packages that he may. Nothing here decides. */
export class InstalledWorkers {
  readonly #options: InstalledWorkersOptions;
  readonly #packages: PackageStore;

  constructor(options: InstalledWorkersOptions) {
    this.#options = options;
    this.#packages = new PackageStore(join(options.folder, 'worker-packages'));
  }

  /** Before anything runs: what a stop left, and what nobody installed. */
  sweep(): void {
    this.#packages.sweep(new Set(this.standing().map((head) => head.package)), Date.now());
    sweepUnpacked(this.#options.nodeId);
  }

  list(): InstalledWorkersPage {
    return { workers: this.#heads().map((head) => this.#told(head)) };
  }

  standing(): InstalledHead[] {
    return this.#heads().filter(({ state }) => state === 'installed');
  }

  /** By its instance, `ai://…`, or the last part of that where only one has it. */
  find(name: string): Result<InstalledHead, Rejection> {
    const heads = this.#heads();
    const exact = heads.find(({ manifest, instance }) => {
      return INSTANCE.test(name) ? instance.instance_id === name : manifest.id === name;
    });
    if (exact !== undefined) return ok(exact);
    const named = heads.filter(({ manifest }) => nameOfWorker(manifest.id) === name);
    const standing = named.filter(({ state }) => state === 'installed');
    const [found, ...others] = standing.length > 0 ? standing : named;
    if (found === undefined)
      return refuse('worker.not_installed', `no worker ${name} is installed`);
    if (others.length === 0) return ok(found);
    const ids = [found, ...others].map(({ manifest }) => manifest.id);
    return refuse('worker.ambiguous', `${name} is one of ${ids.join(', ')}: say which`);
  }

  detail(name: string): Result<InstalledWorkerDetail, Rejection> {
    const found = this.find(name);
    if (!found.ok) return found;
    return ok({ worker: this.#told(found.value), manifest: found.value.manifest });
  }

  /** Checks a package, keeps it, and says what it asks for; installs nothing. */
  async review({
    path,
    digest,
  }: WorkerPackageAsked): Promise<Result<WorkerPackageReview, Rejection>> {
    const bytes = await bytesAt(path);
    if (!bytes.ok) return bytes;
    const address = digestBytes(bytes.value);
    if (digest !== undefined && digest !== address) {
      return refuse(
        'package.other',
        `${path} is ${address}, and not what was looked at: ${digest}`,
      );
    }
    const opened = open(bytes.value);
    if (!opened.ok) return opened;
    const { manifest } = opened.value;
    const { routing, reader } = this.#options;
    const needs = await needsMet(manifest, routing());
    const unmet = needs.find(({ met }) => met === 'no');
    if (unmet !== undefined) {
      const { need, found } = unmet;
      return refuse('worker.requirement_unmet', `it needs ${need}; this machine has ${found}`);
    }
    const asks = this.#asksOf(opened.value);
    if (!asks.ok) return asks;
    const head = reader.get<InstalledHead>(workerKeys.installed(manifest.id));
    const before = head?.state === 'installed' ? head.manifest : undefined;
    this.#packages.keep(bytes.value);
    return ok({
      package: address,
      manifest_hash: opened.value.root,
      manifest,
      ...(before === undefined ? {} : { replaces: before.version }),
      inclusion: workerInclusion(before, manifest),
      asks: asks.value,
      needs,
    });
  }

  /** The bytes that were installed, unpacked where nobody else writes, and checked again. */
  unpack(id: string): Result<StartedFrom, Rejection> {
    const found = this.find(id);
    if (!found.ok) return found;
    const head = found.value;
    if (head.state !== 'installed') {
      return refuse('worker.not_installed', `${head.manifest.id} was removed`);
    }
    const bytes = this.#packages.read(head.package);
    if (!bytes.ok) return bytes;
    const opened = open(bytes.value);
    if (!opened.ok) return opened;
    if (opened.value.root !== head.manifest_hash) {
      return refuse('worker.package_damaged', `${head.package} has another manifest`);
    }
    const unpacked = unpackWorker(opened.value, this.#options.nodeId);
    return unpacked.ok ? ok({ ...unpacked.value, head }) : unpacked;
  }

  #heads(): InstalledHead[] {
    const { headClass } = workerKeys.installed('');
    const heads = this.#options.reader.headsOf<InstalledHead>(headClass, '', MOST_INSTALLED);
    return heads.map(({ value }) => value);
  }

  #told({ manifest, manifest_hash, state, instance, ...head }: InstalledHead): InstalledWorker {
    const { id, version, authority } = manifest;
    return {
      ...{ id, name: nameOfWorker(id), version, authority, state, manifest_hash },
      package: head.package,
      kept: this.#packages.has(head.package),
      instance,
    };
  }

  /** What of it the policy in force lets pass at all: whoever asks, and under whichever grant. */
  #asksOf({ manifest }: WorkerPackage): Result<WorkerPackageReview['asks'], Rejection> {
    const { reader, servers } = this.#options;
    const layers = layersNow(reader, policyCache());
    if (!layers.ok) return layers;
    const mounted = servers.contracts().map(({ contract }) => contract);
    const known: RuntimeToolContract[] = [
      ...stepContracts.values(),
      ...webContracts.values(),
      modelContract(),
      ...mounted,
    ];
    const asked = (name: string, needing: readonly RuntimeToolContract[]) => {
      const [never, may] = [true, false].map((isNever) => [
        ...new Set(
          needing.flatMap((each) =>
            neverPasses(layers.value, each) === isNever ? each.target : [],
          ),
        ),
      ]);
      return { name, may: may ?? [], never: never ?? [] };
    };
    const prims = (manifest.capabilities_required ?? []).map((prim) => {
      return asked(
        prim,
        known.filter((each) => each.primitive_capabilities.includes(prim)),
      );
    });
    const scopes = (manifest.scopes_requested ?? []).map((scope) => {
      return asked(
        scope,
        known.filter((each) => each.authority_scopes.includes(scope)),
      );
    });
    return ok([...prims, ...scopes]);
  }
}

type Opened = WorkerPackage & { readonly root: Digest };

/** `ai://publisher/counter` is called `counter`. */
export function nameOfWorker(id: string): string {
  return id.slice(id.lastIndexOf('/') + 1);
}

async function bytesAt(path: string): Promise<Result<Uint8Array, Rejection>> {
  try {
    const { size } = await stat(path);
    if (size > MOST_BYTES) return refuse('package.too_large', `${path} has ${size} bytes`);
    return ok(new Uint8Array(await readFile(path)));
  } catch (fault) {
    return refuse('worker.path', `${path} cannot be read: ${String(fault)}`);
  }
}

function open(bytes: Uint8Array): Result<Opened, Rejection> {
  const opened = openPackage(bytes, { shape: manifestShape(), registry: verifierRegistry() });
  if (opened.ok) return ok({ ...opened.value, root: manifestRoot(opened.value.manifest) });
  if (opened.error.kind === 'package') return err(opened.error.fault);
  const [first] = opened.error.faults;
  const place = `manifest.json:${first?.line ?? 1}:${first?.column ?? 1}`;
  return refuse(first?.code ?? 'manifest.wrong_type', `${place}: ${first?.message ?? ''}`);
}

function refuse(code: string, message: string): { readonly ok: false; readonly error: Rejection } {
  return err({ code, message });
}
