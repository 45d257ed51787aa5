import { parseUrl } from '@ioi/basis';
import { type Digest, digestOf } from '@ioi/canon';
import type { ActionFacts, ActionRequest, RrsaMarkers, RuntimeToolContract } from '@ioi/protocol';

export type Evidenced = {
  readonly contract: RuntimeToolContract;
  readonly request: ActionRequest;
  readonly facts: ActionFacts;
  /** Commitment to what the tool returned; undefined when it returned nothing. */
  readonly output: Digest | undefined;
  readonly requestHash: Digest;
  readonly decisionHash: Digest;
};

/**
 * The bindings of one governed execution (whitepaper 8.2.1, RRS-A). A marker whose evidence is
 * missing is left out, never invented: the completion gate then refuses.
 */
export function markersFor(evidenced: Evidenced): RrsaMarkers {
  const { contract, output, requestHash, decisionHash } = evidenced;
  const domain = contract.rrsa_domain;
  const scope = domain === 'filesystem' ? bindPaths(evidenced) : undefined;
  const host = domain === 'network' ? bindHost(evidenced.request) : undefined;
  return {
    rrsa_request_binding: requestHash,
    rrsa_firewall_decision: decisionHash,
    rrsa_domain: domain,
    ...(scope === undefined ? {} : { rrsa_path_scope_binding: scope }),
    ...(host === undefined ? {} : { rrsa_domain_binding: host }),
    ...(output === undefined ? {} : { rrsa_output_commitment: output }),
  };
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
