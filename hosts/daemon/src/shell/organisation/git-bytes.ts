import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const GIT_MS = 60_000;
/** No helper of git that runs what an address names, and nobody is asked for a password. */
const GIT_ENV = {
  GIT_ALLOW_PROTOCOL: 'https:ssh:file',
  GIT_ASKPASS: 'true',
  GIT_TERMINAL_PROMPT: '0',
  GIT_SSH_COMMAND: 'ssh -oBatchMode=yes -oConnectTimeout=20',
};
/** Of what a repository may take of the disk, which git itself does not bound. */
const MOST_DISK_BYTES = 256 * 1024 * 1024;
/** Of a shell: what is counted in is half a kibibyte. */
const BLOCK_BYTES = 512;
const BOUNDED = 'ulimit -f "$0" && exec git "$@"';
/** Larger ones go through in pieces, and are never unpacked in memory. */
const PIECES = ['-c', 'core.bigFileThreshold=4m'];
/** Also of a folder what it serves, and no more: nothing of its own is linked or copied. */
const QUICK = ['--quiet', '--depth', '1', '--bare', '--no-local', '--no-tags', '--template='];

type GitMost = { readonly bytes: number; readonly diskBytes?: number };

/** A file of the newest commit, without a work tree: nothing of the repository is carried out. */
export async function gitBytes(address: string, name: string, most: GitMost): Promise<Uint8Array> {
  const { bytes, diskBytes = MOST_DISK_BYTES } = most;
  const folder = mkdtempSync(join(tmpdir(), 'ioi-organisation-'));
  const blocks = String(Math.ceil(diskBytes / BLOCK_BYTES));
  const git = (...args: string[]) => {
    const env = { ...process.env, ...GIT_ENV };
    const about = { cwd: folder, env, timeout: GIT_MS, maxBuffer: bytes };
    const given = ['-c', BOUNDED, blocks, ...PIECES, ...args];
    return promisify(execFile)('sh', given, { ...about, encoding: 'buffer' as const });
  };
  try {
    const place = join(folder, 'rules.git');
    await git('clone', ...QUICK, '--', address, place);
    return (await git(`--git-dir=${place}`, 'cat-file', 'blob', `HEAD:${name}`)).stdout;
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}
