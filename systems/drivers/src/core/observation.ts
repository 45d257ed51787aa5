import type { Digest } from '@ioi/canon';
import { digestBytes, digestOf } from '@ioi/canon';
import type { JsonObject } from '@ioi/jsonrpc';
import type { ActionRequest, PostconditionEvidence, RuntimeToolContract } from '@ioi/protocol';

/** What stood at a path when it was looked at. A file too large to read has no digest. */
export type PathState =
  /** `ancestor` is the deepest existing directory above it: creating parents shows. */
  | { readonly kind: 'absent'; readonly ancestor: string }
  | { readonly kind: 'file'; readonly bytes: number; readonly digest?: Digest }
  | { readonly kind: 'directory' }
  | { readonly kind: 'other' }
  | { readonly kind: 'unobservable'; readonly reason: string };

/** The paths of one action by their place in it: `target` is what it creates or changes. */
export type Observation = {
  readonly target?: PathState;
  readonly source?: PathState;
};

export type PathRoles = { readonly target?: string; readonly source?: string };

type Params = ActionRequest['params'];

/** Every path the contract maps, as resolved in the request, in its order. */
export function pathsOf(contract: RuntimeToolContract, params: Params): string[] {
  const paths: string[] = [];
  for (const { kind, parameter } of contract.parameters) {
    const value = Object.hasOwn(params, parameter) ? params[parameter] : undefined;
    if (kind === 'path' && typeof value === 'string') paths.push(value);
    if (kind === 'path_list' && Array.isArray(value)) {
      paths.push(...value.filter((path) => typeof path === 'string'));
    }
  }
  return paths;
}

export function rolesOf(contract: RuntimeToolContract, params: Params): PathRoles {
  const mapped = contract.parameters.filter(({ kind }) => kind === 'path');
  const pathAt = (name: string): string | undefined => {
    const isMapped = mapped.some(({ parameter }) => parameter === name);
    const value = isMapped && Object.hasOwn(params, name) ? params[name] : undefined;
    return typeof value === 'string' ? value : undefined;
  };
  const target = pathAt('destination') ?? pathAt('path');
  const source = pathAt('source');
  return {
    ...(target === undefined ? {} : { target }),
    ...(source === undefined ? {} : { source }),
  };
}

type Content = { readonly intended: Digest; readonly stands: unknown };

/** What a write is meant to leave: the digest of its bytes, and how the request speaks of them. */
function contentOf({ contract, request, given }: PostconditionInput): Content | undefined {
  const mapped = contract.parameters.find(({ kind }) => kind === 'content');
  if (mapped === undefined || !given || !Object.hasOwn(given, mapped.argument)) return undefined;
  const value = given[mapped.argument];
  if (typeof value !== 'string') return undefined;
  return { intended: digestBytes(value), stands: request.params[mapped.parameter] };
}

/**
 * Whether two looks saw the same thing. What could not be seen is never the same, and a directory
 * is not seen: that it stands there says nothing about what is in it.
 */
export function isUnchanged(before: Observation, after: Observation): boolean {
  return isSame(before.target, after.target) && isSame(before.source, after.source);
}

function isSame(before: PathState | undefined, after: PathState | undefined): boolean {
  if (before === undefined || after === undefined) return before === after;
  if (before.kind === 'absent')
    return after.kind === 'absent' && before.ancestor === after.ancestor;
  if (before.kind !== 'file' || after.kind !== 'file') return false;
  return before.digest !== undefined && before.digest === after.digest;
}

export type PostconditionInput = {
  readonly contract: RuntimeToolContract;
  readonly request: ActionRequest;
  /** The tool's arguments with their contents; undefined when those are not held any more. */
  readonly given: JsonObject | undefined;
  readonly after: Observation;
  readonly hasOutput: boolean;
};

/** Each postcondition of the contract against what was seen (whitepaper E.2, verification). */
export function checkPostconditions(input: PostconditionInput): PostconditionEvidence[] {
  return input.contract.postconditions.map((name) => {
    const satisfied = holds(name, input);
    const evidence = evidenceOf(name, input, satisfied);
    const digest = evidence === undefined ? undefined : digestOf(evidence);
    return { name, satisfied, ...(digest?.ok ? { evidenceHash: digest.value } : {}) };
  });
}

type Name = RuntimeToolContract['postconditions'][number];

/** What was seen, in words that tell no content: a digest of a short one could be guessed. */
function evidenceOf(name: Name, input: PostconditionInput, satisfied: boolean): unknown {
  const seen = name === 'source_absent' ? input.after.source : input.after.target;
  if (name === 'output_present') return undefined;
  if (seen?.kind !== 'file') return seen;
  const { digest, ...told } = seen;
  if (name !== 'content_matches') return told;
  return { ...told, content: satisfied ? contentOf(input)?.stands : 'another' };
}

function holds(name: Name, input: PostconditionInput): boolean {
  const { target, source } = input.after;
  switch (name) {
    case 'output_present':
      return input.hasOutput;
    case 'source_absent':
      return source?.kind === 'absent';
    case 'target_exists':
      return target !== undefined && target.kind !== 'absent' && target.kind !== 'unobservable';
    case 'content_matches': {
      const intended = contentOf(input)?.intended;
      return target?.kind === 'file' && intended !== undefined && target.digest === intended;
    }
  }
}
