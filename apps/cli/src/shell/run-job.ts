import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';

/** What a one-shot program answered, or the last lines it said when it gave no answer. */
export type JobDone<A> = { readonly answer?: A; readonly lines: readonly string[] };

/** Runs a program of the house: a job as JSON on standard input, an answer on standard output. */
export async function runJob<A>(program: string, folder: string, job: object): Promise<JobDone<A>> {
  const child = spawn(process.execPath, [program, folder], { stdio: ['pipe', 'pipe', 'pipe'] });
  const said = Promise.all([text(child.stdout), text(child.stderr)]);
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  });
  child.stdin.on('error', () => {});
  child.stdin.end(JSON.stringify(job));
  const code = await ended;
  const [stdout, stderr] = await said;
  const answer = code === 0 ? answerIn<A>(stdout) : undefined;
  if (answer !== undefined) return { answer, lines: [] };
  return { lines: stderr.trimEnd().split('\n').slice(-8) };
}

/** What the parser says of a text quotes it, and this one may hold a phrase: it says nothing. */
function answerIn<A>(text: string): A | undefined {
  try {
    return JSON.parse(text) as A;
  } catch {
    return undefined;
  }
}
