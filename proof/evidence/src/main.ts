import { parseArgs } from 'node:util';
import { type AgentgresOptions, runAgentgres, runAgentgresFaults } from './agentgres.ts';
import { runApi } from './api-fuzz.ts';
import { runBudgets } from './budgets.ts';
import { runBurn } from './burn.ts';
import { runChaos } from './chaos.ts';
import { runCim } from './cim.ts';
import { runCluster } from './cluster.ts';
import { runCrash } from './crash.ts';
import { runDebian } from './debian.ts';
import { runDelegation } from './delegation.ts';
import { runDocuments } from './documents.ts';
import { type Evidence, sumOf } from './evidence.ts';
import { inclusionEvidence } from './inclusion.ts';
import { keepHome } from './kept-homes.ts';
import { type FramesOptions, runMcpFrames, SURFACES } from './mcp-frames.ts';
import { runNodes } from './nodes/run-nodes.ts';
import { runOrganisation } from './organisation.ts';
import { runRelease } from './release.ts';
import { runReplicas } from './replicas.ts';
import { runSeeds } from './seeds.ts';
import { runSweep } from './verifier-sweep.ts';

type Options = AgentgresOptions &
  Pick<FramesOptions, 'frames' | 'surfaces'> & {
    readonly requests: number;
    readonly runs: number;
    readonly failovers: number;
    readonly partitions: number;
    readonly pages: readonly string[];
    readonly isShown: boolean;
  };

type Run = {
  readonly run: (options: Options) => Promise<Evidence>;
  readonly kills?: number;
  readonly faults?: number;
};

const RUNS: Readonly<Record<string, Run>> = {
  crash: { run: runCrash, kills: 250 },
  agentgres: { run: runAgentgres, kills: 1000, faults: 160 },
  burn: { run: runBurn, kills: 100 },
  chaos: { run: runChaos },
  cluster: {
    run: async ({ failovers, partitions, onProgress }) => {
      const telling = onProgress && { onProgress };
      const servers = await runCluster({ failovers, ...telling });
      const replicas = await runReplicas({ deaths: failovers, ...telling });
      const nodes = await runNodes({ failovers, partitions, ...telling });
      return sumOf([servers, replicas, nodes]);
    },
  },
  organisation: {
    run: ({ onProgress }) => {
      const whole = { nodes: 3, rounds: 3, isPatient: true };
      return runOrganisation({ ...whole, ...(onProgress && { onProgress }) });
    },
  },
  docs: { run: runDocuments },
  debian: { run: ({ onProgress }) => runDebian(onProgress) },
  release: { run: ({ onProgress }) => runRelease(onProgress) },
  'cluster-sim': {
    run: ({ seeds, onProgress }) => runSeeds(seeds, onProgress ?? (() => {}), 'cluster'),
  },
  cim: { run: async ({ seed }) => runCim(20_000, seed) },
  api: { run: runApi },
  'keep-home': { run: keepHome },
  sweep: { run: ({ every, onProgress }) => runSweep(every, onProgress) },
  budgets: { run: async ({ seed, onProgress }) => runBudgets(20_000, seed, onProgress) },
  delegation: { run: async ({ seed, onProgress }) => runDelegation(10_000, seed, onProgress) },
  'mcp-frames': { run: runMcpFrames },
  'agentgres-faults': { run: runAgentgresFaults },
  inclusion: {
    run: async ({ onProgress }) =>
      inclusionEvidence(
        { universes: 100_000, questions: 1000, decisions: 1_000_000 },
        onProgress ?? (() => {}),
      ),
  },
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    kills: { type: 'string' },
    seeds: { type: 'string', default: '2000' },
    faults: { type: 'string' },
    frames: { type: 'string', default: '200000' },
    requests: { type: 'string', default: '50000' },
    runs: { type: 'string', default: '500' },
    failovers: { type: 'string', default: '50' },
    partitions: { type: 'string', default: '50' },
    surface: { type: 'string', multiple: true },
    every: { type: 'string', default: '1' },
    page: { type: 'string', multiple: true, default: [] },
    screen: { type: 'boolean', default: false },
    seed: { type: 'string', default: '1' },
  },
});

const name = positionals[0] ?? '';
const chosen = Object.hasOwn(RUNS, name) ? RUNS[name] : undefined;
if (positionals.length !== 1 || chosen === undefined) {
  const options =
    '[--kills N] [--seeds N] [--faults N] [--frames N] [--surface NAME…] [--requests N] ' +
    '[--runs N] [--failovers N] [--partitions N] [--every N] [--page NAME…] [--screen] ' +
    '[--seed N] [--json]';
  console.error(`usage: npm run evidence -- <${Object.keys(RUNS).join('|')}> ${options}`);
  process.exit(2);
}

/** So many steps are told one by one. */
const FEW = 30;

/** Says each finding once, the first fifty of them. */
function teller(): (finding: string) => void {
  const told = new Set<string>();
  return (finding) => {
    if (told.size < 50 && !told.has(finding)) console.error(finding);
    told.add(finding);
  };
}

const tell = teller();

const {
  findings,
  counts,
  shares = {},
} = await chosen.run({
  kills: Number(values.kills ?? chosen.kills),
  seeds: Number(values.seeds),
  most: Number(values.faults ?? chosen.faults ?? Number.POSITIVE_INFINITY),
  frames: Number(values.frames),
  requests: Number(values.requests),
  runs: Number(values.runs),
  failovers: Number(values.failovers),
  partitions: Number(values.partitions),
  surfaces: SURFACES.filter((each) => values.surface?.includes(each) ?? true),
  every: Number(values.every),
  pages: values.page,
  isShown: values.screen,
  seed: Number(values.seed),
  onProgress: (done, of, what, found = []) => {
    if (!values.json && (of <= FEW || done % 10 === 0)) console.error(`${done}/${of} ${what}`);
    for (const finding of found) tell(finding);
  },
});
function print(figures: Readonly<Record<string, number>>, unit: string): void {
  for (const [figure, value] of Object.entries(figures)) {
    const row = { run: name, figure, value, unit };
    console.log(values.json ? JSON.stringify(row) : `${name} ${figure.padEnd(26)} ${value}`);
  }
}

print({ findings: findings.length, ...counts }, 'count');
print(shares, 'share');
for (const finding of findings) tell(finding);
process.exit(findings.length === 0 ? 0 : 1);
