import { BoundedMap, decodeUtf8 } from '@ioi/basis';
import { type Digest, parseStrict } from '@ioi/canon';
import { type Evidence, isActionRules } from '@ioi/protocol';
import {
  type CompiledPolicy,
  canonicalize,
  compilePolicy,
  finish,
  type Inclusion,
  type Pausing,
  policyHash,
  proveInclusion,
} from '../policy/index.ts';

/** Largest policy payload, in bytes. */
const MAX_POLICY_BYTES = 64 * 1024 * 1024;

/** Compiled policies by hash: compiling 1,000 rules costs milliseconds, deciding does not. */
export type PolicyCache = {
  compiled(hash: Digest, evidence: Evidence): CompiledPolicy | undefined;
  /** What `includes` says, worked out once for each pair. */
  inclusion(before: CompiledPolicy, after: CompiledPolicy): Inclusion;
  /** The same with pauses. */
  proving(before: CompiledPolicy, after: CompiledPolicy): Pausing<Inclusion>;
};

/** Holds the last few policies; a hash whose payload is absent or not that policy is undefined. */
export function policyCache(): PolicyCache {
  const held = new BoundedMap<Digest, CompiledPolicy>(4);
  const proved = new BoundedMap<string, Inclusion>(16);
  function* proving(before: CompiledPolicy, after: CompiledPolicy): Pausing<Inclusion> {
    const key = `${before.policyHash} ${after.policyHash}`;
    const known = proved.get(key) ?? (yield* proveInclusion(before, after));
    proved.set(key, known);
    return known;
  }
  return {
    compiled(hash, evidence) {
      const known = held.get(hash);
      if (known) return known;
      const compiled = compilePayload(hash, evidence);
      if (compiled) held.set(hash, compiled);
      return compiled;
    },
    inclusion: (before, after) => finish(proving(before, after)),
    proving,
  };
}

function compilePayload(hash: Digest, evidence: Evidence): CompiledPolicy | undefined {
  const bytes = evidence.payload(hash);
  if (!bytes || decodeUtf8(bytes) === undefined) return undefined;
  const parsed = parseStrict(bytes, { maxBytes: MAX_POLICY_BYTES });
  if (!parsed.ok || !isActionRules(parsed.value)) return undefined;
  const rules = canonicalize(parsed.value);
  return policyHash(rules) === hash ? compilePolicy(rules) : undefined;
}
