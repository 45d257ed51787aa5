import { type Digest, digestOf } from '@ioi/canon';
import type { InclusionResult, WorkerManifest } from '@ioi/protocol';

/** What a manifest asks for, line by line: people read it, and versions are compared by it. */
export type RequestsOf = {
  readonly capabilities: readonly string[];
  readonly scopes: readonly string[];
  /** Said for people, or wished for: nothing is decided by it. */
  readonly wishes: readonly string[];
};

type Asking = Pick<
  WorkerManifest,
  'capabilities_required' | 'scopes_requested' | 'permissions_request' | 'policy_defaults'
>;

export function requestsOf(manifest: Asking): RequestsOf {
  const { network = [], filesystem = [] } = manifest.permissions_request ?? {};
  const defaults = Object.entries(manifest.policy_defaults ?? {}).map(([name, given]) => {
    return `default ${name}: ${typeof given === 'string' ? given : given.join(', ')}`;
  });
  return {
    capabilities: [...new Set(manifest.capabilities_required ?? [])].sort(),
    scopes: [...new Set(manifest.scopes_requested ?? [])].sort(),
    wishes: [
      ...network.map((each) => `network ${each}`),
      ...filesystem.map((each) => `files ${each}`),
      ...defaults.sort(),
    ],
  };
}

/** Whether one version of a worker asks for more than the one before; nothing asks for nothing. */
export function workerInclusion(before: Asking | undefined, after: Asking): InclusionResult {
  if (before === undefined) return 'wider';
  const [old, fresh] = [before, after].map(requestsOf) as [RequestsOf, RequestsOf];
  // A default that is gone may have bounded something: nobody showed that it did not.
  const isBoundAlike = sameText(before.policy_defaults, after.policy_defaults);
  const found = requestsInclusion(old, fresh);
  return found === 'wider' || isBoundAlike ? found : 'undecided';
}

/** Whether what is asked for is more than what was. A wish that is new may be anything. */
export function requestsInclusion(old: RequestsOf, fresh: RequestsOf): InclusionResult {
  const [held, wanted] = [old, fresh].map(({ capabilities, scopes }) => [
    ...capabilities,
    ...scopes,
  ]) as [string[], string[]];
  if (wanted.some((each) => !held.includes(each))) return 'wider';
  if (fresh.wishes.some((each) => !old.wishes.includes(each))) return 'undecided';
  const isSame = wanted.length === held.length && fresh.wishes.length === old.wishes.length;
  return isSame ? 'unchanged' : 'narrower';
}

function sameText(one: object = {}, other: object = {}): boolean {
  const [left, right] = [digestOf(one), digestOf(other)];
  return left.ok && right.ok && left.value === right.value;
}

/** Below zero where one version is older, zero where equal; undefined where no order is known. */
export function compareVersions(one: string, other: string): number | undefined {
  const [left, right] = [numbersOf(one), numbersOf(other)];
  if (left === undefined || right === undefined) return one === other ? 0 : undefined;
  for (const [index, number] of left.entries()) {
    const difference = number - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function numbersOf(version: string): number[] | undefined {
  const found = /^v?(\d+)\.(\d+)\.(\d+)$/.exec(version);
  return found === null ? undefined : found.slice(1).map(Number);
}

/** By whom a worker is, and which: never by the name of a folder. */
export function installedWorkerId(authority: string, manifestHash: Digest): string {
  return `worker://${authority}/${manifestHash}`;
}
