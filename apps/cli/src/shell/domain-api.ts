import type { IncomingMessage } from 'node:http';
import type {
  ClassesPage,
  DomainStatus,
  DomainsPage,
  EntryProof,
  ItemExplanation,
  LogPage,
  ObjectAnswer,
  ObjectsPage,
  OperationRequest,
  SealedEntry,
  StateRootProof,
  VouchedReceipt,
} from '@ioi/protocol';
import { callLocal, openLocal } from './local-http.ts';

type Proved = { readonly size: number; readonly proof: StateRootProof };
type Page = { readonly limit: number; readonly after?: string; readonly prefix?: string };

const SLOW_MS = 120_000;

/** The domains of a node on daemon.sock, each by its id or what stands after the scheme. */
export class DomainApi {
  readonly #socket: string;

  constructor(socket: string) {
    this.#socket = socket;
  }

  async list(): Promise<readonly DomainStatus[]> {
    return (await this.page()).domains;
  }

  /** Those that are open, and those that could not be opened. */
  page(): Promise<DomainsPage> {
    return this.#get('');
  }

  open(domainId: string): Promise<DomainStatus> {
    return this.#post('', { domain_id: domainId });
  }

  status(name: string): Promise<DomainStatus> {
    return this.#get(at(name));
  }

  submit(name: string, request: OperationRequest): Promise<SealedEntry> {
    return this.#post(at(name, 'operations'), request);
  }

  log(name: string, after: number, limit: number): Promise<LogPage> {
    return this.#get(
      `${at(name, 'log')}?${new URLSearchParams({ after: `${after}`, limit: `${limit}` })}`,
    );
  }

  classes(name: string): Promise<ClassesPage> {
    return this.#get(at(name, 'classes'));
  }

  objects(name: string, headClass: string, { limit, ...place }: Page): Promise<ObjectsPage> {
    const parameters = new URLSearchParams({ ...place, limit: String(limit) });
    return this.#get(`${at(name, 'objects', headClass)}?${parameters}`);
  }

  object(name: string, headClass: string, id: string): Promise<ObjectAnswer> {
    return this.#get(at(name, 'objects', headClass, id));
  }

  /** One object, or that it is not there, with what shows it. */
  provenObject(name: string, headClass: string, id: string): Promise<Proved> {
    return this.#get(`${at(name, 'objects', headClass, id)}?proof=1`);
  }

  /** All objects of a class, and that they are all. */
  provenListing(name: string, headClass: string): Promise<Proved> {
    return this.#get(`${at(name, 'objects', headClass)}?proof=listing`);
  }

  explain(name: string, id: string): Promise<ItemExplanation> {
    return this.#get(at(name, 'explain', id));
  }

  entryProof(name: string, seq: string): Promise<EntryProof> {
    return this.#get(at(name, 'entries', seq, 'proof'));
  }

  /** A receipt as the guardian signs it for verifiers of other formats. */
  vouched(name: string, seq: string, receiptId: string): Promise<VouchedReceipt> {
    return this.#get(at(name, 'entries', seq, 'vouched', receiptId));
  }

  /** The export file's text as it comes, or a problem: the status says which. */
  export(name: string): Promise<IncomingMessage> {
    const path = at(name, 'export');
    return openLocal({
      socket: this.#socket,
      method: 'GET',
      path: `${BASE}${path}`,
      timeoutMs: 600_000,
    });
  }

  #get<T>(path: string): Promise<T> {
    return callLocal({
      socket: this.#socket,
      method: 'GET',
      path: `${BASE}${path}`,
      timeoutMs: SLOW_MS,
    });
  }

  #post<T>(path: string, body: object): Promise<T> {
    return callLocal({
      socket: this.#socket,
      method: 'POST',
      path: `${BASE}${path}`,
      body,
      timeoutMs: SLOW_MS,
    });
  }
}

const BASE = '/v1/domains';
const SCHEME = 'agentgres://domain/';

function at(name: string, ...parts: readonly string[]): string {
  const short = name.startsWith(SCHEME) ? name.slice(SCHEME.length) : name;
  return [short, ...parts].map((part) => `/${encodeURIComponent(part)}`).join('');
}
