import { chmodSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import type { ServerEntry } from '../core/mcp-servers.ts';
import { CommandFault, messageOf } from './fault.ts';
import type { Home } from './home.ts';

type NodeConfigFile = {
  readonly servers: readonly ServerEntry[];
  readonly run_credentials?: boolean;
  readonly sign_in_secrets?: boolean;
  readonly models?: Readonly<Record<string, readonly object[]>>;
};

/** node.json as a person edits it: read whole, changed in one place, replaced at once. */
export class NodeConfigEditor {
  readonly #path: string;
  readonly before: string;
  readonly #config: NodeConfigFile;
  #written: string | undefined;

  constructor({ nodeConfig }: Home) {
    this.#path = nodeConfig;
    try {
      this.before = readFileSync(nodeConfig, 'utf8');
      this.#config = JSON.parse(this.before) as NodeConfigFile;
    } catch (fault) {
      throw damaged(nodeConfig, messageOf(fault));
    }
    if (!Array.isArray(this.#config.servers)) throw damaged(nodeConfig, '/servers is no list');
  }

  get servers(): readonly ServerEntry[] {
    return this.#config.servers;
  }

  get models(): Readonly<Record<string, readonly object[]>> {
    return this.#config.models ?? {};
  }

  /** Read by the node with the next question. */
  writeModels(models: Readonly<Record<string, readonly object[]>>): void {
    this.#write({ ...this.#config, models });
  }

  /** Everything else in the file stays. */
  write(servers: readonly ServerEntry[]): void {
    this.#write({ ...this.#config, servers });
  }

  /** From the next start on there is an edge; false where there was to be one already. */
  wantSignInSecrets(): boolean {
    if (this.#config.sign_in_secrets === true) return false;
    this.#write({ ...this.#config, sign_in_secrets: true });
    return true;
  }

  /** An edge runs for programs in a sandbox from now on; the node starts it by itself. */
  allowRunCredentials(): void {
    if (this.#config.run_credentials === true) return;
    this.#replace(`${JSON.stringify({ ...this.#config, run_credentials: true }, null, 2)}\n`);
  }

  /** As it was before `write`; false where somebody else has changed it since, and it stays. */
  undo(): boolean {
    if (readFileSync(this.#path, 'utf8') !== this.#written) return false;
    this.#replace(this.before);
    return true;
  }

  #write(config: NodeConfigFile): void {
    this.#written = `${JSON.stringify(config, null, 2)}\n`;
    this.#replace(this.#written);
  }

  #replace(text: string): void {
    const fresh = `${this.#path}.new`;
    // As open as it was: where the node has accounts of its own, they read it.
    const { mode } = statSync(this.#path);
    writeFileSync(fresh, text, { mode: 0o600, flush: true });
    chmodSync(fresh, mode & 0o777);
    renameSync(fresh, this.#path);
  }
}

function damaged(path: string, why: string): CommandFault {
  const message = `${path} cannot be read: ${why}`;
  return new CommandFault({ exit: 'usage', code: 'config.invalid', message });
}
