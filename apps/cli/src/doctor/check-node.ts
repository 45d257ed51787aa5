import { existsSync, statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { NodeStatus } from '@ioi/protocol';
import {
  bucketCheck,
  type Check,
  clockCheck,
  contentsCheck,
  type Entered,
  modesCheck,
  roomCheck,
} from '../core/doctor/checks.ts';
import { relayText } from '../core/listener-view.ts';
import type { Context } from '../shell/context.ts';
import { readDedicated } from '../shell/dedicated.ts';
import { CommandFault, messageOf } from '../shell/fault.ts';
import { findSockets, type Home, isInitialised } from '../shell/home.ts';
import { readRelay } from '../shell/relay-settings.ts';
import { vaultOf } from '../shell/vault-of.ts';
import { connectionsCheck } from './check-connections.ts';
import { tierCheck } from './check-tier.ts';

/** Everything that has to be right, from the node to the agents, each by itself. */
export async function checkNode(context: Context): Promise<readonly Check[]> {
  const { home } = context;
  if (!isInitialised(home)) {
    const about = `there is none in ${home.folder}`;
    return [{ name: 'node', state: 'fail', about, next: 'ioi init --workspace DIR' }];
  }
  const status = await orFault(context.daemon.status());
  const room = statfsSync(home.folder);
  const free = room.bavail * room.bsize;
  const around = [
    // Who enters what of a node with accounts of its own is tried, with `isolation`.
    ...(readDedicated(home.folder) === undefined ? [modesCheck(enteredIn(home))] : []),
    roomCheck(free, status instanceof CommandFault ? undefined : status.disk_warning),
    connectionsCheck(context),
  ];
  if (status instanceof CommandFault) {
    const { message, next = 'ioi up --detach' } = status.about;
    return [{ name: 'node', state: 'fail', about: message, next }, ...around];
  }
  const { node_id: id, log } = status;
  return [
    { name: 'node', state: 'ok', about: `up, ${id}, ${log.size} entries` },
    await guardianCheck(context),
    tierCheck(home, status.isolation_tier),
    policyCheck(status),
    ...serverChecks(status),
    unknownCheck(status),
    await vaultCheck(context),
    ...(await relayChecks(context)),
    await sandboxCheck(context),
    await timeCheck(context),
    ...(await dataChecks(context)),
    ...around,
  ];
}

/** What went wrong is what is asked for here. */
async function orFault<T>(asked: Promise<T>): Promise<T | CommandFault> {
  try {
    return await asked;
  } catch (fault) {
    if (fault instanceof CommandFault) return fault;
    const message = messageOf(fault);
    return new CommandFault({ exit: 'unexpected', code: 'doctor.failed', message });
  }
}

function faultCheck(name: string, { about: { message, next } }: CommandFault): Check {
  return { name, state: 'fail', about: message, ...(next === undefined ? {} : { next }) };
}

async function guardianCheck({ guardian }: Context): Promise<Check> {
  const name = 'guardian';
  const waiting = await orFault(guardian.pending());
  if (waiting instanceof CommandFault) return faultCheck(name, waiting);
  const about = `answers; ${waiting.length} waiting for a person`;
  return { name, state: 'ok', about, ...(waiting.length === 0 ? {} : { next: 'ioi inbox' }) };
}

function policyCheck({ policy }: NodeStatus): Check {
  const name = 'policy';
  if (policy === undefined) {
    const about = 'none is active: everything is denied';
    return { name, state: 'warn', about, next: 'ioi policy activate FILE' };
  }
  const about = `${policy.policy_id} version ${policy.version}`;
  if (policy.mode === undefined) return { name, state: 'ok', about };
  const why = `${about} observes: only BLOCK rules hold`;
  return { name, state: 'warn', about: why, next: 'ioi policy enforce' };
}

function serverChecks({ servers }: NodeStatus): readonly Check[] {
  const silent = servers.filter(({ state }) => state !== 'ready');
  return silent.map(({ name: server, state, detail = '' }) => {
    const about = `${server} is ${state} ${detail}`.trim();
    return { name: 'server', state: 'warn', about, next: `ioi mcp test ${server}` };
  });
}

function unknownCheck({ open: { unknown } }: NodeStatus): Check {
  const name = 'effects';
  if (unknown === 0) return { name, state: 'ok', about: 'none is unknown' };
  const about = `${unknown} may have happened or not`;
  return { name, state: 'warn', about, next: 'ioi log, then ioi reconcile ID' };
}

async function vaultCheck(context: Context): Promise<Check> {
  const name = 'vault';
  const found = await orFault(vaultOf(context).status());
  if (found instanceof CommandFault) return faultCheck(name, found);
  const { state, refusal } = found;
  const next = 'ioi wallet vault status';
  if (state === 'refused') return { name, state: 'fail', about: refusal?.message ?? state, next };
  if (state === 'unlocked') return { name, state: 'ok', about: state };
  const about = 'locked: what needs a secret is refused';
  return { name, state: 'warn', about, next: 'ioi wallet unlock' };
}

/** Nothing where no relay was joined. */
async function relayChecks({ guardian, home }: Context): Promise<readonly Check[]> {
  const name = 'relay';
  const joined = readRelay(home);
  if (joined === undefined) return [];
  const found = await orFault(guardian.listener());
  if (found instanceof CommandFault) return [faultCheck(name, found)];
  const { relay } = found;
  const next = 'ioi relay status';
  if (relay?.state === 'linked') return [{ name, state: 'ok', about: relayText(relay) }];
  if (relay) return [{ name, state: 'warn', about: relayText(relay), next }];
  return [{ name, state: 'warn', about: `nobody gets through ${joined.relay}: closed`, next }];
}

/** Nothing where contents were always kept here. */
async function dataChecks({ daemon }: Context): Promise<readonly Check[]> {
  const found = await orFault(daemon.data());
  if (found instanceof CommandFault) return [faultCheck('contents', found)];
  const { bucket, damaged = [] } = found;
  return [contentsCheck(damaged), ...(bucket ? [bucketCheck(bucket)] : [])];
}

async function sandboxCheck({ daemon }: Context): Promise<Check> {
  const name = 'sandbox';
  const found = await orFault(daemon.sandbox());
  if (found instanceof CommandFault) return faultCheck(name, found);
  if (found.available) return { name, state: 'ok', about: 'one holds on this machine' };
  const about = `none on this machine: ${found.cause ?? 'no reason given'}`;
  return { name, state: 'warn', about, next: found.fix ?? 'ioi mcp sandbox' };
}

async function timeCheck({ daemon }: Context): Promise<Check> {
  const page = await orFault(daemon.log({ limit: 1 }));
  if (page instanceof CommandFault) return faultCheck('clock', page);
  return clockCheck(Number(page.entries[0]?.chain_time ?? 0), Date.now());
}

/** What only the owner's account may enter. */
function enteredIn(home: Home): readonly Entered[] {
  const sockets = Object.values(findSockets(home));
  // A socket is as open as its folder: some systems do not look at its own mode.
  const folders = [home.folder, home.guardian, home.data, dirname(sockets[0] ?? home.run)];
  const there = [...new Set(folders), ...sockets].filter((path) => existsSync(path));
  return there.map((path) => ({ path, mode: statSync(path).mode & 0o777 }));
}
