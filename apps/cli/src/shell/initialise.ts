import { randomBytes } from 'node:crypto';
import { existsSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import type { GuardianMade, GuardianMaking } from '@ioi/protocol';
import { starterPolicy } from '../core/starter-policy.ts';
import { CommandFault, usageFault } from './fault.ts';
import { type Home, isInitialised, makePrivateFolder } from './home.ts';
import { entries, filesystemServer } from './installation.ts';
import { runJob } from './run-job.ts';

export type InitOptions = {
  readonly demo: boolean;
  /** A folder to mount with the official filesystem server; none when undefined. */
  readonly workspace?: string | undefined;
};

/** How the owner's keys come about. */
export type OwnerOptions = {
  readonly passphrase: string;
  /** Of before; a new one is drawn when undefined. */
  readonly phrase?: string | undefined;
  /** Keep the phrase in the guardian's folder, sealed. */
  readonly keep: boolean;
  /** Is told a new phrase before there is a node: what fails here leaves none. */
  readonly tell?: (phrase: string) => Promise<void>;
};

export type Initialised = {
  readonly did: string;
  readonly workspace?: string;
  readonly policy?: string;
};

/** Refuses before anything is asked: nobody should choose a passphrase in vain. */
export function checkUninitialised(home: Home, options: InitOptions): void {
  if (isInitialised(home)) {
    throw new CommandFault({
      exit: 'usage',
      code: 'node.exists',
      message: `there is a node in ${home.folder} already; its keys are never replaced`,
      next: 'ioi status',
    });
  }
  if (options.workspace === undefined) return;
  for (const path of [home.nodeConfig, home.policy]) {
    if (existsSync(path)) throw usageFault(`${path} is there already; move it away first`);
  }
}

/**
 * Makes the node: its configuration first, the guardian's folder last and at once, so that what
 * was interrupted is no node and can be done again.
 */
export async function initialise(
  home: Home,
  options: InitOptions,
  owner: OwnerOptions,
): Promise<Initialised> {
  checkUninitialised(home, options);
  const mounted = options.workspace === undefined ? undefined : mountOf(options.workspace);
  makePrivateFolder(home.folder);
  for (const folder of [home.data, home.run, home.logs]) makePrivateFolder(folder);
  const fresh = `${home.guardian}.new`;
  rmSync(fresh, { recursive: true, force: true });
  makePrivateFolder(fresh);
  const { did, phrase } = await makeGuardian(fresh, options.demo, owner);
  if (phrase !== undefined) await owner.tell?.(phrase);
  if (mounted !== undefined) writePrivate(home.policy, mounted.policy);
  if (mounted !== undefined || !existsSync(home.nodeConfig)) {
    const config = { format: 'ioi-node/1', servers: mounted === undefined ? [] : [mounted.server] };
    writePrivate(home.nodeConfig, `${JSON.stringify(config, null, 2)}\n`);
  }
  if (options.demo) writePrivate(home.demoPassphrase, `${owner.passphrase}\n`, 'w');
  renameSync(fresh, home.guardian);
  return mounted === undefined
    ? { did }
    : { did, workspace: mounted.workspace, policy: home.policy };
}

/** A demo node answers to whoever can read its folder; this only keeps the key file's form. */
export function demoPassphrase(): string {
  return randomBytes(18).toString('base64url');
}

function mountOf(given: string) {
  const workspace = realFolder(given);
  const policy = starterPolicy(workspace);
  if (!policy.ok) throw usageFault(policy.error.message);
  const server = {
    name: 'filesystem',
    command: process.execPath,
    args: [filesystemServer(), workspace],
    workspace_root: workspace,
  };
  return { workspace, policy: policy.value, server };
}

function realFolder(given: string): string {
  try {
    const real = realpathSync(given);
    if (statSync(real).isDirectory()) return real;
  } catch {
    // Told below, in the same words as for a file.
  }
  throw usageFault(`${given} is not a folder`, `mkdir -p ${given}`);
}

/** The guardian's own program makes its keys; here they are never seen. */
async function makeGuardian(
  folder: string,
  demo: boolean,
  { passphrase, phrase, keep }: OwnerOptions,
): Promise<GuardianMade> {
  const given = phrase === undefined ? {} : { phrase };
  const job: GuardianMaking = { demo, passphrase, keep, ...given };
  const made = await runJob<GuardianMade>(entries.guardianInit, folder, job);
  if (made.answer !== undefined) return made.answer;
  const message = 'the guardian could not make its keys';
  throw new CommandFault({ exit: 'unexpected', code: 'guardian.init', message, lines: made.lines });
}

function writePrivate(path: string, content: string, flag: 'w' | 'wx' = 'wx'): void {
  writeFileSync(path, content, { mode: 0o600, flag });
}
