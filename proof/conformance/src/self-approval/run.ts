import { findChromium } from '@ioi/kit';
import { check, type Tally } from '../tally.ts';
import { AGENT_CASES } from './agent-cases.ts';
import { ASSERTION_CASES } from './assertion-cases.ts';
import { BESIDE_CASES } from './beside-cases.ts';
import { BROWSER_CASES } from './browser-cases.ts';
import type { Case } from './case.ts';
import { DEVICE_CASES } from './device-cases.ts';
import { Ground } from './ground.ts';
import { HTTP_CASES } from './http-cases.ts';
import { pausedByPerson, STEP_UP_CASES } from './step-up-cases.ts';

const ALL = [
  ...HTTP_CASES,
  ...ASSERTION_CASES,
  ...STEP_UP_CASES,
  ...BROWSER_CASES,
  ...BESIDE_CASES,
  ...AGENT_CASES,
  ...DEVICE_CASES,
];
const NEEDS = 'self-approval: no chromium on this machine (apt-get install chromium)';

/**
 * Everything an agent may try to approve its own request, on a real node with a real browser.
 * `passing` counts those by which something was approved; none may.
 */
export async function run(chosen: readonly Case[] = ALL): Promise<Tally> {
  const chromium = findChromium();
  if (chromium === undefined) throw new Error(NEEDS);
  const ground = await Ground.open(chromium);
  const passing: [string, number] = ['passing', 0];
  const tally = { cases: 0, failed: [], excepted: [], skipped: [], more: [passing] } as Tally;
  try {
    for (const { name, attempt } of chosen) {
      const isRefused = await attempt(ground).catch((fault: unknown) => {
        process.stderr.write(`self-approval: ${name}: ${String(fault)}\n`);
        return false;
      });
      const isUntouched = await ground.isUntouched();
      if (!isUntouched) passing[1] += 1;
      check(tally, name, isRefused && isUntouched);
      if (!isUntouched) break;
    }
    if (passing[1] === 0 && !(await ground.approvedByPerson())) {
      tally.failed.push('the person, with the passkey');
    }
    if (passing[1] === 0 && !(await pausedByPerson(ground))) {
      tally.failed.push('a pause by the person, with the passkey');
    }
  } finally {
    await ground.close();
  }
  return tally;
}

/** Some of each kind, for every run of the tests. */
export const SOME: readonly Case[] = [
  ...HTTP_CASES.slice(0, 8),
  ...ASSERTION_CASES.slice(0, 4),
  ...STEP_UP_CASES.slice(0, 3),
  ...BROWSER_CASES.filter(({ name }) =>
    /cookie|frame|another page|click|high risk|show up/.test(name),
  ),
  ...BESIDE_CASES.filter(({ name }) => /lets it in|elsewhere|session/.test(name)),
  ...AGENT_CASES.slice(0, 3),
  ...DEVICE_CASES.filter(({ name }) => /used|code|guess/.test(name)),
];
