import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { signHybrid } from '@ioi/crypto/shell';
import type { PreApproval } from '@ioi/protocol';
import { actLines } from '../core/ci/act-lines.ts';
import { type Act, actHash, preApprovalMessage } from '../core/ci/pre-approval.ts';
import { readTimeSpan, timeSpanText } from '../core/time-span.ts';
import { visible } from '../core/visible.ts';
import { type Command, listOption, type Options, textOption } from '../shell/context.ts';
import { messageOf, usageFault } from '../shell/fault.ts';
import { readJson } from '../shell/governance.ts';
import { keyIdOf, openKey, publicKeyIn } from '../shell/principal-key.ts';

const COMMIT = /^([0-9a-f]{40}|[0-9a-f]{64})$/;
const MOST_MS = 2_592_000_000n;

/** One of `requests.json`, as far as it is looked at. */
type Asked = { readonly request_hash?: unknown; readonly act?: unknown };

/** `ioi ci approve REQUESTS --commit SHA`: exactly what is shown, each once, on that commit. */
export const ciApprove: Command = async (context, [path = ''], options) => {
  const { output } = context;
  const acts = actsIn(path, listOption(options, 'request'));
  const commit = textOption(options, 'commit') ?? '';
  if (!COMMIT.test(commit)) throw usageFault('--commit takes a whole hash: git rev-parse HEAD');
  const span = spanOf(options);
  const keyFile = textOption(options, 'key') ?? '';
  const public_key = publicKeyIn(keyFile);
  const ref = textOption(options, 'ref');
  const where = `commit ${commit}${ref === undefined ? '' : ` of ${ref}`}`;
  output.note(`approves, each once, on ${where}, within ${timeSpanText(span)}:`);
  for (const act of acts) {
    for (const line of actLines(act, act.act_hash)) output.note(visible(line));
  }
  // The passphrase is given after looking: it is what says yes.
  const key = await openKey(context, keyFile, options);
  const now = BigInt(Date.now());
  const pre_approval = {
    key_id: keyIdOf(public_key),
    nonce: String(randomBytes(8).readBigUInt64BE()),
    commit,
    ...(ref === undefined ? {} : { ref }),
    acts: acts.map(({ target, act_hash }) => ({ target, act_hash })),
    issued: String(now),
    until: String(now + span),
  };
  const signature = signHybrid(key, 'SIG_DOMAIN_APPROVAL', preApprovalMessage(pre_approval));
  const out = textOption(options, 'out') ?? '';
  write(out, { pre_approval, public_key, signature });
  const { key_id } = pre_approval;
  const next = `next, in the job: --pre-approval ${visible(out)} --approver ${key_id}`;
  const count = acts.length === 1 ? '1 act' : `${acts.length} acts`;
  output.say([`approved ${count}: ${visible(out)}`, next], { path: out, ...pre_approval });
  return undefined;
};

type Shown = Act & { readonly act_hash: string };

/** Those that are meant, whole: a digest in the file is not believed. */
function actsIn(path: string, chosen: readonly string[]): Shown[] {
  const { requests } = Object(readJson(path)) as { readonly requests?: unknown };
  const all: readonly Asked[] = Array.isArray(requests) ? requests.map(Object) : [];
  const isMeant = ({ request_hash: hash }: Asked, given: string): boolean =>
    String(hash).replace('sha256:', '').startsWith(given.replace('sha256:', ''));
  for (const given of chosen) {
    const count = all.filter((each) => isMeant(each, given)).length;
    if (count !== 1)
      throw usageFault(`--request ${given} fits ${count} of the requests in ${path}`);
  }
  const meant = all.filter(
    (each) => chosen.length === 0 || chosen.some((given) => isMeant(each, given)),
  );
  if (meant.length === 0) throw usageFault(`${path} holds no requests`, 'docs/guides/ci.md');
  return meant.map(({ act, request_hash: hash }) => {
    const { target, params } = Object(act) as Partial<Act>;
    const whole =
      typeof target === 'string' && params !== undefined ? { target, params } : undefined;
    const act_hash = whole && actHash(whole);
    if (whole !== undefined && act_hash !== undefined) return { ...whole, act_hash };
    throw usageFault(`request ${hash} is not there as a whole: it cannot be approved beforehand`);
  });
}

function spanOf(options: Options): bigint {
  const given = textOption(options, 'until') ?? '';
  const span = readTimeSpan(given);
  if (span !== undefined && span > 0n && span <= MOST_MS) return span;
  throw usageFault(`--until takes a time from now such as 2h or 3d, 30d at most, not ${given}`);
}

/** Never over another file. */
function write(path: string, approval: PreApproval): void {
  try {
    writeFileSync(path, `${JSON.stringify(approval)}\n`, { flag: 'wx' });
  } catch (fault) {
    throw usageFault(`the pre-approval was not written: ${messageOf(fault)}`);
  }
}
