import { accessSync, constants, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { basename, delimiter, dirname, join, resolve } from 'node:path';
import { AGENTS, type Agent, type NodeCommand } from '../core/connect/agents.ts';
import { planConnection } from '../core/connect/plan.ts';
import { placesIn, RECIPES, type Recipe } from '../core/probe/recipes.ts';
import { usageFault } from '../shell/fault.ts';

/** An agent of this machine, with how to probe it where that is known. */
export type FoundAgent = {
  readonly agent: Agent;
  readonly program: string;
  readonly recipe: Recipe | undefined;
};

type Environment = Readonly<Record<string, string | undefined>>;

/** Those whose programs lie in `PATH`; of each the first that is found. */
export function findAgents(environment: Environment): readonly FoundAgent[] {
  const folders = (environment['PATH'] ?? '').split(delimiter).filter((each) => each !== '');
  return AGENTS.flatMap((agent) => {
    const files = folders.flatMap((folder) => agent.programs.map((name) => join(folder, name)));
    const program = files.find(isProgram);
    return program === undefined ? [] : [foundAt(agent, program)];
  });
}

/** The agent whose program lies at a path: known by its name. */
export function agentAt(path: string): FoundAgent {
  const program = resolve(path);
  if (!isProgram(program)) throw usageFault(`${program} is no program`, 'ioi doctor --help');
  const agent = AGENTS.find(({ programs }) => programs.includes(basename(program)));
  if (agent !== undefined) return foundAt(agent, program);
  const names = AGENTS.flatMap(({ programs }) => programs).join(', ');
  throw usageFault(`${basename(program)} is no agent that is known: ${names}`, 'ioi connect');
}

function foundAt(agent: Agent, program: string): FoundAgent {
  return { agent, program, recipe: RECIPES.find((each) => each.agent === agent.id) };
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** Makes a home with the agent's settings in it, the node among its servers. */
export function furnish(agent: Agent, text: string, home: string, node: NodeCommand): void {
  const [path = ''] = agent.files(placesIn(home));
  const plan = planConnection(agent, text, { node, mounted: [], keep: true });
  if (!plan.ok) throw new Error(plan.error.message);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(path, plan.value.text, { mode: 0o600 });
}
