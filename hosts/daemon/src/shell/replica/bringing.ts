import { err, type Result } from '@ioi/basis';
import { type Digest, digestBytes } from '@ioi/canon';
import { verifierRegistry } from '@ioi/crypto';
import type { TlsIdentity } from '@ioi/crypto/tls/shell';
import type { ClusterRoster, OperationRequest, Rejection } from '@ioi/protocol';
import type { Context, Hono } from 'hono';
import { BROUGHT_BYTES_MAX, broughtIn, looksAuthentic } from '../admission/brought.ts';
import type { DomainDirectory, DomainHandle } from '../domains/domains.ts';
import { jsonBody } from '../json-body.ts';
import { problem } from '../problem.ts';
import { type Acknowledged, WriterLine } from './writer-line.ts';

export type BringingOptions = {
  readonly identity: TlsIdentity;
  readonly domains: Pick<DomainDirectory, 'find'>;
  /** By the owner's word; undefined before one was seen. */
  readonly roster: () => ClusterRoster | undefined;
  /** Who writes, as the store says: it only chooses among those whom the owner named. */
  readonly writer: () => string | undefined;
};

type Brought = Result<Acknowledged, Rejection>;
type UnderWay = { readonly digest: Digest; readonly answer: Promise<Brought> };

const RETRY_AFTER_S = 1;
const LIMITS = { maxBytes: BROUGHT_BYTES_MAX, code: 'request.invalid' };
const STATUS: Readonly<Record<string, number>> = {
  'request.invalid': 400,
  'operation.malformed': 422,
  'admission.unsigned': 403,
  'operation.not_authentic': 403,
  'operation.duplicate': 409,
  'domain.not_open': 404,
  'admission.not_enrolled': 403,
  'admission.no_writer': 503,
  'admission.in_doubt': 503,
  'admission.other_key': 502,
};
const AGAIN: readonly string[] = ['admission.no_writer', 'admission.in_doubt'];

/**
 * Takes operations from clients, looks at what can be told of one by itself, and brings it to who
 * writes. The answer is the writer's: nothing is acknowledged here.
 */
export class Bringing {
  readonly #options: BringingOptions;
  readonly #registry = verifierRegistry();
  readonly #underWay = new Map<string, UnderWay>();
  #line: WriterLine | undefined;

  constructor(options: BringingOptions) {
    this.#options = options;
  }

  addRoute(app: Hono): void {
    app.post('/v1/domains/:name/operations', (context) => this.#take(context));
  }

  close(): void {
    this.#line?.close();
  }

  async #take(context: Context): Promise<Response> {
    const taken = await this.#checked(context);
    if (!taken.ok) return refused(taken.error);
    const { handle, id, body } = taken.value;
    const key = `${handle.domainId} ${id}`;
    const digest = digestBytes(body);
    const before = this.#underWay.get(key);
    if (before !== undefined && before.digest !== digest) {
      const message = `${id} is being brought for something else`;
      return refused({ code: 'operation.duplicate', message });
    }
    const answer = before?.answer ?? this.#bring(key, digest, { handle, body });
    const brought = await answer;
    if (!brought.ok) return refused(brought.error);
    const { status, type, body: said } = brought.value;
    const headers = { 'content-type': type, 'ioi-writer': this.#line?.to.member ?? '' };
    return new Response(new Uint8Array(said), { status, headers });
  }

  async #checked(context: Context): Promise<Result<Taken, Rejection>> {
    const parsed = await jsonBody<OperationRequest>(context, LIMITS);
    if (!parsed.ok) return parsed;
    const brought = broughtIn(parsed.value);
    if (!brought.ok) return brought;
    const found = await this.#options.domains.find(context.req.param('name') ?? '');
    if (!found.ok) return found;
    const handle = found.value;
    const authentic = looksAuthentic(brought.value, handle.reader, this.#registry);
    if (!authentic.ok) return authentic;
    const { operation_id: id } = brought.value;
    // By the log as it is verified here: the writer would say the same, with more to do.
    const [seq] = handle.reader.find(id, 1);
    if (seq !== undefined && handle.reader.entry(seq)?.operation_id === id) {
      return err({ code: 'operation.duplicate', message: `${id} is entry ${seq} already` });
    }
    const body = new Uint8Array(await context.req.arrayBuffer());
    return { ok: true, value: { handle, id, body } };
  }

  #bring(key: string, digest: Digest, { handle, body }: Pick<Taken, 'handle' | 'body'>) {
    const answer = this.#said(handle, body).finally(() => this.#underWay.delete(key));
    this.#underWay.set(key, { digest, answer });
    return answer;
  }

  async #said({ domainId }: DomainHandle, body: Uint8Array): Promise<Brought> {
    const line = this.#lineNow();
    if (!line.ok) return line;
    const name = domainId.slice('agentgres://domain/'.length);
    return line.value.bring(`/v1/domains/${encodeURIComponent(name)}/operations`, body);
  }

  /** To whoever writes now, where the owner named it, and this replica. */
  #lineNow(): Result<WriterLine, Rejection> {
    const { roster, writer, identity } = this.#options;
    const named = roster();
    if (named?.replicas.some(({ tls_key }) => tls_key === identity.keyHash) !== true) {
      const message =
        'the owner named no replica with this key: ioi cluster enrol, where one writes';
      return err({ code: 'admission.not_enrolled', message });
    }
    const member = writer();
    const to = named.writers.find((each) => each.member === member);
    if (to === undefined) {
      const who = member === undefined || member === '' ? 'nobody writes' : `${member} writes`;
      const message = `${who}, and listens for no replica: ioi cluster listen, there`;
      return err({ code: 'admission.no_writer', message });
    }
    const { to: before } = this.#line ?? {};
    if (before?.address !== to.address || before.tls_key !== to.tls_key) {
      this.#line?.close();
      this.#line = new WriterLine(to, identity);
    }
    return { ok: true, value: this.#line as WriterLine };
  }
}

type Taken = {
  readonly handle: DomainHandle;
  readonly id: string;
  readonly body: Uint8Array;
};

function refused({ code, message }: Rejection): Response {
  const response = problem(code, message, STATUS[code] ?? 422);
  if (AGAIN.includes(code)) response.headers.set('retry-after', String(RETRY_AFTER_S));
  return response;
}
