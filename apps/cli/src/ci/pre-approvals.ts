import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { digestBytes } from '@ioi/canon';
import { verifierRegistry } from '@ioi/crypto';
import type { PreApproval } from '@ioi/protocol';
import {
  type Act,
  actHash,
  checkPreApproval,
  preApprovalMessage,
} from '../core/ci/pre-approval.ts';
import { type Context, listOption, type Options, textOption } from '../shell/context.ts';
import { CommandFault, messageOf, usageFault } from '../shell/fault.ts';
import { readJson } from '../shell/governance.ts';

const FINGERPRINT = /^(?:sha256:)?([0-9a-f]{64})$/;
/** Where build servers say what they build. */
const REFS = ['GITHUB_REF', 'GITHUB_REF_NAME', 'CI_COMMIT_REF_NAME'];

/** One act that an approver let be done once. */
type Allowance = { readonly approval: PreApproval; readonly hash: string; isUsed: boolean };

export type Taken =
  | { readonly isApproved: true; readonly keyId: string }
  | { readonly isApproved: false; readonly code: string };

/** What was approved beforehand for this job, each act once. Read before the program starts. */
export class PreApprovals {
  readonly #allowances: readonly Allowance[];
  readonly #usedFolder: string | undefined;

  constructor(approvals: readonly PreApproval[], usedFolder: string | undefined) {
    this.#usedFolder = usedFolder;
    this.#allowances = approvals.flatMap((approval) =>
      approval.pre_approval.acts.map(({ act_hash: hash }) => ({ approval, hash, isUsed: false })),
    );
  }

  /** Whether an act was approved beforehand, and is not from then on; undefined: it never was. */
  take(act: Act | undefined): Taken | undefined {
    const hash = act && actHash(act);
    const fitting = this.#allowances.filter((each) => each.hash === hash);
    if (fitting.length === 0) return undefined;
    const now = BigInt(Date.now());
    let code = 'pre_approval.used';
    for (const each of fitting.filter(({ isUsed }) => !isUsed)) {
      const { key_id: keyId, until } = each.approval.pre_approval;
      each.isUsed = true;
      if (now >= BigInt(until)) code = 'pre_approval.expired';
      else if (this.#note(each)) return { isApproved: true, keyId };
    }
    return { isApproved: false, code };
  }

  /** False where an earlier job used it. On disk before the act is approved. */
  #note({ approval, hash }: Allowance): boolean {
    if (this.#usedFolder === undefined) return true;
    const name = digestBytes(`${digestBytes(preApprovalMessage(approval.pre_approval))} ${hash}`);
    try {
      writeFileSync(join(this.#usedFolder, name.slice('sha256:'.length)), '', { flag: 'wx' });
      return true;
    } catch (fault) {
      if ((fault as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw fault;
    }
  }
}

/** Of the options of a job. One that does not hold keeps it from starting, by name. */
export function preApprovalsOf(context: Context, options: Options): PreApprovals {
  const files = listOption(options, 'preApproval');
  const used = textOption(options, 'used');
  if (files.length === 0) return new PreApprovals([], undefined);
  const approvers = listOption(options, 'approver').map(fingerprint);
  if (approvers.length === 0) throw usageFault('whose? --approver FINGERPRINT', 'ioi run --help');
  const refs = REFS.flatMap((name) => context.environment[name] || []);
  const place = { commit: commitHere(), refs, approvers, now: BigInt(Date.now()) };
  const registry = verifierRegistry();
  const approvals = files.map((path) => {
    const checked = checkPreApproval(readJson(path), place, registry);
    if (checked.ok) return checked.value;
    const { code, message } = checked.error;
    const next = 'ioi ci approve REQUESTS --commit SHA, and its --pre-approval';
    throw new CommandFault({ exit: 'authority', code, message: `${path}: ${message}`, next });
  });
  if (used !== undefined) open(used);
  return new PreApprovals(approvals, used);
}

function open(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (fault) {
    throw usageFault(`--used ${folder}: ${messageOf(fault)}`);
  }
}

function fingerprint(given: string): string {
  const [, digits] = FINGERPRINT.exec(given) ?? [];
  if (digits !== undefined) return `sha256:${digits}`;
  throw usageFault(`--approver takes a fingerprint of 64 hexadecimal digits, not ${given}`);
}

/** Undefined where this folder is of none. */
function commitHere(): string | undefined {
  try {
    return execFileSync('git', ['rev-parse', '--verify', 'HEAD^{commit}'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return undefined;
  }
}
