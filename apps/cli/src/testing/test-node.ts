import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '@ioi/basis/testing';
import type { PendingItem } from '../core/pending-view.ts';
import { findSockets, type Home, homeAt } from '../shell/home.ts';
import { DaemonApi, GuardianApi } from '../shell/node-api.ts';
import { newFolder, type Ran, removeFolder, runIoi } from './run-ioi.ts';

export const PASSPHRASE = 'correct horse battery';

/** A node made by the command itself, in a folder of its own. */
export class TestNode {
  readonly folder: string;
  readonly home: Home;
  readonly workspace: string;
  readonly passphraseFile: string;

  constructor(homeName = 'home') {
    this.folder = newFolder();
    this.home = homeAt(join(this.folder, homeName));
    this.workspace = join(this.folder, 'workspace');
    this.passphraseFile = join(this.folder, 'passphrase');
    mkdirSync(this.workspace);
    writeFileSync(join(this.workspace, 'notes.txt'), 'old\n');
    writeFileSync(this.passphraseFile, `${PASSPHRASE}\n`, { mode: 0o600 });
  }

  get daemon(): DaemonApi {
    return new DaemonApi(findSockets(this.home));
  }

  get guardian(): GuardianApi {
    return new GuardianApi(findSockets(this.home));
  }

  /** What waits for a person, once something does. */
  waiting(): Promise<PendingItem> {
    return until('something waits', async () => (await this.guardian.pending())[0]);
  }

  ioi(...args: readonly string[]): Promise<Ran> {
    return this.ioiWith({}, ...args);
  }

  ioiWith(env: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<Ran> {
    return runIoi(args, { env: { IOI_HOME: this.home.folder, ...env } });
  }

  init(...flags: readonly string[]): Promise<Ran> {
    const file = ['--passphrase-file', this.passphraseFile];
    return this.ioi('init', '--workspace', this.workspace, ...file, ...flags);
  }

  activate(): Promise<Ran> {
    const file = ['--passphrase-file', this.passphraseFile];
    return this.ioi('policy', 'activate', this.home.policy, ...file);
  }

  async close(): Promise<void> {
    await this.ioi('down');
    removeFolder(this.folder);
  }
}
