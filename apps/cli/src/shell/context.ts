import type { ExitName } from '../core/exit-codes.ts';
import { CommandFault, usageFault } from './fault.ts';
import { GovernanceApi } from './governance-api.ts';
import {
  findHome,
  findSockets,
  HOME_VARIABLE,
  type Home,
  isInitialised,
  isReplica,
  type Sockets,
} from './home.ts';
import { DaemonApi, GuardianApi } from './node-api.ts';
import { OrganisationApi } from './organisation-api.ts';
import { Output, type OutputOptions } from './output.ts';
import { daemonOf, signInOf } from './role-session.ts';
import { WalletApi } from './wallet-api.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** What every command is given: where the node is, and how to speak. */
export class Context {
  readonly home: Home;
  readonly output: Output;
  readonly environment: Environment;
  readonly #options: OutputOptions;

  constructor(environment: Environment, options: OutputOptions) {
    this.environment = environment;
    this.home = findHome(environment);
    this.output = new Output(options, environment);
    this.#options = options;
  }

  /** The same, about the node in another folder. */
  at(folder: string): Context {
    return new Context({ ...this.environment, [HOME_VARIABLE]: folder }, this.#options);
  }

  get daemon(): DaemonApi {
    return new DaemonApi(this.#answering);
  }

  get guardian(): GuardianApi {
    needNode(this.home);
    return new GuardianApi(findSockets(this.home));
  }

  get governance(): GovernanceApi {
    needNode(this.home);
    return new GovernanceApi(findSockets(this.home));
  }

  get organisation(): OrganisationApi {
    return new OrganisationApi(this.#answering);
  }

  get wallet(): WalletApi {
    return new WalletApi(this.#answering);
  }

  /** Whoever signed in asks as they are, where they did; the guardian is the owner's alone. */
  get #answering(): Sockets {
    const signedIn = signInOf(this.home);
    if (signedIn === undefined && !isReplica(this.home)) needNode(this.home);
    const sockets = findSockets(this.home);
    return { ...sockets, daemon: daemonOf(signedIn, sockets.daemon) };
  }
}

/** Refuses where there is no node: every other message would mislead. */
export function needNode(home: Home): void {
  if (isInitialised(home)) return;
  throw new CommandFault({
    exit: 'unreachable',
    code: 'node.missing',
    message: `there is no node in ${home.folder}`,
    next: 'ioi init --workspace DIR',
  });
}

export type Options = Readonly<Record<string, unknown>>;

/** How a command ends when it did not fail: by its result, such as `unverified`. */
export type Command = (
  context: Context,
  args: readonly string[],
  options: Options,
) => Promise<ExitName | undefined>;

export function textOption(options: Options, name: string): string | undefined {
  const value = options[name];
  return typeof value === 'string' ? value : undefined;
}

/** Values of a flag that may be repeated. */
export function listOption(options: Options, name: string): readonly string[] {
  const value = options[name];
  return Array.isArray(value) ? value.map(String) : [];
}

export function flagOption(options: Options, name: string): boolean {
  return options[name] === true;
}

/** A whole number from a flag, or what stands in for it. */
export function countOption(options: Options, name: string, otherwise: number): number {
  const text = textOption(options, name);
  if (text === undefined) return otherwise;
  if (!/^[0-9]{1,9}$/.test(text)) {
    const flag = name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    throw usageFault(`--${flag} takes a whole number, not ${text}`);
  }
  return Number(text);
}
