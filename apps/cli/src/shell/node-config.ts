import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { ServerEntry } from '../core/mcp-servers.ts';
import { CommandFault, messageOf } from './fault.ts';
import type { Home } from './home.ts';

type NodeConfigFile = { readonly servers: readonly ServerEntry[] };

/** node.json as a person edits it: read whole, changed in one place, replaced at once. */
export class NodeConfigEditor {
  readonly #path: string;
  readonly before: string;
  readonly #config: NodeConfigFile;

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

  /** Everything else in the file stays. */
  write(servers: readonly ServerEntry[]): void {
    this.#replace(`${JSON.stringify({ ...this.#config, servers }, null, 2)}\n`);
  }

  undo(): void {
    this.#replace(this.before);
  }

  #replace(text: string): void {
    const fresh = `${this.#path}.new`;
    writeFileSync(fresh, text, { mode: 0o600, flush: true });
    renameSync(fresh, this.#path);
  }
}

function damaged(path: string, why: string): CommandFault {
  const message = `${path} cannot be read: ${why}`;
  return new CommandFault({ exit: 'usage', code: 'config.invalid', message });
}
