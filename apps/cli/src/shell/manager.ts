import { randomBytes } from 'node:crypto';
import { keyId } from '@ioi/crypto';
import { signHybrid } from '@ioi/crypto/shell';
import {
  keys,
  type NodeHead,
  nodeDomainOf,
  ownerIssuerOf,
  type Signable,
  signableBytes,
  signedPayload,
  WALLET,
  walletCompletions,
  walletWords,
} from '@ioi/law';
import type {
  AuthorityScopeRequestEnvelope,
  DelegationCertificate,
  HeadKey,
  View,
  WantedScopes,
} from '@ioi/protocol';
import { visible } from '../core/visible.ts';
import type { Context, Options } from './context.ts';
import { CommandFault, usageFault } from './fault.ts';
import { openKey, publicKeyIn } from './principal-key.ts';
import { speakerOf } from './submit.ts';

const DAY_MS = 86_400_000;

/** Whoever has the key of a certificate in force, on the node it is of. */
export type Manager = {
  readonly path: string;
  readonly certificate: DelegationCertificate;
  readonly node: NodeHead;
};

/** The Manager whose key file it is, as the heads of the node know it. */
export async function managerOf(context: Context, path: string): Promise<Manager> {
  const id = keyId(publicKeyIn(path));
  const { certificates } = await context.wallet.certificates();
  const own = certificates.find(({ certificate, ended }) => {
    return ended === undefined && keyId(certificate.subject_key) === id;
  });
  if (own === undefined) {
    throw usageFault(`${path} is the key of no certificate in force`, 'ioi wallet certificates');
  }
  return { path, certificate: own.certificate, node: await nodeOf(context) };
}

/** What every statement names, so that it holds on no other node. */
async function nodeOf({ governance }: Context): Promise<NodeHead> {
  const node = await governance.head<NodeHead>(keys.node);
  if (node !== undefined) return node;
  const message = 'the node has no genesis yet';
  throw new CommandFault({ exit: 'unreachable', code: 'node.no_genesis', message, next: 'ioi up' });
}

/** Asks with the key of a certificate, for its own subject. */
export async function askAs(
  path: string,
  wanted: WantedScopes,
  { context, options }: { readonly context: Context; readonly options: Options },
): Promise<{ readonly request: AuthorityScopeRequestEnvelope }> {
  const node = await nodeOf(context);
  const { max_budget_usd, expiry = String(Date.now() + DAY_MS) } = wanted;
  const request: AuthorityScopeRequestEnvelope = {
    authority_request_id: `authreq_${randomBytes(16).toString('hex')}`,
    subject_id: wanted.subject_id,
    issuer_id: ownerIssuerOf(node.node_id),
    primitive_capabilities_required: [...wanted.primitive_capabilities],
    authority_scopes_requested: [...wanted.authority_scopes],
    resource_scope: {
      resources: [...wanted.resources],
      constraints: { expiry, ...(max_budget_usd === undefined ? {} : { max_budget_usd }) },
    },
    approval_required_for: [],
    status: 'requested',
  };
  const speak = await speakerOf(context, nodeDomainOf(node.node_id), { ...options, sign: path });
  await speak({ operation: `${WALLET}/scope.request`, payload: { request } });
  return { request };
}

type Asked = Readonly<Record<string, unknown>>;
type Wanted = {
  readonly operation: 'grant.issue' | 'certificate.issue';
  readonly asked: Asked;
  /** Canonical text of the policy that it is bound to. */
  readonly region?: string;
};

/**
 * Drafts it as the guardian does for the owner, shows it, signs it with the key of the Manager and
 * brings it to the log, which holds it against the certificate.
 */
export async function signAs(
  { path, node }: Manager,
  { operation, asked, region }: Wanted,
  { context, options }: { readonly context: Context; readonly options: Options },
): Promise<{ readonly seq: string; readonly statement: Asked }> {
  const { requests } = await context.wallet.requests();
  const get = <T>({ id }: HeadKey) => {
    const request = requests.find((each) => each.authority_request_id === id);
    return request && ({ request } as T);
  };
  const view: View = { get };
  const drafted = walletCompletions[operation](asked, { node, view });
  if (!drafted.ok) throw usageFault(drafted.error.message, 'ioi wallet requests');
  const statement = drafted.value as Asked;
  context.output.note(`to sign: ${operation}`);
  for (const word of walletWords[operation](statement as never, view)) {
    context.output.note(`  ${visible(word)}`);
  }
  const key = await openKey(context, path, options);
  const signable: Signable = { operation, statement };
  const signature = signHybrid(key, 'SIG_DOMAIN_MANIFEST', signableBytes(signable, node));
  const payload = signedPayload(signable, signature);
  const text = region === undefined ? {} : { region };
  const { seq } = await context.wallet.bring({ operation, payload, ...text });
  return { seq, statement };
}
