import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { canonicalJson, digestBytes } from '@ioi/canon';
import { type LoadedPolicy, loadPolicy, type PolicyError, packs } from '@ioi/law';
import { type ActionRules, isActionRules } from '@ioi/protocol';
import { CommandFault, messageOf, usageFault } from './fault.ts';
import type { Home } from './home.ts';
import { ownFolder } from './workspace.ts';

const PACK = 'pack:';

/**
 * An authored policy, or a pack where `pack:` stands before its name, in canonical form, or every
 * fault it has, each with its place.
 */
export function readPolicyFile(path: string): LoadedPolicy {
  const loaded = loadPolicy(textIn(path));
  if (loaded.ok) return loaded.value;
  const count = loaded.error.length;
  throw new CommandFault({
    exit: 'usage',
    code: loaded.error[0]?.code ?? 'policy.invalid',
    message: `${path} has ${count} ${count === 1 ? 'error' : 'errors'}`,
    lines: loaded.error.slice(0, 50).map((error) => errorLine(path, error)),
  });
}

/** The same for a pack by its name. */
export function readPack(name: string): LoadedPolicy {
  return readPolicyFile(`${PACK}${name}`);
}

function textIn(path: string): string {
  if (path.startsWith(PACK)) return packText(path.slice(PACK.length));
  try {
    return readFileSync(path === '-' ? 0 : path, 'utf8');
  } catch (fault) {
    throw usageFault(`the policy cannot be read: ${messageOf(fault)}`);
  }
}

function packText(name: string): string {
  const pack = packs.find((each) => each.name === name);
  if (pack !== undefined) return pack.text;
  const known = packs.map((each) => each.name).join(', ');
  throw usageFault(`there is no pack \`${name}\`; those there are: ${known}`);
}

/** As compilers write it, so that editors find the place. */
function errorLine(path: string, { line, column, message, hint, code }: PolicyError): string {
  const more = hint === undefined ? '' : `; ${hint}`;
  return `${path}:${line}:${column}: ${message}${more} [${code}]`;
}

/** The text whose hash is `policy_hash`. */
export function canonicalText({ rules }: Pick<LoadedPolicy, 'rules'>): string {
  const text = canonicalJson(rules);
  if (!text.ok) throw new Error(text.error.message);
  return text.value;
}

/** Kept under its hash, so that `policy show` can tell whether it is the one that is active. */
export function keepPolicy(home: Home, policyHash: string, text: string): void {
  const path = keptPath(home, policyHash);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(path, text, { mode: 0o600 });
}

/** Undefined when it was activated elsewhere, or the copy is not what its name says. */
export function keptPolicy(home: Home, policyHash: string): string | undefined {
  try {
    const text = readFileSync(keptPath(home, policyHash), 'utf8');
    return digestBytes(text) === policyHash ? text : undefined;
  } catch {
    return undefined;
  }
}

/** The same, read. */
export function keptRules(home: Home, policyHash: string): ActionRules | undefined {
  const text = keptPolicy(home, policyHash);
  const rules: unknown = text === undefined ? undefined : JSON.parse(text);
  return isActionRules(rules) ? rules : undefined;
}

/** Of a node with accounts of its own each account keeps what it activated; root, the node's. */
function keptPath(home: Home, policyHash: string): string {
  const isOwn = process.getuid?.() === 0 || ownFolder(home) === home.folder;
  const policies = isOwn ? home.policies : join(ownFolder(home), 'policies');
  return join(policies, `${policyHash.replace('sha256:', '').replaceAll(/[^0-9a-f]/g, '')}.json`);
}
