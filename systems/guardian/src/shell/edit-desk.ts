import { err, ok, type Result } from '@ioi/basis';
import { digestOf } from '@ioi/canon';
import {
  BOUNDARY,
  type BoundaryEvent,
  changedParams,
  type ParamChange,
  type ProposedOperation,
  referenceIn,
} from '@ioi/law';
import type { ActionRequest, DecideAction, LogEntry } from '@ioi/protocol';
import type { GuardianNotice, PendingItem, Refusal } from '../core/index.ts';
import type { TokenDesk } from './token-desk.ts';
import type { Ended } from './watched.ts';

export type EditDeskOptions = {
  readonly tokens: TokenDesk;
  readonly notify: (notice: GuardianNotice) => void;
  /** How long the daemon has to bring the edited request to the log. */
  readonly deliveryMs: number;
};

/** What came of an edit: the request in its place, and whether it still waits for somebody. */
export type Edited = { readonly request_hash: string; readonly verdict: string };

type Ordered = {
  readonly item: PendingItem;
  readonly names: ReadonlySet<string>;
  /** Parameters as they would be; empty where a change is within a content. */
  readonly wanted: Readonly<Record<string, unknown>>;
  readonly end: (ended: Result<Edited, Refusal>) => void;
};

type Brought = Pick<ProposedOperation, 'operation' | 'payload'>;

const MOST_CHANGES = 32;

/**
 * Edits a person ordered here and no others. The daemon makes the edited act a request again; it
 * is decided like any other, and whoever approves it approves that one.
 */
export class EditDesk {
  readonly #options: EditDeskOptions;
  readonly #ordered = new Map<string, Ordered>();

  constructor(options: EditDeskOptions) {
    this.#options = options;
  }

  /** For whoever verified the person. Resolves once it is sealed, refused, or too late. */
  async order(
    requestHash: string,
    changes: readonly ParamChange[],
  ): Promise<Result<Edited, Refusal>> {
    const { tokens, notify, deliveryMs } = this.#options;
    const item = tokens.item(requestHash);
    if (item === undefined) {
      return refuse('action.not_pending', `${requestHash} is not waiting for a decision`);
    }
    const names = new Set(changes.map(({ path }) => path[0] ?? ''));
    const strange = [...names].find((name) => !Object.hasOwn(item.request.params, name));
    if (strange !== undefined) {
      const known = Object.keys(item.request.params).join(', ');
      return refuse('edit.no_such_value', `there is no parameter “${strange}”, but ${known}`);
    }
    if (changes.length === 0 || changes.length > MOST_CHANGES) {
      return refuse('edit.invalid', `from 1 to ${MOST_CHANGES} changes, not ${changes.length}`);
    }
    if (this.#ordered.has(requestHash)) {
      return refuse('edit.under_way', 'it is being edited already');
    }
    const { promise, resolve } = Promise.withResolvers<Result<Edited, Refusal>>();
    const late = { code: 'daemon.no_answer', message: 'the daemon did not bring it to the log' };
    const timer = setTimeout(() => this.refused(requestHash, late), deliveryMs);
    const end = (ended: Result<Edited, Refusal>): void => {
      clearTimeout(timer);
      this.#ordered.delete(requestHash);
      resolve(ended);
    };
    const changed = changedParams(item.request.params, changes);
    const wanted = changed.ok ? changed.value : {};
    this.#ordered.set(requestHash, { item, names, wanted, end });
    notify({ kind: 'edited', request_hash: requestHash, changes });
    return promise;
  }

  /** Why an operation that says it edits may not: nobody ordered it, or not like this. */
  stray({ operation, payload }: Brought): Refusal | undefined {
    if (operation !== `${BOUNDARY}/action.decide`) return undefined;
    const { edits, request } = payload as DecideAction;
    if (edits === undefined) return undefined;
    const ordered = this.#ordered.get(edits);
    if (ordered === undefined) return notOrdered('no person edited this');
    return isAsOrdered(request, ordered) ? undefined : notOrdered('more than was edited differs');
  }

  /** One that is not sealed is told by the daemon, which knows why. */
  ended(_: Brought, ended: Ended): void {
    if ('entry' in ended) this.#sealed(ended.entry);
  }

  #sealed({ payload, events }: LogEntry): void {
    const ordered = this.#ordered.get(String((payload as Partial<DecideAction>).edits));
    if (ordered === undefined) return;
    const all = events as BoundaryEvent[];
    const body = all.find((each) => each.type === 'receipt.emitted')?.receipt.body;
    if (body === undefined || 'outcome' in body || body.request_hash === undefined) return;
    ordered.end(ok({ request_hash: body.request_hash, verdict: body.verdict.kind }));
  }

  /** Words of the daemon, for the person: what was to be edited waits on. */
  refused(requestHash: string, { code, message }: Refusal): void {
    this.#ordered.get(requestHash)?.end(err({ code: String(code), message: String(message) }));
  }
}

/** Salted anew, a content that nobody touched has another reference: then both are references. */
function isAsOrdered(request: ActionRequest, { item, names, wanted }: Ordered): boolean {
  const { params: old, target, context } = item.request;
  if (request.target !== target || !isSame(request.context, context)) return false;
  const given = Object.keys(request.params);
  if (given.length !== Object.keys(old).length) return false;
  return given.every((name) => {
    if (!Object.hasOwn(old, name)) return false;
    const [before, now] = [old[name], request.params[name]];
    const areBoth = referenceIn(before) !== undefined && referenceIn(now) !== undefined;
    if (names.has(name)) return !isOtherFigure(wanted[name], now);
    return areBoth || isSame(before, now);
  });
}

/** Texts may be resolved as paths, kept beside or redacted; figures and yes or no never are. */
function isOtherFigure(wanted: unknown, now: unknown): boolean {
  if (typeof wanted !== typeof now) return false;
  if (typeof wanted === 'number' || typeof wanted === 'boolean') return wanted !== now;
  if (typeof wanted !== 'object' || wanted === null) return false;
  const given = Object(now) as Record<string, unknown>;
  return Object.entries(wanted).some(([name, each]) => isOtherFigure(each, given[name]));
}

function isSame(one: unknown, other: unknown): boolean {
  const [first, second] = [digestOf(one), digestOf(other)];
  return first.ok && second.ok && first.value === second.value;
}

function notOrdered(message: string): Refusal {
  return { code: 'edit.not_ordered', message };
}

function refuse(code: string, message: string): Result<never, Refusal> {
  return err({ code, message });
}
