import { join } from 'node:path';
import { newOperationId } from '@ioi/agentgres/shell';
import { err, ok, type Result } from '@ioi/basis';
import {
  commitSummaryOf,
  domainNameOf,
  type HeadText,
  isProposed,
  openDomainKey,
  type VerifiedSeal,
} from '@ioi/law';
import type { DomainStatus, OperationRequest, Rejection, SealedEntry } from '@ioi/protocol';
import { sizeOf } from '../export.ts';
import { HeadReader } from '../head-reader.ts';
import type { Latest } from '../latest.ts';
import type { Writer } from '../writer.ts';
import { NODE_DOMAIN } from '../writer-messages.ts';
import { storeBytes } from './store-bytes.ts';

/** A domain that is open here: what is sealed of it, and what is read. */
export type DomainHandle = {
  readonly domainId: string;
  readonly origin: string;
  /** By which the writer knows it: empty for the node's own log. */
  readonly slot: string;
  readonly reader: HeadReader;
  readonly latest: Latest;
};

type Sealed = {
  readonly domain: string;
  readonly changes: readonly HeadText[];
  readonly note: string;
  readonly size: number;
  readonly seal: VerifiedSeal;
};

/** What the API may write in the node's own log; the boundary's operations are the daemon's. */
const IN_NODE_LOG: readonly string[] = ['domain/', 'governance/'];

/** The domains of a node: its own log, and those opened in it, each in a folder of its own. */
export class Domains {
  readonly #writer: Writer;
  readonly #folder: string;
  readonly #node: DomainHandle;
  readonly #opening = new Map<string, Promise<Result<DomainHandle, Rejection>>>();
  readonly #open = new Map<string, DomainHandle>();
  readonly #early = new Map<string, string>();

  constructor(writer: Writer, folder: string, node: DomainHandle) {
    this.#writer = writer;
    this.#folder = folder;
    this.#node = node;
  }

  get node(): DomainHandle {
    return this.#node;
  }

  /** Every domain of the node; those not asked for since the start are opened. */
  async list(): Promise<DomainStatus[]> {
    const heads = this.#node.reader.headsOf('domain', '', 10_000);
    const opened = await Promise.all(heads.map(({ id }) => this.find(id)));
    const handles = opened.flatMap((each) => (each.ok ? [each.value] : []));
    return [this.#node, ...handles].map(statusOf);
  }

  /** By its id, or what stands after the scheme; rejects with `domain.not_open`. */
  find(name: string): Promise<Result<DomainHandle, Rejection>> {
    const domainId = name.includes('://') ? name : `agentgres://domain/${name}`;
    if (domainId === this.#node.domainId) return Promise.resolve(ok(this.#node));
    const known = this.#opening.get(domainId);
    if (known) return known;
    if (this.#node.reader.get(openDomainKey(domainId)) === undefined) {
      const message = `${domainId} is not open on this node: ioi domain open ${domainId}`;
      return Promise.resolve(err({ code: 'domain.not_open', message }));
    }
    const opening = this.#openLog(domainId).catch((fault: unknown) => {
      // What could not be read a moment ago may be read when somebody asks again.
      this.#opening.delete(domainId);
      throw fault;
    });
    this.#opening.set(domainId, opening);
    return opening;
  }

  /** Opens a new domain: the node's own log says so first. */
  async create(domainId: string): Promise<Result<DomainHandle, Rejection>> {
    const request = { operation: 'domain/open', payload: { domain_id: domainId } };
    const recorded = await this.submit(this.#node, request);
    return recorded.ok ? this.find(domainId) : recorded;
  }

  async submit(
    { slot }: DomainHandle,
    request: OperationRequest,
  ): Promise<Result<SealedEntry, Rejection>> {
    const { operation, payload, preconditions, payloads = {} } = request;
    if (slot === NODE_DOMAIN && !IN_NODE_LOG.some((prefix) => operation.startsWith(prefix))) {
      const message = `${operation} is not for the API to write in the node's own log`;
      return err({ code: 'operation.not_authentic', message });
    }
    const proposed = {
      operation_id: request.operation_id ?? newOperationId(),
      operation,
      authenticated_by: request.authenticated_by ?? { kind: 'channel' as const },
      ...(preconditions === undefined ? {} : { preconditions }),
      payload: { ...payload },
    };
    if (!isProposed(proposed) || !isTexts(payloads)) return err(UNSHAPED);
    const sealed = await this.#writer.submitOperation(proposed, payloads, slot);
    if (!sealed.ok) return sealed;
    return ok({ entry: sealed.value.entry, sealed_size: sealed.value.size });
  }

  sealed({ domain, changes, note, size, seal }: Sealed): void {
    const handle = this.#open.get(domain);
    if (!handle) return;
    Object.assign(handle.latest, { note, seal });
    handle.reader.sealed(changes, size);
  }

  cosigned(domainId: string, note: string): void {
    const isNode = domainId === this.#node.domainId;
    const handle = isNode ? this.#node : this.#open.get(domainId);
    if (!handle) {
      // The guardian cosigns a domain as soon as it opens, which may be before it is open here.
      this.#early.set(domainId, note);
      return;
    }
    handle.latest.cosigned = note;
    this.#writer.saveCheckpoint(handle.slot, sizeOf(note), note);
  }

  close(): void {
    for (const { reader } of this.#open.values()) reader.close();
  }

  async #openLog(domainId: string): Promise<Result<DomainHandle, Rejection>> {
    const opened = await this.#writer.open(domainId);
    if (!opened.ok) {
      this.#opening.delete(domainId);
      return opened;
    }
    const { status, size, note, seal } = opened.value;
    const reader = new HeadReader(join(this.#folder, 'domains', domainNameOf(domainId)));
    reader.sealed([], size);
    const latest: Latest = { note, cosigned: '', seal };
    const { origin } = status;
    const handle = { domainId, origin, slot: domainId, reader, latest };
    this.#open.set(domainId, handle);
    const early = this.#early.get(domainId);
    if (early !== undefined) this.cosigned(domainId, early);
    this.#early.delete(domainId);
    return ok(handle);
  }
}

const UNSHAPED: Rejection = {
  code: 'operation.malformed',
  message: 'operation_id, operation, authenticated_by, preconditions or payloads are misshapen',
};

function isTexts(payloads: unknown): boolean {
  if (typeof payloads !== 'object' || payloads === null) return false;
  return Object.values(payloads).every((text) => typeof text === 'string');
}

export function statusOf({ domainId, origin, reader, latest }: DomainHandle): DomainStatus {
  const last = reader.entry(reader.size - 1);
  const root = last && commitSummaryOf(last)?.state_root;
  const cosignedSize = sizeOf(latest.cosigned);
  const cosigned = cosignedSize === reader.size;
  const covered = reader.entry(cosignedSize - 1);
  return {
    domain_id: domainId,
    origin,
    size: reader.size,
    ...(root === undefined ? {} : { state_root: root }),
    note: cosigned ? latest.cosigned : latest.note,
    cosigned,
    ...(last === undefined ? {} : { height: last.height, chain_time: last.chain_time }),
    cosigned_size: cosignedSize,
    ...(covered === undefined ? {} : { cosigned_time: covered.chain_time }),
    stores: storeBytes(reader.folder),
  };
}
