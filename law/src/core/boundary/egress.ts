import { assert, encodeUtf8, err, finish, ok, type Pausing, type Result } from '@ioi/basis';
import { type Digest, digestBytes, digestOf, parseStrict } from '@ioi/canon';
import type {
  ActionRequest,
  DecideAction,
  Evidence,
  Layer,
  Rejection,
  RuntimeToolContract,
  View,
} from '@ioi/protocol';
import {
  type EgressOutcome,
  type EgressRule,
  type Finding,
  type Inspected,
  inspect,
  isConsistent,
  isEgress,
  piiClasses,
  type RiskSurface,
  routeAll,
  routingOf,
} from '../cim/index.ts';
import { contentKeys } from '../content/heads.ts';
import { holdsStream, referenceIn, saltedText, unsaltedBytes } from '../content/reference.ts';
import { type LayeredDecision, type Layers, policiesIn } from '../policy/index.ts';

type Params = ActionRequest['params'];

/**
 * What was inspected, as it is committed to: the parameters before anything was taken out, and
 * the salts of those texts that the request only refers to.
 */
export type VaultContent = {
  readonly params: Params;
  /** By the digest the request has in place of the text. */
  readonly salts: Readonly<Record<string, string>>;
};

/** The rules by which what this contract sends is inspected; undefined: nothing is. */
export function egressRules(
  layers: Layers,
  contract: RuntimeToolContract,
): readonly EgressRule[] | undefined {
  // Of all rules about a target the strictest counts, whichever layer it is of.
  const rules = policiesIn(layers).flatMap((policy) => policy.rules.egress ?? []);
  if (!isEgress(contract)) return undefined;
  const routing = routingOf(rules, contract.target);
  return piiClasses.some((each) => routing[each].outcome !== 'allow') ? rules : undefined;
}

/** A decision of the rules, made stricter by what the action would send. */
export function withEgress(
  decision: LayeredDecision,
  outcome: EgressOutcome | undefined,
  layer?: Layer,
): LayeredDecision {
  const of = layer === undefined ? {} : { layer };
  if (outcome === 'deny') {
    return { verdict: 'BLOCK', code: 'egress.denied', field: 'egress', ...of, reservations: [] };
  }
  if (outcome !== 'require_approval' || decision.verdict !== 'ALLOW') return decision;
  const asked = { verdict: 'REQUIRE_APPROVAL', code: 'egress.approval_required' } as const;
  // It waits, also where the rules only observe.
  const { observed: _observed, ...ruled } = decision;
  return { ...ruled, ...asked, field: 'egress', ...of };
}

/** What was found before, routed by the rules of these layers. */
export function outcomeUnder(
  { inspection, request }: Pick<DecideAction, 'inspection' | 'request'>,
  layers: Layers,
  surface: RiskSurface,
): EgressOutcome | undefined {
  const rules = policiesIn(layers).flatMap((policy) => policy.rules.egress ?? []);
  if (inspection === undefined || rules.length === 0) return undefined;
  return routeAll(inspection.findings, routingOf(rules, request.target), surface);
}

/** The layer that an outcome is of: the local one where its rules alone come to the same. */
export function egressLayer(
  { inspection }: Pick<DecideAction, 'inspection'>,
  { local, ceiling }: Layers,
  contract: RuntimeToolContract,
): Layer | undefined {
  if (ceiling === undefined || inspection === undefined) return undefined;
  const own = routingOf(local?.rules.egress ?? [], contract.target);
  const bound = routingOf(ceiling.policy.rules.egress ?? [], contract.target);
  const found = inspection.findings.flatMap((finding) => {
    const isCleared = bound[finding.class].isCertain && !own[finding.class].isCertain;
    return isCleared ? asDoubted(finding) : [finding];
  });
  const isOwn = routeAll(found, own, contract) === inspection.outcome;
  return isOwn ? 'local' : 'organisation';
}

/** As it is where nobody is certain of its class: only of a high one is there no doubt. */
function asDoubted(finding: Finding): readonly Finding[] {
  if (finding.confidence === 'high') return [finding];
  return finding.confidence === 'low' ? [] : [{ ...finding, is_ambiguous: true }];
}

/** What inspections made ahead gave, by the bytes that were inspected. */
export type InspectedAhead = {
  find(of: InspectingVault): InspectedVault | undefined;
  inspect(of: InspectingVault): Pausing<void>;
};

/**
 * Holds them as long as somebody holds the bytes. One that was made under another contract or
 * other rules is not found.
 */
export function inspectedAhead(): InspectedAhead {
  const held = new WeakMap<Uint8Array, { ground: Digest; inspected: InspectedVault | undefined }>();
  const groundOf = ({ contract, rules, sourceHash }: InspectingVault): Digest => {
    return hashOf({ contract, rules, sourceHash });
  };
  return {
    find(of) {
      const known = held.get(of.content);
      return known?.ground === groundOf(of) ? known.inspected : undefined;
    },
    *inspect(of) {
      held.set(of.content, { ground: groundOf(of), inspected: yield* inspectVault(of) });
    },
  };
}

type Looking = {
  readonly ahead: InspectedAhead;
  readonly layers: Layers;
  readonly contract: RuntimeToolContract;
  readonly evidence: Evidence;
  readonly view: View;
};

/**
 * The outcome of the inspection an action claims, inspected again where its content is at hand:
 * the request must hold what the inspection leaves of it. Rejects with `egress.not_inspected`,
 * `egress.not_reproduced`, `content.forgotten` or `content.withheld`.
 */
export function checkInspection(
  { request, inspection }: DecideAction,
  { ahead, layers, contract, evidence, view }: Looking,
): Result<EgressOutcome | undefined, Rejection> {
  const rules = egressRules(layers, contract);
  if (rules === undefined) {
    return inspection === undefined ? ok(undefined) : differs('nothing is inspected here');
  }
  if (holdsStream(request.params)) {
    return reject('egress.not_inspected', 'it sends more than is ever inspected');
  }
  if (inspection === undefined) {
    return reject('egress.not_inspected', `${contract.target} leaves the boundary`);
  }
  if (!isConsistent(inspection, contract, rules)) {
    return differs('the decision does not follow from what was found');
  }
  const sourceHash = inspection.source_hash as Digest;
  if (view.get(contentKeys.forgotten(sourceHash)) !== undefined) {
    return reject('content.forgotten', `${sourceHash} was forgotten before`);
  }
  const bytes = evidence.payload(sourceHash);
  if (!bytes) {
    if (evidence.assumed) return ok(inspection.outcome);
    return reject('content.withheld', `no content for ${sourceHash}`);
  }
  const inspecting = { content: bytes, contract, rules, sourceHash };
  const again = ahead.find(inspecting) ?? finish(inspectVault(inspecting));
  if (again === undefined) return differs('what was inspected cannot be read');
  if (hashOf(again.decision) !== hashOf(inspection)) return differs('another graph was found');
  if (!isWhatIsLeft(request.params, again.params, again.salts)) {
    return differs('the request does not hold what the inspection leaves');
  }
  return ok(inspection.outcome);
}

export type InspectingVault = {
  /** With its salt before it. */
  readonly content: Uint8Array;
  readonly contract: RuntimeToolContract;
  readonly rules: readonly EgressRule[];
  readonly sourceHash: Digest;
};

type InspectedVault = Inspected & { readonly salts: VaultContent['salts'] };

/** Inspects what was kept of an action; undefined when it is no such content. */
export function* inspectVault(inspecting: InspectingVault): Pausing<InspectedVault | undefined> {
  const { content, contract, rules, sourceHash } = inspecting;
  const vault = readVault(content);
  if (vault === undefined) return undefined;
  const { params, salts } = vault;
  return { ...(yield* inspect({ params, contract, rules, sourceHash })), salts };
}

export function readVault(bytes: Uint8Array): VaultContent | undefined {
  const text = unsaltedBytes(bytes);
  const parsed = text === undefined ? undefined : parseStrict(text, VAULT_LIMITS);
  if (!parsed?.ok) return undefined;
  const { params, salts } = Object(parsed.value) as Partial<VaultContent>;
  return isObject(params) && isObject(salts) ? { params: params as Params, salts } : undefined;
}

/** As large as contents may be that are shown for one decision. */
const VAULT_LIMITS = { maxBytes: 64 * 1024 * 1024 };

/** Equal, with salted digests in the request for some of the texts. */
function isWhatIsLeft(sent: unknown, left: unknown, salts: VaultContent['salts']): boolean {
  const reference = referenceIn(sent);
  if (reference) {
    const salt = Object.hasOwn(salts, reference.$payload) ? salts[reference.$payload] : undefined;
    if (typeof left !== 'string' || typeof salt !== 'string') return false;
    const isLong = encodeUtf8(left).length === reference.bytes;
    return isLong && digestBytes(saltedText(salt, left)) === reference.$payload;
  }
  if (!isObject(sent) || !isObject(left)) return sent === left;
  if (Array.isArray(sent) !== Array.isArray(left)) return false;
  const [names, others] = [Object.keys(sent), Object.keys(left)];
  return (
    names.length === others.length &&
    names.every((name) => Object.hasOwn(left, name) && isWhatIsLeft(sent[name], left[name], salts))
  );
}

function isObject(value: unknown): value is Record<string, never> {
  return typeof value === 'object' && value !== null;
}

function hashOf(value: unknown): Digest {
  const hash = digestOf(value);
  assert(hash.ok, 'an inspection has a canonical form');
  return hash.value;
}

function differs(message: string): Result<never, Rejection> {
  return reject('egress.not_reproduced', message);
}

function reject(code: string, message: string): Result<never, Rejection> {
  return err({ code, message });
}
