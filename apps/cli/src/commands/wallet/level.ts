import { ANYBODY, clientSecretPlace, levelIdOf } from '@ioi/law';
import type { GroupFactor, LevelFactor, SignInFactor } from '@ioi/protocol';
import { levelLines, levelsOf } from '../../core/level-view.ts';
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
import { signShown } from '../../shell/governance.ts';
import { NodeConfigEditor } from '../../shell/node-config.ts';
import { clientAuthAt, discover } from '../../shell/oidc-provider.ts';
import { openPage } from '../../shell/open-page.ts';
import { vaultOf } from '../../shell/vault-of.ts';
import { ownerPassphrase } from '../../shell/waiting.ts';
import { principalKeyIn } from '../../threshold/files.ts';
import { secretText } from './secret-value.ts';

const LIST = 'ioi wallet level';

/** `ioi wallet level`: what each level may do, and who is enrolled. */
export const levelList: Command = async ({ guardian, output }) => {
  const approvers = await guardian.approvers();
  const levels = levelsOf(approvers);
  const { levels: enrolled = [], origin } = approvers;
  output.say(levelLines(levels, enrolled), { levels, enrolled, ...redirectOf(origin) });
  return undefined;
};

/** `ioi wallet level add-oidc NAME --issuer URL --client-id ID --subject SUB` */
export const levelAddOidc: Command = async (context, [label = ''], options) => {
  const { origin, levels = [] } = await context.guardian.approvers();
  const { redirect_uri } = redirectOf(origin);
  if (redirect_uri === undefined) throw usageFault('this node was started without its page');
  if (levels.some((each) => each.label === label)) {
    throw usageFault(`${label} is enrolled already`, `ioi wallet level renew ${label}`);
  }
  const discovered = await discover(textOption(options, 'issuer') ?? '');
  const acts_as = listOption(options, 'actsAs');
  const secret = await clientSecretOf(context, options);
  const fields = {
    kind: 'sign_in' as const,
    label,
    client_id: textOption(options, 'clientId') ?? '',
    subject: subjectOf(options),
    ...discovered,
    ...(secret === undefined ? {} : { client_auth: await clientAuthAt(discovered.issuer) }),
    is_fresh: flagOption(options, 'freshLogin'),
    ...(acts_as.length === 0 ? {} : { acts_as: [...acts_as] }),
  };
  const factor = { factor_id: levelIdOf(fields), ...fields };
  const isNew = secret !== undefined && (await keepSecret(context, options, { factor, secret }));
  await enroll(context, options, factor);
  const lines = [
    ...(isNew ? ['it takes a fresh start: ioi down, then ioi up --detach'] : []),
    `${visible(label)} signs in for low risk. Register at the provider, exactly: ${redirect_uri}`,
    `next: ioi wallet level sign-in ${visible(label)}`,
  ];
  context.output.say(lines, { factor_id: levelIdOf(fields), redirect_uri });
  return undefined;
};

function subjectOf(options: Options): string {
  const subject = textOption(options, 'subject');
  const isByRole = flagOption(options, 'byRole');
  if (isByRole === (subject !== undefined)) {
    throw usageFault('who signs in is said by either --subject or --by-role');
  }
  return subject ?? ANYBODY;
}

/** Puts it in the vault; true where an edge has to be started, which alone sends it. */
async function keepSecret(
  context: Context,
  options: Options,
  { factor, secret }: { readonly factor: SignInFactor; readonly secret: string },
): Promise<boolean> {
  const passphrase = await ownerPassphrase(context, options);
  const place = clientSecretPlace(factor);
  await vaultOf(context).put({ ...place, kind: 'bearer', secret }, passphrase);
  return new NodeConfigEditor(context.home).wantSignInSecrets();
}

/** From a file, standard input or a hidden prompt: never from an argument. */
async function clientSecretOf(context: Context, options: Options): Promise<string | undefined> {
  const file = textOption(options, 'clientSecretFile');
  if (file === undefined && !flagOption(options, 'clientSecret')) return undefined;
  const from = file === '-' ? { stdin: true } : file === undefined ? {} : { file };
  return (await secretText('bearer', context, from)).replace(/\r?\n$/, '');
}

/** `ioi wallet level renew NAME`: the keys a provider has now, for the owner to sign. */
export const levelRenew: Command = async (context, [label = ''], options) => {
  const factor = await signInNamed(context, label);
  const discovered = await discover(factor.issuer);
  if (discovered.issuer !== factor.issuer) throw usageFault('the provider changed its name');
  await enroll(context, options, { ...factor, ...discovered });
  const { length } = discovered.keys;
  const line = `${visible(label)}: ${length} keys of the provider are pinned`;
  context.output.say([line], { factor_id: factor.factor_id, keys: length });
  return undefined;
};

/** `ioi wallet level sign-in NAME`: on the page; nothing of it passes through here. */
export const levelSignIn: Command = async (context, [label = ''], options) => {
  const { factor_id } = await signInNamed(context, label);
  const url = await openPage(context, flagOption(options, 'browser'));
  context.output.say([`choose “Sign in: ${visible(label)}” on ${url}`], { url, factor_id });
  return undefined;
};

/** `ioi wallet level add-group NAME GROUP`: a group that was founded approves together. */
export const levelAddGroup: Command = async (context, [label = '', path = ''], options) => {
  const public_key = principalKeyIn(path);
  if (public_key.algorithm !== 'threshold-ed25519-ml-dsa-44') {
    throw usageFault(`${path} is the key of one person`, 'ioi wallet threshold create');
  }
  const acts_as = listOption(options, 'actsAs');
  const own = acts_as.length === 0 ? {} : { acts_as: [...acts_as] };
  const fields = { kind: 'group' as const, label, public_key, ...own };
  const factor: GroupFactor = { factor_id: levelIdOf(fields), ...fields };
  await enroll(context, options, factor);
  const lines = [
    `the group ${visible(label)} approves`,
    `next: ioi approver rules --high 1 --group high=${visible(label)}`,
  ];
  context.output.say(lines, { factor_id: factor.factor_id });
  return undefined;
};

/** `ioi wallet level remove NAME`: from the next seal on nothing of it holds. */
export const levelRemove: Command = async (context, [label = ''], options) => {
  const factor = await levelNamed(context, label);
  const { factor_id } = factor;
  await signShown(context, options, { operation: 'factor.revoke', asked: { factor_id } });
  const isSecret = factor.kind === 'sign_in' && factor.client_auth !== undefined;
  const next = isSecret ? [`next: ioi wallet secret remove ${clientSecretPlace(factor).name}`] : [];
  context.output.say([`${visible(label)} approves no more`, ...next], { factor_id });
  return undefined;
};

/** By its whole name. */
export async function levelNamed({ guardian }: Context, label: string): Promise<LevelFactor> {
  const { levels = [] } = await guardian.approvers();
  const found = levels.find((each) => each.label === label);
  if (found !== undefined) return found;
  throw usageFault(`nobody is enrolled as ${visible(label)}`, LIST);
}

async function signInNamed(context: Context, label: string): Promise<SignInFactor> {
  const found = await levelNamed(context, label);
  if (found.kind === 'sign_in') return found;
  throw usageFault(`${visible(label)} is a group: it signs in nowhere`, LIST);
}

async function enroll(context: Context, options: Options, factor: LevelFactor): Promise<void> {
  await signShown(context, options, { operation: 'level.enroll', asked: { factor } });
}

function redirectOf(origin: string | undefined): { redirect_uri?: string } {
  return origin === undefined ? {} : { redirect_uri: `${origin}/signed-in` };
}
