import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { behindNode } from './behind-node.ts';
import { knowsScenario } from './client-scenarios.ts';
import { type Comparison, compare, sumOf } from './compare.ts';
import { type Requirements, type Revision, type Role, requirementsOf } from './requirements.ts';
import { type Results, runScenario } from './run-scenario.ts';
import { startFixture } from './started.ts';

/**
 * What a person is asked about each time. Whoever calls it there can say that it waits, or cannot
 * be asked at all: a client that says it can be asked, and then cannot, is told to come again.
 */
const ASKED: Readonly<Record<Revision, string>> = {
  '2025-11-25': 'mcp::fixture::test_elicitation',
  '2026-07-28': 'mcp::fixture::test_logging_tool',
};
const DRIVER = fileURLToPath(new URL('./drive.ts', import.meta.url));
const AUTH_DRIVER = fileURLToPath(new URL('./auth-driver.ts', import.meta.url));

/** One frozen set, or what of it was chosen. */
export type SetRun = {
  readonly revision: Revision;
  readonly role: Role;
  readonly scored: Comparison;
  /** Run and shown, but frozen as not counting: extensions, and what came later. */
  readonly unscored: Comparison;
  /** Scenarios no driver of ours plays. */
  readonly unplayed: readonly string[];
};

/** Two ends that ought to look the same: without the node, and with the node between. */
type Targets = { readonly direct: string; readonly gateway: string; stop(): Promise<void> };

/** Runs the official suite on both, scenario by scenario, each time one after the other. */
export async function runSet(
  revision: Revision,
  role: Role,
  chosen: (scenario: string) => boolean,
): Promise<SetRun> {
  const required = requirementsOf(revision);
  const isPlayed = (scenario: string) =>
    role === 'server' || knowsScenario(scenario) || isLogin(scenario);
  const wanted = required[role].filter(chosen);
  const beside = unscoredOf(required, role).filter(chosen);
  const unplayed = wanted.filter((scenario) => !isPlayed(scenario));
  const targets = role === 'server' ? await servers(revision) : clients();
  const both = async (scenarios: readonly string[]): Promise<Comparison> => {
    const parts: Comparison[] = [];
    for (const scenario of scenarios.filter(isPlayed)) {
      const run = { role, revision, scenario };
      if (isLogin(scenario)) {
        parts.push(judged(scenario, await runScenario({ ...run, target: LOGIN })));
        continue;
      }
      const direct = await runScenario({ ...run, target: targets.direct });
      const gateway = await runScenario({ ...run, target: targets.gateway });
      parts.push(compare(scenario, direct, gateway));
    }
    return sumOf(parts);
  };
  try {
    return { revision, role, scored: await both(wanted), unscored: await both(beside), unplayed };
  } finally {
    await targets.stop();
  }
}

const LOGIN = `${process.execPath} ${AUTH_DRIVER}`;

/** The edge logs in by itself, so there is nothing to compare it with: each check must hold. */
function isLogin(scenario: string): boolean {
  return scenario.startsWith('auth/') && existsSync(AUTH_DRIVER);
}

function judged(scenario: string, results: Results): Comparison {
  const held = { status: 'SUCCESS', message: '' } as const;
  const looked = [...results].filter(([, { status }]) => status !== 'INFO').map(([name]) => name);
  const wanted = looked.length === 0 ? ['any check'] : looked;
  return compare(scenario, new Map(wanted.map((name) => [name, held])), results);
}

function unscoredOf({ not_scored }: Requirements, role: Role): readonly string[] {
  return not_scored.filter(({ leg }) => leg === role).map(({ scenario }) => scenario);
}

async function servers(revision: Revision): Promise<Targets> {
  const fixture = await startFixture(revision);
  const node = await behindNode('fixture', fixture.url, [ASKED[revision]]);
  return {
    direct: fixture.url,
    gateway: node.url,
    async stop() {
      await node.stop();
      fixture.stop();
    },
  };
}

function clients(): Targets {
  const command = (through: string) => `${process.execPath} ${DRIVER} ${through}`;
  return { direct: command('direct'), gateway: command('gateway'), stop: async () => {} };
}
