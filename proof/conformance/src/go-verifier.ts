import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { err, ok, type Result } from '@ioi/basis';
import type { SignedSample } from './signed-sample.ts';

/** What the Go program says of the note and, if that holds, of each claim: `holds` or why not. */
export type GoVerifier = (sample: SignedSample) => string[];

const SOURCE = resolve(import.meta.dirname, '../go');
// Where Debian's golang-golang-x-mod-dev puts its sources.
const LIBRARIES = '/usr/share/gocode';

/** Compiles the verifier in `go/` without any network; says what is missing where it cannot. */
export function buildGoVerifier(scratch: string): Result<GoVerifier, { readonly message: string }> {
  if (spawnSync('go', ['version']).status !== 0) {
    return err({ message: 'no Go compiler (Debian: golang-go)' });
  }
  if (!existsSync(join(LIBRARIES, 'src/golang.org/x/mod/sumdb/tlog'))) {
    return err({ message: 'no golang.org/x/mod (Debian: golang-golang-x-mod-dev)' });
  }
  const program = join(scratch, 'verify');
  const env = { ...process.env, GO111MODULE: 'off', GOFLAGS: '', GOPATH: LIBRARIES };
  execFileSync('go', ['build', '-o', program, '.'], { cwd: SOURCE, env, stdio: 'pipe' });
  return ok((sample) => {
    const said = execFileSync(program, { input: JSON.stringify(sample), encoding: 'utf8' });
    return said.trimEnd().split('\n');
  });
}
