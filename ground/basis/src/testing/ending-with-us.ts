import { spawn } from 'node:child_process';

/**
 * Until standard input ends. Then whatever keeps a server running goes first, so that it starts
 * none again; a server of PostgreSQL is told to go, since it ends its own; the rest goes at once.
 */
const SCRIPT = `
cat >/dev/null
folder="$1"
named() {
  grep -lsaF -- "$folder" /proc/[0-9]*/cmdline | cut -d/ -f3 | grep -vx "$$"
}
# What a node left of itself may by now be the id of something else.
kept() {
  for pid in $(cat "$folder"/*/run/pid 2>/dev/null); do
    grep -qsaF -- "$folder" "/proc/$pid/environ" && echo "$pid"
  done
}
servers="$(cat "$folder"/data/postmaster.pid "$folder"/*/data/postmaster.pid 2>/dev/null |
  grep -xE '[0-9]+' )"
for pid in $(kept) $(named); do
  case " $(echo $servers) " in *" $pid "*) ;; *) kill -9 "$pid" 2>/dev/null ;; esac
done
for pid in $(named); do kill -QUIT "$pid" 2>/dev/null; done
sleep 1
for pid in $(named); do kill -9 "$pid" 2>/dev/null; done
rm -rf "$folder"
`;

/**
 * Ends everything that names this folder, and removes it, once this process is gone, however it
 * ended. The watcher is in a session of its own, which no key at a terminal reaches, and waits for
 * the end of a pipe that only this process holds. Calling what is returned sends it away.
 */
export function endingWithUs(folder: string): () => void {
  const words = ['-c', SCRIPT, 'sh', folder];
  const stdio = ['pipe' as const, 'ignore' as const, 'ignore' as const];
  const watcher = spawn('/bin/sh', words, { stdio, detached: true });
  let isWatching = true;
  watcher.once('exit', () => {
    isWatching = false;
  });
  watcher.unref();
  // A socket to Node, which would keep this process.
  (watcher.stdin as unknown as { readonly unref: () => void }).unref();
  return () => {
    if (!isWatching || watcher.pid === undefined) return;
    isWatching = false;
    // With what waits for the pipe in its place.
    process.kill(-watcher.pid, 'SIGKILL');
  };
}
