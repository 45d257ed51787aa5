import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  chmodSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { CARRIED, type Carried } from '../single/carried.ts';
import { writeArchive } from './release-papers.ts';

const PROGRAM = fileURLToPath(new URL('../single/main.ts', import.meta.url));

export type Single = {
  /** The program with its packages and Node, as in the archive of a release; it stays. */
  readonly tree: string;
  readonly version: string;
  /** Where in the tree Node lies. */
  readonly node: string;
};

/**
 * A release in one file: Node with a program in it that unpacks what stands behind its end. Node is
 * in it once: what is unpacked gets a copy of this one.
 */
export async function writeSingle({ tree, version, node }: Single, to: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'ioi-single-'));
  const [aside, archive] = [join(folder, 'node'), join(folder, 'rest.tgz')];
  try {
    moveOver(join(tree, node), aside);
    try {
      writeArchive(tree, '.', archive);
    } finally {
      moveOver(aside, join(tree, node));
    }
    const rest = readFileSync(archive);
    const sha256 = createHash('sha256').update(rest).digest('hex');
    const carried: Carried = { version, bytes: rest.length, sha256, node };
    writeFileSync(join(folder, CARRIED), JSON.stringify(carried));
    writeFileSync(join(folder, 'main.mjs'), await programText());
    const config = {
      main: 'main.mjs',
      mainFormat: 'module',
      executable: join(tree, node),
      output: to,
      disableExperimentalSEAWarning: true,
      execArgv: ['--disable-warning=ExperimentalWarning'],
      // What is given is for the program: nothing of it or of NODE_OPTIONS is for what unpacks.
      execArgvExtension: 'none',
      assets: { [CARRIED]: CARRIED },
    };
    writeFileSync(join(folder, 'sea.json'), JSON.stringify(config));
    const made = spawnSync(process.execPath, ['--build-sea', 'sea.json'], {
      cwd: folder,
      encoding: 'utf8',
    });
    if (made.status !== 0) throw new Error(`the single file was not written: ${made.stderr}`);
    appendFileSync(to, rest);
    chmodSync(to, 0o755);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Also from one disk to another. */
function moveOver(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (fault) {
    if ((fault as NodeJS.ErrnoException).code !== 'EXDEV') throw fault;
    const { status, stderr } = spawnSync('mv', [from, to], { encoding: 'utf8' });
    if (status !== 0) throw new Error(stderr);
  }
}

/** All of it in one text, since nothing stands beside the file when it starts. */
async function programText(): Promise<string> {
  const checks = { bundlerTimings: false };
  const build = await rolldown({ input: PROGRAM, platform: 'node', checks });
  try {
    const { output } = await build.generate({ format: 'esm', codeSplitting: false });
    const [first, ...more] = output;
    if (more.length > 0) throw new Error('what starts a single file is no single text');
    return first.code;
  } finally {
    await build.close();
  }
}
