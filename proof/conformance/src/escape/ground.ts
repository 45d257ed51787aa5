import { execFile, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { IOI } from '@ioi/kit';
import type { Target } from './attempt.ts';
import { Listeners } from './listeners.ts';

export const REPOSITORY: string = resolve(import.meta.dirname, '../../../..');
const PASSPHRASE = 'a passphrase for proofs only';

export type Ran = { readonly code: number | null; readonly out: string; readonly err: string };

/** A person's machine in small: a home with secrets, projects, a node in use, and who listens. */
export class Ground {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'ioi-escape-'));
  readonly shared: string = mkdtempSync('/dev/shm/ioi-escape-');
  readonly everybody: string = mkdtempSync('/var/tmp/ioi-escape-');
  readonly person: string = join(this.folder, 'person');
  readonly project: string = join(this.person, 'project');
  readonly node: string = join(this.person, '.local/share/ioi');
  /** What somebody else was made to do leaves its mark here. */
  readonly ran: string = join(this.folder, 'ran');
  /** Secrets by the target they lie in; `own` is each attempt's. */
  readonly secrets = new Map<Target, readonly string[]>();
  #listeners: Listeners | undefined;

  get listeners(): Listeners {
    if (this.#listeners === undefined) throw new Error('escape: nobody listens yet');
    return this.#listeners;
  }

  pathOf(target: Exclude<Target, 'own'>): string {
    const { person, node } = this;
    return {
      ssh: join(person, '.ssh/id_ed25519'),
      aws: join(person, '.aws/credentials'),
      netrc: join(person, '.netrc'),
      env: join(this.project, '.env'),
      other: join(person, 'other/.env'),
      seal: join(node, 'guardian/seal.key'),
      shm: join(this.shared, 'secret'),
      var: join(this.everybody, 'secret'),
    }[target];
  }

  /** Secrets in place, listeners up, a node running under a policy. */
  async open(): Promise<void> {
    for (const folder of [this.project, this.ran, join(this.person, 'documents')]) {
      mkdirSync(folder, { recursive: true });
    }
    for (const target of ['ssh', 'aws', 'netrc', 'env', 'other', 'shm', 'var'] as const) {
      const secret = randomBytes(24).toString('hex');
      mkdirSync(dirname(this.pathOf(target)), { recursive: true });
      writeFileSync(this.pathOf(target), `${secret}\n`, { mode: 0o600 });
      this.secrets.set(target, [secret]);
    }
    for (const name of ['.bashrc', '.profile', '.ssh/config', '.gitconfig', 'other/notes.txt']) {
      writeFileSync(join(this.person, name), '\n');
    }
    writeFileSync(join(this.project, 'file'), 'a file\n');
    newRepository(this.project);
    this.#listeners = await Listeners.start(this.folder);
    await this.#startNode();
    const seal = readFileSync(this.pathOf('seal'), 'utf8');
    this.secrets.set('seal', seal.match(/[A-Za-z0-9+/=_-]{32,}/g) ?? []);
  }

  async close(): Promise<void> {
    await this.ioi(['down']);
    this.#listeners?.close();
    for (const each of [this.folder, this.shared, this.everybody]) {
      rmSync(each, { recursive: true, force: true });
    }
  }

  /** What everything on this machine is started with. */
  get environment(): Record<string, string> {
    const path = `${dirname(process.execPath)}:${process.env['PATH'] ?? '/usr/bin:/bin'}`;
    return { PATH: path, HOME: this.person, LANG: 'C.UTF-8' };
  }

  /** A command of the person's, in the project. */
  ioi(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ran> {
    return this.program(process.execPath, [IOI, ...args], env);
  }

  program(
    command: string,
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Promise<Ran> {
    const options = {
      env: { ...this.environment, ...env },
      cwd: this.project,
      maxBuffer: 64 * 1024 * 1024,
    };
    return new Promise((done) => {
      const child = execFile(command, args, options, (_fault, out, err) => {
        done({ code: child.exitCode, out, err });
      });
      child.stdin?.end();
    });
  }

  /** Entries of the node's log so far. */
  logSize(): Promise<number> {
    const socketPath = join(this.node, 'run/daemon.sock');
    return new Promise((done, fail) => {
      const asked = request({ socketPath, path: '/v1/status', agent: false }, (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('end', () => done(JSON.parse(Buffer.concat(chunks).toString()).log.size));
      });
      asked.on('error', fail);
      asked.end();
    });
  }

  async #startNode(): Promise<void> {
    const file = join(this.folder, 'passphrase');
    writeFileSync(file, PASSPHRASE, { mode: 0o600 });
    const with_ = ['--passphrase-file', file];
    await this.#must(['init', '--workspace', this.project, ...with_]);
    const path = join(this.node, 'policy.json');
    const policy = JSON.parse(readFileSync(path, 'utf8'));
    const conditions = { allow_domains: ['127.0.0.2'], allow_methods: ['GET /open'] };
    const rule = { rule_id: 'open', target: 'net::fetch', conditions, action: 'ALLOW' };
    writeFileSync(path, JSON.stringify({ ...policy, rules: [...policy.rules, rule] }));
    const config = join(this.node, 'node.json');
    const { servers, ...own } = JSON.parse(readFileSync(config, 'utf8'));
    // A server that a link leads elsewhere, after the decision, finds nothing there.
    const manifest = { paths: { read: [], write: [this.project] }, hosts: [], placeholders: {} };
    const held = servers.map((server: object) => ({ ...server, manifest }));
    writeFileSync(config, JSON.stringify({ ...own, servers: held, pending_answer_ms: 300 }));
    const trusted = { NODE_EXTRA_CA_CERTS: this.listeners.certificate };
    await this.#must(['up', '--detach'], trusted);
    await this.#must(['policy', 'activate', path, ...with_]);
  }

  async #must(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<void> {
    const { code, err } = await this.ioi(args, env);
    if (code !== 0) throw new Error(`ioi ${args.slice(0, 2).join(' ')} failed: ${err}`);
  }
}

/** As a person has it, with a commit and what editors keep. */
export function newRepository(folder: string): void {
  const own = '-c user.name=a -c user.email=a@b.example';
  const made = spawnSync(
    'sh',
    ['-c', `git init -q && git add file && git ${own} commit -q --allow-empty -m first`],
    { cwd: folder },
  );
  if (made.status !== 0) throw new Error(`escape: git makes no repository: ${made.stderr}`);
  mkdirSync(join(folder, '.vscode'), { recursive: true });
  mkdirSync(join(folder, '.idea'), { recursive: true });
  appendFileSync(join(folder, '.envrc'), '\n');
}
