import { digestBytes } from '@ioi/canon';
import type { SignedAuthority } from '@ioi/protocol';
import { readTimeSpan } from '../../core/time-span.ts';
import { visible } from '../../core/visible.ts';
import {
  type Command,
  type Context,
  flagOption,
  listOption,
  type Options,
  textOption,
} from '../../shell/context.ts';
import { usageFault } from '../../shell/fault.ts';
import { findAuthority } from '../../shell/find-authority.ts';
import { readJson, signShown } from '../../shell/governance.ts';
import { askAs, type Manager, managerOf, signAs } from '../../shell/manager.ts';
import { canonicalText, keepPolicy, readPolicyFile } from '../../shell/policy-file.ts';
import { publicKeyIn } from '../../shell/principal-key.ts';

const AMOUNT = /^(0|[1-9][0-9]{0,29})(\.[0-9]{1,18})?$/;

/** `ioi wallet grant REQUEST [--lease …]`: signs what was asked for, or what is said instead. */
export const walletGrant: Command = async (context, [given = ''], options) => {
  const { requests } = await context.wallet.requests();
  const ids = requests.map((each) => each.authority_request_id);
  const authority_request_id = findAuthority(given, ids, 'ioi wallet requests');
  const asked = {
    authority_request_id,
    ...(flagOption(options, 'lease') ? { lease: true } : {}),
    ...boundsIn(options),
  };
  const signed = await signedBy(context, options, { operation: 'grant.issue', asked });
  const { authority_grant_id, subject_id } = signed.statement;
  const line = `granted: ${visible(String(authority_grant_id))} to ${visible(String(subject_id))}`;
  context.output.say([line], { authority_grant_id, ...signed.about });
  return undefined;
};

/** `ioi wallet deny-request REQUEST`: it ends, and with it the act that waits for it. */
export const walletDeny: Command = async (context, [given = ''], options) => {
  const { requests } = await context.wallet.requests();
  const ids = requests.map((each) => each.authority_request_id);
  const authority_request_id = findAuthority(given, ids, 'ioi wallet requests');
  const note = textOption(options, 'reason');
  const asked = { authority_request_id, ...(note === undefined ? {} : { note }) };
  const signed = await signShown(context, options, { operation: 'grant.deny', asked });
  context.output.say([`denied: ${authority_request_id}`], { authority_request_id, ...signed });
  return undefined;
};

/** `ioi wallet ask SUBJECT --scope … --resource …`: what follows is the owner's to say. */
export const walletAsk: Command = async (context, [subject_id = ''], options) => {
  const bounds = boundsIn(options);
  const { authority_scopes, resources, constraints } = bounds;
  if (authority_scopes === undefined || resources === undefined) {
    throw usageFault('name what for: --scope scope:… and --resource …', 'ioi wallet ask --help');
  }
  const { expires_at, max_budget_usd } = constraints;
  const wanted = {
    subject_id,
    authority_scopes,
    resources,
    primitive_capabilities: bounds.primitive_capability_constraints ?? [],
    ...(max_budget_usd === undefined ? {} : { max_budget_usd }),
    ...(expires_at === undefined ? {} : { expiry: expires_at }),
  };
  const path = textOption(options, 'sign');
  const { request } =
    path === undefined
      ? await context.wallet.ask(wanted)
      : await askAs(path, wanted, { context, options });
  const id = request.authority_request_id;
  context.output.say([`asked: ${id}`, `next: ioi wallet grant ${id}`], { request });
  return undefined;
};

/** How long a certificate lasts unless it is said. */
const HOURS = 24;

/** `ioi wallet delegate SUBJECT KEYFILE`: a certificate of the owner, or of a Manager. */
export const walletDelegate: Command = async (context, [subject_id = '', path = ''], options) => {
  const { constraints, ...bounds } = boundsIn(options);
  if (bounds.authority_scopes === undefined || bounds.resources === undefined) {
    const usage = 'ioi wallet delegate --help';
    throw usageFault('name what may be done: --scope scope:… and --resource …', usage);
  }
  const expires_at = constraints.expires_at ?? String(Date.now() + HOURS * 3_600_000);
  const asked = {
    subject_id,
    subject_key: publicKeyIn(path),
    primitive_capability_constraints: [],
    ...bounds,
    constraints: { ...constraints, expires_at },
  };
  const signed = await signedBy(context, options, { operation: 'certificate.issue', asked });
  const { certificate_id } = signed.statement;
  context.output.say([`certified: ${visible(String(certificate_id))}`], {
    certificate_id,
    ...signed.about,
  });
  return undefined;
};

type Wanted = {
  readonly operation: 'grant.issue' | 'certificate.issue';
  readonly asked: Readonly<Record<string, unknown>>;
};

/** Signed by the owner at the guardian or, with `--as-manager`, by the key of a certificate. */
async function signedBy(context: Context, options: Options, { operation, asked }: Wanted) {
  const file = textOption(options, 'region');
  const region = file === undefined ? undefined : policyTextIn(context, file);
  const bound = region === undefined ? {} : { region };
  const path = textOption(options, 'asManager');
  if (path === undefined) {
    const signed = await signShown(context, options, { operation, asked, ...bound });
    return { statement: signed.review.statement as Wanted['asked'], about: signed };
  }
  const manager = await managerOf(context, path);
  const under = underOf(manager, operation, region);
  const wanted = { operation, asked: { ...asked, ...under }, ...bound };
  const signed = await signAs(manager, wanted, { context, options });
  return { statement: signed.statement, about: signed };
}

/** What hangs by a certificate stays in its region unless it is given one within. */
function underOf(
  { certificate }: Manager,
  operation: Wanted['operation'],
  region: string | undefined,
): object {
  const { certificate_id, region_hash: above } = certificate;
  const region_hash = region === undefined ? above : digestBytes(region);
  return {
    [operation === 'grant.issue' ? 'certificate_id' : 'parent_id']: certificate_id,
    ...(region_hash === undefined ? {} : { region_hash }),
  };
}

function policyTextIn({ home }: Context, path: string): string {
  const loaded = readPolicyFile(path);
  const text = canonicalText(loaded);
  keepPolicy(home, loaded.policyHash, text);
  return text;
}

/** `ioi wallet bring FILE`: what a Manager signed takes effect once it is in the log. */
export const walletBring: Command = async ({ wallet, output }, [path = '']) => {
  const brought = await wallet.bring(readJson(path) as SignedAuthority);
  output.say([`sealed: entry ${visible(brought.seq)}`], brought);
  return undefined;
};

type Bounds = {
  readonly authority_scopes?: readonly string[];
  readonly primitive_capability_constraints?: readonly string[];
  readonly resources?: readonly string[];
  readonly approval_required_for?: readonly string[];
  readonly constraints: {
    readonly max_calls?: string;
    readonly max_budget_usd?: string;
    readonly expires_at?: string;
  };
};

function boundsIn(options: Options): Bounds {
  const lists = {
    authority_scopes: listOption(options, 'scope'),
    primitive_capability_constraints: listOption(options, 'prim'),
    resources: listOption(options, 'resource'),
    approval_required_for: listOption(options, 'askFor'),
  };
  const said = Object.entries(lists).filter(([, list]) => list.length > 0);
  return { ...Object.fromEntries(said), constraints: constraintsIn(options) };
}

function constraintsIn(options: Options): Bounds['constraints'] {
  const [calls, budget, span] = ['calls', 'budget', 'for'].map((name) => textOption(options, name));
  if (calls !== undefined && !/^[1-9][0-9]{0,8}$/.test(calls)) {
    throw usageFault(`--calls takes a whole number from 1, not ${calls}`);
  }
  if (budget !== undefined && !AMOUNT.test(budget)) {
    throw usageFault(`--budget takes an amount such as 2.50, not ${budget}`);
  }
  const lasting = span === undefined ? undefined : readTimeSpan(span);
  if (span !== undefined && lasting === undefined) {
    throw usageFault(`--for takes a time such as 90m, 8h or 2d, not ${span}`);
  }
  return {
    ...(calls === undefined ? {} : { max_calls: calls }),
    ...(budget === undefined ? {} : { max_budget_usd: budget }),
    ...(lasting === undefined ? {} : { expires_at: String(BigInt(Date.now()) + lasting) }),
  };
}
