import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkerRunStatus } from '@ioi/protocol';
import { visible } from '../../core/visible.ts';
import { type CaseEnd, departure, readCases, type WorkerCase } from '../../core/worker-cases.ts';
import { type Command, flagOption, needNode, textOption } from '../../shell/context.ts';
import { messageOf, usageFault } from '../../shell/fault.ts';
import { findSockets } from '../../shell/home.ts';
import { WorkerRunApi } from '../../shell/worker-run-api.ts';

const CASES = 'worker.tests.json';
const LOOK_MS = 100;

/** `ioi worker test DIR`: each case is a run at the node, decided and sealed as any other. */
export const workerTest: Command = async ({ home, output }, [path = ''], options) => {
  needNode(home);
  const worker = resolve(path);
  const cases = casesIn(join(worker, CASES));
  const workspace = resolve(textOption(options, 'workspace') ?? '.');
  const api = new WorkerRunApi(findSockets(home));
  const unconfined = flagOption(options, 'unconfined');
  const results: { task: string; run_id: string; departure: string | null }[] = [];
  for (const each of cases) {
    const place = mkdtempSync(join(workspace, 'ioi-case-'));
    try {
      const { run, end } = await runCase(api, each, { worker, place, unconfined });
      const why = departure(each, end);
      results.push({ task: each.task, run_id: run, departure: why ?? null });
      output.note(visible(why === undefined ? `ok ${each.task}` : `not ok ${each.task}: ${why}`));
    } finally {
      rmSync(place, { recursive: true, force: true });
    }
  }
  const passed = results.filter(({ departure: why }) => why === null).length;
  output.say([`${passed} of ${results.length} cases end as they should`], { cases: results });
  return passed === results.length ? undefined : 'tool';
};

type Place = { readonly worker: string; readonly place: string; readonly unconfined: boolean };

async function runCase(
  api: WorkerRunApi,
  { task, input, files, leaves }: WorkerCase,
  { worker, place, unconfined }: Place,
): Promise<{ readonly run: string; readonly end: CaseEnd }> {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(place, path)), { recursive: true });
    writeFileSync(join(place, path), text);
  }
  const workspace = realpathSync(place);
  const confined = unconfined ? { unconfined } : {};
  const opened = await api.run({ path: worker, task, input, workspace, ...confined });
  const run = opened.envelope.run_id;
  const { envelope, output, code, detail } = await endOf(api, opened);
  const left = Object.fromEntries(Object.keys(leaves).map((path) => [path, textAt(place, path)]));
  return { run, end: { state: envelope.state, output, code, detail, left } };
}

/** A case that waits for a person ends here: nobody is asked by tests. */
async function endOf(api: WorkerRunApi, opened: WorkerRunStatus): Promise<WorkerRunStatus> {
  const { run_id: run } = opened.envelope;
  for (let status = opened; ; status = await api.inspect(run)) {
    if (status.completion !== undefined) return status;
    if (status.waiting.length > 0) {
      await api.say(run, 'cancel');
      return { ...status, code: 'approval.required', detail: 'a step waits for a person' };
    }
    await sleep(LOOK_MS);
  }
}

function textAt(folder: string, path: string): string | undefined {
  try {
    return readFileSync(join(folder, path), 'utf8');
  } catch {
    return undefined;
  }
}

function casesIn(path: string): readonly WorkerCase[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (fault) {
    throw usageFault(`the cases cannot be read: ${messageOf(fault)}`, 'ioi worker init DIR');
  }
  const cases = readCases(text);
  if (cases.ok) return cases.value;
  throw usageFault(`${path}: ${cases.error}`);
}
