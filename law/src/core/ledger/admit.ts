import { err, ok, type Result } from '@ioi/basis';
import { canonicalJson, type Digest } from '@ioi/canon';
import type {
  AheadContext,
  Evidence,
  HeadChange,
  HeadKey,
  LogEntry,
  Module,
  NamedOperation,
  Rejection,
  Stamp,
  View,
} from '@ioi/protocol';
import type { Authenticate } from './authenticate.ts';
import { composeEntry, MEMBER_DEPTH, type ProposedOperation, type SealedText } from './entry.ts';
import { declaredView, HeadOverlay, type Heads, headName } from './heads.ts';
import { refusalOfMoved } from './moved.ts';

/** Modules by name; the events of one module are opaque to the others. */
export type Modules = ReadonlyMap<string, Module<object>>;

export type Admitted = SealedText & { readonly changes: readonly HeadChange[] };

export type AdmitContext = {
  readonly modules: Modules;
  readonly view: Heads;
  readonly evidence: Evidence;
  readonly authenticate: Authenticate;
  /** How the entry says who it comes from, where not as it was brought. */
  readonly stored?: LogEntry['authenticated_by'];
  readonly at: Omit<Stamp, 'moduleHash'>;
};

/**
 * Runs one operation through its module: declared reads, decide, compose, evolve. The same
 * function admits in the guardian and replays in the verifier, so both reach the same bytes.
 */
export function admit(
  proposed: ProposedOperation,
  context: AdmitContext,
): Result<Admitted, Rejection> {
  const found = findOperation(context.modules, proposed.operation);
  if (!found.ok) return found;
  const { module, operation } = found.value;
  const { payload } = proposed;
  if (!operation.accepts(payload)) {
    const message = `payload does not fit ${proposed.operation}`;
    return err({ code: 'operation.invalid_payload', message });
  }
  const canonical = canonicalJson(payload, MEMBER_DEPTH);
  if (!canonical.ok) {
    return err({ code: 'operation.not_canonical', message: canonical.error.message });
  }
  const gone = refusalOfMoved(proposed.operation, context.view);
  if (gone) return err(gone);
  const author = context.authenticate(proposed, context.view);
  if (!author.ok) return author;
  if (!operation.authors.includes(author.value.kind)) {
    const message = `${proposed.operation} is not for a ${author.value.kind} to speak`;
    return err({ code: 'operation.not_authentic', message });
  }
  const stale = staleAgainst(proposed, context);
  if (stale !== undefined) return err({ code: 'precondition.failed', message: stale });
  const at: Stamp = { ...context.at, moduleHash: module.moduleHash };
  const view = declaredView(context.view, operation.reads(payload, context.view));
  const { evidence } = context;
  const decided = operation.decide(payload, { view, evidence, at, author: author.value });
  if (!decided.ok) return decided;
  const { stored = proposed.authenticated_by } = context;
  const brought = { ...proposed, authenticated_by: stored };
  const composed = composeEntry(brought, at, decided.value, canonical.value);
  if (!composed.ok) return composed;
  return ok({ ...composed.value, changes: foldEvents(module, decided.value, context.view, at) });
}

/** Head changes of an entry that was admitted before, from the events it carries. */
export function foldEntry(
  entry: LogEntry,
  modules: Modules,
  view: Heads,
): Result<readonly HeadChange[], Rejection> {
  const found = findOperation(modules, entry.operation);
  if (!found.ok) return found;
  return ok(foldEvents(found.value.module, entry.events, view, stampOf(entry)));
}

/** Heads that the events of these entries change or are folded with. */
export function touchedBy(entries: readonly LogEntry[], modules: Modules): HeadKey[] {
  const touched = new Map<string, HeadKey>();
  for (const entry of entries) {
    const found = findOperation(modules, entry.operation);
    if (!found.ok) continue;
    for (const event of entry.events) {
      for (const key of found.value.module.touches(event)) touched.set(headName(key), key);
    }
  }
  return [...touched.values()];
}

/** Last change of every head that these entries change, given the heads they touch. */
export function foldEntries(
  entries: readonly LogEntry[],
  modules: Modules,
  below: Heads,
): Result<HeadChange[], Rejection> {
  const view = new HeadOverlay(below);
  for (const entry of entries) {
    const folded = foldEntry(entry, modules, view);
    if (!folded.ok) return folded;
    view.apply(folded.value);
  }
  return ok(view.changes());
}

/** Digests of what operations need to be decided, by whether it is kept; see `Need`. */
export type NeededPayloads = Readonly<Record<'payload' | 'content', ReadonlySet<string>>>;

export function neededPayloads(
  operations: readonly ProposedOperation[],
  modules: Modules,
  view: View,
): NeededPayloads {
  const needed = { payload: new Set<string>(), content: new Set<string>() };
  for (const { operation, payload } of operations) {
    const found = findOperation(modules, operation);
    if (!found.ok || !found.value.operation.accepts(payload)) continue;
    for (const need of found.value.operation.needs(payload, view)) {
      if (need.kind === 'payload' || need.kind === 'content') needed[need.kind].add(need.digest);
    }
  }
  return needed;
}

/** What deciding these operations takes long for, with pauses; see `Operation.ahead`. */
export function* workAhead(
  operations: readonly ProposedOperation[],
  modules: Modules,
  context: AheadContext,
): Generator<undefined, void> {
  for (const { operation, payload } of operations) {
    const found = findOperation(modules, operation);
    if (!found.ok || !found.value.operation.ahead) continue;
    const { accepts, ahead } = found.value.operation;
    if (accepts(payload)) yield* ahead(payload, context);
  }
}

export function stampOf(entry: LogEntry): Stamp {
  return {
    seq: BigInt(entry.seq),
    height: BigInt(entry.height),
    chainTime: BigInt(entry.chain_time),
    moduleHash: entry.module_hash as Digest,
  };
}

function foldEvents(
  module: Module<object>,
  events: readonly object[],
  view: Heads,
  at: Stamp,
): readonly HeadChange[] {
  const [first, ...more] = events;
  if (first === undefined) return [];
  // Most entries bring about one thing, which needs no layer of its own.
  if (more.length === 0) return evolved(module, first, view, at);
  const overlay = new HeadOverlay(view);
  for (const event of events) overlay.apply(evolved(module, event, overlay, at));
  return overlay.changes();
}

function evolved(module: Module<object>, event: object, view: Heads, at: Stamp): HeadChange[] {
  const changes = module.evolve(declaredView(view, module.touches(event)), event, at);
  return changes.map(({ key, value }) => ({ key, value, seq: at.seq }));
}

/** What the proposer counted on no longer being so; see LogEntry.preconditions. */
function staleAgainst(
  { preconditions = [] }: ProposedOperation,
  { view, at }: AdmitContext,
): string | undefined {
  for (const { head_class, id, since } of preconditions) {
    // Nobody has read so far: such a condition would hold whatever changed.
    if (BigInt(since) >= at.seq) return `entry ${since} is not in the log yet`;
    const changed = view.changedAt(head_class, id);
    if (changed === undefined || changed <= BigInt(since)) continue;
    const what = id === undefined ? `class ${head_class}` : `${head_class}/${id}`;
    return `entry ${changed} changed ${what}, after ${since}`;
  }
  return undefined;
}

type Found = { module: Module<object>; operation: NamedOperation<object> };

function findOperation(modules: Modules, name: string): Result<Found, Rejection> {
  const slash = name.indexOf('/');
  const module = slash < 0 ? undefined : modules.get(name.slice(0, slash));
  const operationName = name.slice(slash + 1);
  // Names come from outside: one such as `constructor` must not find what every object has.
  const isDeclared = module !== undefined && Object.hasOwn(module.operations, operationName);
  const operation = isDeclared ? module.operations[operationName] : undefined;
  if (!module || !operation) {
    return err({ code: 'operation.unknown', message: `no module decides ${name}` });
  }
  return ok({ module, operation });
}
