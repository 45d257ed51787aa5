import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type {
  ClusterStatus,
  Invitation,
  MemberRequest,
  ReplicaRequest,
  RosterChange,
} from '@ioi/protocol';
import { visible } from '../core/visible.ts';
import {
  type Command,
  type Context,
  flagOption,
  needNode,
  type Options,
  textOption,
} from '../shell/context.ts';
import { refuseDedicated } from '../shell/dedicated.ts';
import { CommandFault, usageFault } from '../shell/fault.ts';
import type { Home } from '../shell/home.ts';
import { hostProcess } from '../shell/host-process.ts';
import { entries } from '../shell/installation.ts';
import {
  keepMembership,
  needMembership,
  placeOf,
  readMembership,
  sharedStore,
} from '../shell/membership.ts';
import { readPassphrase } from '../shell/prompt.ts';
import { recover, whileStopped } from '../shell/recovery.ts';

const NAME = /^[a-z][a-z0-9-]{0,31}$/;
const silent = (): void => {};

/** `ioi cluster init --member NAME` */
export const clusterInit: Command = (context, _args, options) => {
  const { home, output } = context;
  needNode(home);
  refuseDedicated(home.folder, 'sudo ioi service remove, then: ioi service install');
  return whileStopped(home, async () => {
    refuseMember(home);
    const store = sharedStore(home);
    const member = memberIn(options);
    const owner = await ownerOf(context, options);
    const { own } = await recover(keyJob(home, member), 'cluster_key', silent);
    const { guardian, data } = home;
    const job = { kind: 'cluster_found', guardian, data, store, own, owner } as const;
    const { place } = await recover(job, 'cluster_founded', silent);
    const [owner_key, identity] = ['owner.key', 'identity.json'].map((name) =>
      readFileSync(join(guardian, name), 'utf8'),
    ) as [string, string];
    keepMembership(home, { format: 'ioi-invitation/1', member, store, owner_key, identity });
    const lines = [
      `${visible(member)} is the first of several, and writes`,
      'next: ioi up --detach; on another machine: ioi cluster request --member NAME --out FILE',
    ];
    output.say(lines, place);
    return undefined;
  });
};

/** `ioi cluster request --member NAME --out FILE` */
export const clusterRequest: Command = async ({ home, output }, _args, options) => {
  refuseMember(home);
  const member = memberIn(options);
  const { own } = await recover(keyJob(home, member), 'cluster_key', silent);
  const path = written(options, own);
  const next = `next, where a node writes: ioi cluster admit ${visible(path)} --out FILE`;
  output.say([`the request of ${visible(member)} is in ${visible(path)}`, next], { ...own, path });
  return undefined;
};

/** `ioi cluster admit REQUEST --out FILE [--replace]` */
export const clusterAdmit: Command = async (context, [request = ''], options) => {
  const { home, output } = context;
  const { store } = needMembership(home);
  const wanted = readJson(request) as MemberRequest;
  if (!NAME.test(String(wanted.member))) throw usageFault(`${request} is no request of a member`);
  const owner = await ownerOf(context, options);
  const { guardian, cluster } = home;
  const replace = flagOption(options, 'replace');
  const held = { guardian, cluster, store } as const;
  const job = { kind: 'cluster_admit', ...held, wanted, owner, replace } as const;
  const { invitation, replaced } = await recover(job, 'cluster_admitted', silent);
  const path = written(options, invitation);
  const { member } = wanted;
  const lines = [
    `${visible(member)} may take over; its invitation is in ${visible(path)}`,
    'it holds the way to the database, and the key file of the owner as its passphrase closes it',
    `next, on its machine: ioi cluster join ${visible(path)}`,
  ];
  if (replaced !== undefined) lines.splice(1, 0, `in the place of its key ${visible(replaced)}`);
  output.say(lines, { member, path, ...(replaced === undefined ? {} : { replaced }) });
  return undefined;
};

/** `ioi cluster listen ADDRESS`: each node that may write, once. */
export const clusterListen: Command = async (context, [address = ''], options) => {
  const { home, output } = context;
  const { member } = needMembership(home);
  const { said } = hostProcess<{ tls_key: string }>('replica', entries.replica, [
    'key',
    home.cluster,
  ]);
  const { tls_key } = await said;
  const change = { kind: 'writer', writer: { member, address, tls_key } } as const;
  const { roster } = await rostered(context, options, change);
  const path = join(home.cluster, 'admission.json');
  writeFileSync(path, `${JSON.stringify({ listen: address })}\n`, { mode: 0o600, flush: true });
  const lines = [
    `${visible(member)} takes operations of replicas at ${visible(address)} from its next start on`,
    'next: ioi down, ioi up; then ioi cluster enrol REQUEST for each replica',
  ];
  output.say(lines, { member, address, tls_key, number: roster.number });
  return undefined;
};

/** `ioi cluster enrol REQUEST [--replace]` */
export const clusterEnrol: Command = async (context, [request = ''], options) => {
  const { home, output } = context;
  needMembership(home);
  const { format, replica, tls_key } = readJson(request) as ReplicaRequest;
  if (format !== 'ioi-replica-request/1' || !NAME.test(String(replica))) {
    throw usageFault(`${request} is no request of a replica`, 'ioi replica init, on its machine');
  }
  const replace = flagOption(options, 'replace');
  const change = { kind: 'replica', replica: { replica, tls_key }, replace } as const;
  const { roster } = await rostered(context, options, change);
  const lines = [
    `${visible(replica)} may bring operations to who writes, by the key ${visible(tls_key)}`,
    'next, on its machine: ioi replica serve',
  ];
  output.say(lines, { replica, tls_key, number: roster.number });
  return undefined;
};

/** `ioi cluster dismiss NAME`: of a node that may take over, or of a replica. */
export const clusterDismiss: Command = async (context, [member = ''], options) => {
  const { home, output } = context;
  const { store } = needMembership(home);
  const { cluster } = await recover({ kind: 'cluster_status', store }, 'cluster', silent);
  if (cluster.roster?.replicas.some(({ replica }) => replica === member)) {
    const change = { kind: 'dismissed', replica: member } as const;
    const { roster } = await rostered(context, options, change);
    const line = `${visible(member)} is cut off, and brings nothing more`;
    output.say([line], { replica: member, number: roster.number });
    return undefined;
  }
  const owner = await ownerOf(context, options);
  const job = { kind: 'cluster_dismiss', cluster: home.cluster, store, member, owner } as const;
  const { left } = await recover(job, 'cluster_dismissed', silent);
  const lines = [
    `${visible(member)} is named no more; who may: ${visible(left.join(', '))}`,
    'this counts once one of them took over: ioi cluster step-down',
  ];
  output.say(lines, { member, left });
  return undefined;
};

/** `ioi cluster join INVITATION` */
export const clusterJoin: Command = async ({ home, output }, [path = '']) => {
  const invitation = readJson(path) as Invitation;
  if (invitation.format !== 'ioi-invitation/1') throw usageFault(`${path} is no invitation`);
  if (readMembership(home) !== undefined || existsSync(home.guardian)) throw memberAlready(home);
  if (!existsSync(join(home.cluster, 'member.key'))) {
    throw usageFault('this node did not ask', 'ioi cluster request --member NAME --out FILE');
  }
  const { member, store } = invitation;
  if (!existsSync(home.nodeConfig)) {
    const config = { format: 'ioi-node/1', servers: [], store: { kind: 'postgres', ...store } };
    writeFileSync(home.nodeConfig, `${JSON.stringify(config, null, 2)}\n`, { mode: 0o600 });
  }
  keepMembership(home, invitation);
  output.say([`${visible(member)} stands by from its start on`, 'next: ioi up'], { member });
  return undefined;
};

/** `ioi cluster status` */
export const clusterStatus: Command = async ({ home, output }) => {
  const { member, store } = needMembership(home);
  const job = { kind: 'cluster_status', store } as const;
  const { cluster } = await recover(job, 'cluster', silent);
  output.say(statusLines(member, cluster), { member, ...cluster });
  return undefined;
};

function statusLines(member: string, cluster: ClusterStatus): string[] {
  const { writer, term, grant, roster, domains } = cluster;
  const names = (grant?.successors ?? []).map((each) => each.member);
  return [
    `member   ${visible(member)}`,
    `writes   ${writer === '' ? 'nobody: the last stepped down' : visible(writer)}, term ${term}`,
    `may      ${visible(names.join(', '))}`,
    ...(grant === undefined ? [] : [`node     ${visible(grant.node_id)}`]),
    ...(roster?.writers ?? []).map(
      (each) => `listens  ${visible(`${each.member} at ${each.address}`)}`,
    ),
    ...(roster?.replicas ?? []).map((each) => `replica  ${visible(each.replica)}`),
    ...domains.map(({ domain_id, size }) => `sealed   ${visible(domain_id)}, ${size} entries`),
  ];
}

/** `ioi cluster step-down`: whoever stands by takes over at once. */
export const clusterStepDown: Command = async ({ home, output }) => {
  const { store } = needMembership(home);
  const place = placeOf(home);
  const job = place && ({ kind: 'cluster_step_down', store, place } as const);
  const answer = job && (await recover(job, 'cluster_stood_down', silent));
  if (!answer?.changed) {
    throw new CommandFault({
      exit: 'usage',
      code: 'cluster.not_writer',
      message: 'another node writes',
      next: 'ioi cluster status',
    });
  }
  output.say(['this node writes no more; whoever stands by takes over'], { stood_down: true });
  return undefined;
};

/** By the owner's word, and by no older roster than one that this node saw. */
async function rostered(context: Context, options: Options, change: RosterChange) {
  const { cluster } = context.home;
  const { store } = needMembership(context.home);
  const owner = await ownerOf(context, options);
  const job = { kind: 'cluster_roster', store, cluster, owner, change } as const;
  return recover(job, 'cluster_rostered', silent);
}

function keyJob({ cluster }: Home, member: string) {
  return { kind: 'cluster_key', cluster, member } as const;
}

async function ownerOf({ home, output }: Context, options: Options) {
  const source = { passphraseFile: textOption(options, 'passphraseFile') };
  const passphrase = await readPassphrase(source, output);
  // Every member has it, as the passphrase closes it; the guardian's is there from the start.
  const path = [home.guardian, home.cluster]
    .map((folder) => join(folder, 'owner.key'))
    .find(existsSync);
  return { kind: 'key_file', path: path ?? join(home.guardian, 'owner.key'), passphrase } as const;
}

function memberIn(options: Options): string {
  const member = textOption(options, 'member') ?? '';
  if (NAME.test(member)) return member;
  throw usageFault(`${member} is no name of a member: lower case letters, digits and -`);
}

function written(options: Options, value: object): string {
  const path = resolve(textOption(options, 'out') ?? '');
  writeFileSync(path, `${JSON.stringify(value)}\n`, { mode: 0o600 });
  return path;
}

function readJson(path: string): object {
  try {
    return JSON.parse(readFileSync(resolve(path), 'utf8')) as object;
  } catch {
    throw usageFault(`${path} cannot be read`);
  }
}

function refuseMember(home: Home): void {
  if (readMembership(home) !== undefined) throw memberAlready(home);
}

function memberAlready(home: Home): CommandFault {
  return new CommandFault({
    exit: 'usage',
    code: 'cluster.member',
    message: `in ${home.folder} is a node already`,
    next: 'ioi cluster status, or the same command with another IOI_HOME',
  });
}
