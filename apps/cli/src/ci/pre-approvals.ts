import { existsSync, writeFileSync } from 'node:fs';
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
import {
  type Context,
  flagOption,
  listOption,
  type Options,
  textOption,
} from '../shell/context.ts';
import { CommandFault, usageFault } from '../shell/fault.ts';
import { readJson } from '../shell/governance.ts';
import { commitHere } from './commit-here.ts';
import { openUsedFolder } from './used-folder.ts';

const FINGERPRINT = /^(?:sha256:)?([0-9a-f]{64})$/;
/** Where build servers say what they build. */
const REFS = ['GITHUB_REF', 'GITHUB_REF_NAME', 'CI_COMMIT_REF_NAME'];

/** One act that an approver let be done once. */
type Allowance = {
  readonly keyId: string;
  readonly until: bigint;
  readonly hash: string;
  /** The same in every job that is given the approval, and of no other act of it. */
  readonly id: string;
  isUsed: boolean;
};

export type Taken =
  /** By each of these keys. */
  | { readonly isApproved: true; readonly keyIds: readonly string[] }
  | { readonly isApproved: false; readonly code: string };

/** What whoever answers for the job says of approvals. */
export type Terms = {
  /** So many keys approve each act, each by an approval of its own. */
  readonly needed: number;
  readonly usedFolder: string | undefined;
};

/** What was approved beforehand for this job, each act once. Read before the program starts. */
export class PreApprovals {
  readonly #allowances: readonly Allowance[];
  readonly #terms: Terms;

  constructor(approvals: readonly PreApproval[], terms: Terms) {
    this.#terms = terms;
    // One that is given twice is one.
    const all = approvals.flatMap(allowancesOf).map((each) => [each.id, each] as const);
    this.#allowances = [...new Map(all).values()];
  }

  /** Whether an act was approved beforehand, and is not from then on; undefined: it never was. */
  take(act: Act | undefined): Taken | undefined {
    const hash = act && actHash(act);
    const fitting = this.#allowances.filter((each) => each.hash === hash);
    if (fitting.length === 0) return undefined;
    for (const each of fitting) each.isUsed ||= this.#isNoted(each);
    const { needed } = this.#terms;
    const now = BigInt(Date.now());
    const usable = fitting.filter(({ isUsed, until }) => !isUsed && now < until);
    // Of too few nothing is used up.
    if (keysOf(usable).size < needed) return { isApproved: false, code: lackOf(fitting, needed) };
    const keyIds: string[] = [];
    let code = 'pre_approval.used';
    for (const each of usable) {
      if (keyIds.includes(each.keyId)) continue;
      each.isUsed = true;
      const failed = this.#note(each);
      if (failed === undefined) keyIds.push(each.keyId);
      else code = failed;
      if (keyIds.length === needed) return { isApproved: true, keyIds };
    }
    return { isApproved: false, code };
  }

  /** By this job or another. */
  #isNoted({ id }: Allowance): boolean {
    const { usedFolder } = this.#terms;
    return usedFolder !== undefined && existsSync(join(usedFolder, id));
  }

  /** On disk before the act is approved; or why it is not to be. */
  #note({ id }: Allowance): string | undefined {
    const { usedFolder } = this.#terms;
    if (usedFolder === undefined) return undefined;
    try {
      writeFileSync(join(usedFolder, id), '', { flag: 'wx' });
      return undefined;
    } catch (fault) {
      // Whoever cannot tell later jobs of it does not do it: the program is answered all the same.
      const isThere = (fault as NodeJS.ErrnoException).code === 'EEXIST';
      return isThere ? 'pre_approval.used' : 'pre_approval.not_noted';
    }
  }
}

function keysOf(allowances: readonly Allowance[]): ReadonlySet<string> {
  return new Set(allowances.map(({ keyId }) => keyId));
}

/** Why those are not enough. */
function lackOf(fitting: readonly Allowance[], needed: number): string {
  if (keysOf(fitting).size < needed) return 'pre_approval.too_few';
  const unused = fitting.filter(({ isUsed }) => !isUsed);
  return keysOf(unused).size < needed ? 'pre_approval.used' : 'pre_approval.expired';
}

function allowancesOf({ pre_approval: said }: PreApproval): Allowance[] {
  const digest = digestBytes(preApprovalMessage(said));
  const about = { keyId: said.key_id, until: BigInt(said.until), isUsed: false };
  return said.acts.map(({ act_hash: hash }, at) => {
    const id = digestBytes(`${digest} ${at} ${hash}`).slice('sha256:'.length);
    return { ...about, hash, id };
  });
}

/** Of the options of a job. One that does not hold keeps it from starting, by name. */
export function preApprovalsOf(context: Context, options: Options): PreApprovals {
  const files = listOption(options, 'preApproval');
  const used = textOption(options, 'used');
  const approvers = listOption(options, 'approver').map(fingerprint);
  const needed = neededOf(options, approvers);
  if (files.length === 0) return new PreApprovals([], { needed, usedFolder: undefined });
  if (approvers.length === 0) throw usageFault('whose? --approver FINGERPRINT', 'ioi run --help');
  const refs = REFS.flatMap((name) => context.environment[name] || []);
  const place = { commit: commitHere(process.cwd()), refs, approvers, now: BigInt(Date.now()) };
  const registry = verifierRegistry();
  const approvals = files.map((path) => {
    const checked = checkPreApproval(readJson(path), place, registry);
    if (checked.ok) return checked.value;
    const { code, message } = checked.error;
    const next = 'ioi ci approve REQUESTS --commit SHA, and its --pre-approval';
    throw new CommandFault({ exit: 'authority', code, message: `${path}: ${message}`, next });
  });
  const keyIds = new Set(approvals.map(({ pre_approval }) => pre_approval.key_id));
  if (keyIds.size < needed) throw tooFew(keyIds.size, needed);
  if (used !== undefined) openUsedFolder(used, writable(options));
  return new PreApprovals(approvals, { needed, usedFolder: used });
}

/** How many keys it takes; never more than could come together. */
function neededOf(options: Options, approvers: readonly string[]): number {
  const given = textOption(options, 'approversNeeded');
  if (given === undefined) return 1;
  const needed = /^[1-9][0-9]?$/.test(given) ? Number(given) : 0;
  const keys = new Set(approvers).size;
  if (needed > 0 && needed <= keys) return needed;
  throw usageFault(
    `--approvers-needed takes a number from 1 to that of --approver, here ${keys}, not ${given}`,
  );
}

function tooFew(count: number, needed: number): CommandFault {
  const message = `${count} of ${needed} keys that are needed approved beforehand`;
  const next = 'each approver: ioi ci approve REQUESTS --commit SHA; give all to --pre-approval';
  return new CommandFault({ exit: 'authority', code: 'pre_approval.too_few', message, next });
}

/** What the program may write to. */
function writable(options: Options): readonly string[] {
  const isReadOnly = flagOption(options, 'readOnly');
  return [...listOption(options, 'write'), ...(isReadOnly ? [] : [process.cwd()])];
}

function fingerprint(given: string): string {
  const [, digits] = FINGERPRINT.exec(given) ?? [];
  if (digits !== undefined) return `sha256:${digits}`;
  throw usageFault(`--approver takes a fingerprint of 64 hexadecimal digits, not ${given}`);
}
