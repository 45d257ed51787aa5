import { parseUrl } from '@ioi/basis';
import { type Digest, digestOf } from '@ioi/canon';
import type {
  ActionFacts,
  ActionRequest,
  PostconditionEvidence,
  RrsaMarkers,
  RuntimeToolContract,
} from '@ioi/protocol';

export type RrsaDomain = RrsaMarkers['rrsa_domain'];
export type RrsaMarker = keyof RrsaMarkers;

export type Evidenced = {
  readonly contract: RuntimeToolContract;
  readonly request: ActionRequest;
  readonly facts: ActionFacts;
  /** What the tool returned; undefined when it returned nothing. */
  readonly output: unknown;
  readonly requestHash: Digest;
  readonly decisionHash: Digest;
};

const BASE: readonly RrsaMarker[] = [
  'rrsa_request_binding',
  'rrsa_firewall_decision',
  'rrsa_domain',
];

/** The minimum viable receipt of a domain (whitepaper 8.2.1, RRS-A table). */
export function requiredMarkers(domain: RrsaDomain): readonly RrsaMarker[] {
  switch (domain) {
    case 'filesystem':
      return [...BASE, 'rrsa_path_scope_binding', 'rrsa_output_commitment'];
    case 'network':
      return [...BASE, 'rrsa_domain_binding', 'rrsa_output_commitment'];
    case 'shell':
    case 'unmapped':
      return [...BASE, 'rrsa_output_commitment'];
  }
}

/**
 * The bindings of one governed execution (whitepaper 8.2.1, RRS-A). A marker whose evidence is
 * missing is left out, never invented: the completion gate then refuses.
 */
export function markersFor(evidenced: Evidenced): RrsaMarkers {
  const { contract, output, requestHash, decisionHash } = evidenced;
  const domain = contract.rrsa_domain;
  const scope = domain === 'filesystem' ? bindPaths(evidenced) : undefined;
  const host = domain === 'network' ? bindHost(evidenced.request) : undefined;
  const commitment = output === undefined ? undefined : digestOrNone(output);
  return {
    rrsa_request_binding: requestHash,
    rrsa_firewall_decision: decisionHash,
    rrsa_domain: domain,
    ...(scope === undefined ? {} : { rrsa_path_scope_binding: scope }),
    ...(host === undefined ? {} : { rrsa_domain_binding: host }),
    ...(commitment === undefined ? {} : { rrsa_output_commitment: commitment }),
  };
}

export type Completion = {
  readonly contract: RuntimeToolContract;
  readonly markers: RrsaMarkers;
  readonly postconditions: readonly Pick<PostconditionEvidence, 'name' | 'satisfied'>[];
};

/** What the completion gate misses (whitepaper 8.2.1, E.2): names of markers and postconditions. */
export function missingEvidence(completion: Completion): readonly string[] {
  const { contract, markers, postconditions } = completion;
  const missing: string[] = requiredMarkers(contract.rrsa_domain).filter(
    (name) => markers[name] === undefined,
  );
  if (markers.rrsa_domain !== contract.rrsa_domain) missing.push('rrsa_domain');
  for (const name of contract.postconditions) {
    const evidence = postconditions.filter((each) => each.name === name);
    if (evidence.length === 0 || !evidence.every((each) => each.satisfied)) missing.push(name);
  }
  return missing;
}

/** The normative completion gate: `false` is an ExecutionContractViolation. */
export function isSatisfied(completion: Completion): boolean {
  return missingEvidence(completion).length === 0;
}

/** Every path the act may touch, with the root it was read against. */
function bindPaths({ contract, request, facts }: Evidenced): Digest | undefined {
  const paths = new Set<string>();
  for (const { kind, parameter } of contract.parameters) {
    if (kind !== 'path' && kind !== 'path_list') continue;
    const value = Object.hasOwn(request.params, parameter) ? request.params[parameter] : undefined;
    for (const path of Array.isArray(value) ? value : [value]) {
      if (typeof path === 'string') paths.add(path);
    }
  }
  if (paths.size === 0 || facts.workspace_root === undefined) return undefined;
  // The default order is that of UTF-16 code units, as everywhere in canonical forms.
  return digestOrNone({ paths: [...paths].sort(), workspace_root: facts.workspace_root });
}

function bindHost({ params }: ActionRequest): Digest | undefined {
  const { url, host } = params;
  if (typeof url === 'string') {
    const parsed = parseUrl(url);
    if (parsed === undefined) return undefined;
    return digestOrNone({ host: parsed.hostname, url: parsed.href });
  }
  return typeof host === 'string' ? digestOrNone({ host }) : undefined;
}

function digestOrNone(value: unknown): Digest | undefined {
  const digest = digestOf(value);
  return digest.ok ? digest.value : undefined;
}
