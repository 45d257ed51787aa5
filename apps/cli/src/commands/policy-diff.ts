import { readFileSync, writeFileSync } from 'node:fs';
import { canonicalJson } from '@ioi/canon';
import { type CompiledPolicy, certify, compilePolicy, differencesOf, includes } from '@ioi/law';
import { isActionRules } from '@ioi/protocol';
import { verifyInclusionCertificate } from '@ioi/verifier';
import { differencesView, verdictView } from '../core/policy-difference.ts';
import { type Command, type Context, textOption } from '../shell/context.ts';
import { payloadInExport } from '../shell/export-payload.ts';
import { messageOf, usageFault } from '../shell/fault.ts';
import { keptPolicy, readPolicyFile } from '../shell/policy-file.ts';

const HASH = /^(?:sha256:)?[0-9a-f]{64}$/;

/**
 * `ioi policy diff OLD NEW`: files, hashes, or `active`. Which requests are decided otherwise, and
 * whether any goes further; `--certificate FILE` writes the proof where none does.
 */
export const policyDiff: Command = async (context, [old, next], options) => {
  const given = textOption(options, 'verify');
  if (given !== undefined) return verifyFile(context, given);
  if (old === undefined || next === undefined) throw usageFault('name an old and a new policy');
  const before = await policyNamed(context, old);
  const after = await policyNamed(context, next);
  const inclusion = includes(before, after);
  const differences = differencesOf(before, after);
  const file = textOption(options, 'certificate');
  const written = file === undefined ? [] : [writeCertificate(file, before, after)];
  const { output } = context;
  output.say([...differencesView(differences), verdictView(inclusion), ...written], {
    old_policy_hash: before.policyHash,
    new_policy_hash: after.policyHash,
    inclusion,
    differences,
  });
  return undefined;
};

async function policyNamed(context: Context, name: string): Promise<CompiledPolicy> {
  if (name !== 'active' && !HASH.test(name)) return compilePolicy(readPolicyFile(name).rules);
  const hash = name === 'active' ? await activeHash(context) : `sha256:${name.slice(-64)}`;
  const text = keptPolicy(context.home, hash) ?? (await payloadInExport(context.daemon, hash));
  const rules: unknown = text === undefined ? undefined : JSON.parse(text);
  if (!isActionRules(rules)) throw usageFault(`the text of ${hash} is not to be found`);
  return compilePolicy(rules);
}

async function activeHash({ guardian }: Context): Promise<string> {
  const { policy } = await guardian.status();
  if (policy === null) throw usageFault('no policy is active');
  return policy.policy_hash;
}

function writeCertificate(path: string, before: CompiledPolicy, after: CompiledPolicy): string {
  const certificate = certify(before, after);
  if (!certificate.ok) return 'no certificate: nothing to certify';
  const text = canonicalJson(certificate.value);
  if (!text.ok) throw new Error(text.error.message);
  try {
    writeFileSync(path, text.value);
  } catch (fault) {
    throw usageFault(`the certificate cannot be written: ${messageOf(fault)}`);
  }
  return `certificate: ${path}`;
}

function verifyFile({ output }: Context, path: string): 'unverified' | undefined {
  const checked = verifyInclusionCertificate(bytesIn(path));
  if (!checked.ok) {
    output.say([`not verified: ${checked.error.code} ${checked.error.message}`], checked.error);
    return 'unverified';
  }
  const { before_hash, after_hash, cells, mixed } = checked.value;
  const line = `verified: ${after_hash} lies inside ${before_hash}`;
  output.say([line, `${cells} kinds of requests, ${mixed} others at random`], checked.value);
  return undefined;
}

function bytesIn(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (fault) {
    throw usageFault(`the certificate cannot be read: ${messageOf(fault)}`);
  }
}
