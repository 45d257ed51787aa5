import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeUtf8 } from '@ioi/basis';
import { exited, type Launchers, NodeProcess } from '@ioi/kit';
import { verify } from '@ioi/verifier';
import { auditDomain } from './domain-audit.ts';
import { type Evidence, sleep, sumOf } from './evidence.ts';
import { exportOf } from './export-of.ts';
import { DOMAIN_NAME, Work } from './fault-work.ts';
import { callsIn, type FileCall, failing, hasFailed, recordingTo } from './file-calls.ts';

/** A node on a busy machine is slow; one that hangs is slower than this. */
const STOP_MS = 60_000;
const NAMED_STOP = /^\{"at":.*"message":"stopped","code":"[a-z_]+(\.[a-z_]+)+"/gm;

/** Every file-changing call of a run in which nothing fails. */
export async function plainCalls(home: string): Promise<FileCall[]> {
  const output = { guardian: join(home, 'guardian.calls'), daemon: join(home, 'daemon.calls') };
  const launchers = { guardian: recordingTo(output.guardian), daemon: recordingTo(output.daemon) };
  const { findings } = await firstLife(home, launchers, new Work());
  if (findings.length > 0) throw new Error(findings.join('\n'));
  const calls = (['guardian', 'daemon'] as const).map((who) => callsIn(output[who], who, home));
  return calls.flat();
}

/** A run in which one call fails, a clean start after it, and what came of both. */
export async function faultyLife(home: string, at: FileCall, error: string): Promise<Evidence> {
  const output = join(home, 'failed.calls');
  const launchers = { [at.process]: failing(at, error, { home, output }) };
  const work = new Work();
  const first = await firstLife(home, launchers, work);
  const hit = hasFailed(output) ? 1 : 0;
  const after = await cleanLife(home, work);
  const { findings, counts } = sumOf([first, after]);
  const { process, call, path, nth } = at;
  const where = `${error} at ${process} ${call} ${path} ${nth}`;
  const told = findings.map((finding) => `${where}: ${finding}`);
  return { findings: told, counts: { faults_hit: hit, ...counts } };
}

/** Until the node ends by itself, or all is said and it is asked to stop. */
async function firstLife(home: string, launchers: Launchers, work: Work): Promise<Evidence> {
  const findings: string[] = [];
  const node = new NodeProcess(home, launchers);
  const isReady = await node.ready().then(
    () => true,
    () => false,
  );
  const refused = isReady ? await work.say(node) : [];
  if (work.hangs) findings.push('an operation was never answered');
  const both = [node.guardian, node.daemon];
  // Neither lives without the other: whatever is left ends by itself.
  const isEnding = both.some(({ exitCode }) => exitCode !== null);
  const ending = isEnding ? Promise.all(both.map(exited)) : node.stop();
  if (!(await Promise.race([ending.then(() => true), sleep(STOP_MS)]))) {
    findings.push('the node does not stop');
    await node.stop('SIGKILL');
  }
  const wentOn = isReady && node.daemon.exitCode === 0;
  const diary = readFileSync(join(home, 'logs', 'node.log'), 'utf8');
  const named = diary.match(NAMED_STOP)?.length ?? 0;
  const failed = both.filter(({ exitCode }) => exitCode !== 0).length;
  if (named < failed) findings.push(`it stopped without a code:\n${diary}`);
  if (wentOn) findings.push(...inShort(refused, 'refused'));
  return { findings, counts: { went_on: wentOn ? 1 : 0, stopped: wentOn ? 0 : 1 } };
}

/** Nothing fails: what was acknowledged is there, and the node takes all that was not. */
async function cleanLife(home: string, work: Work): Promise<Evidence> {
  const node = new NodeProcess(home);
  try {
    await node.ready();
    const refused = await work.say(node);
    const findings = inShort(refused, 'refused after a clean start');
    if (work.hangs) findings.push('an operation was never answered after a clean start');
    const own = verify([encodeUtf8(await exportOf(node))]);
    findings.push(...own.findings.map((finding) => `node: ${JSON.stringify(finding)}`));
    const acknowledged = [...work.acknowledged];
    const audit = auditDomain(await exportOf(node, DOMAIN_NAME), { ...work, acknowledged });
    return sumOf([{ findings, counts: {} }, audit]);
  } catch (fault) {
    return { findings: [`no clean start: ${(fault as Error).message}`], counts: {} };
  } finally {
    await node.stop('SIGKILL');
  }
}

function inShort(refused: readonly string[], what: string): string[] {
  return refused.length > 0 ? [`${refused.length} ${what}, such as ${refused[0]}`] : [];
}
