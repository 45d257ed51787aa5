import type { Command as Program } from 'commander';
import type { Add } from './governance-program.ts';

const load = () => import('./commands/agents.ts');

/** Who is at the doors, and keeping them from asking: `ioi agents`. */
export function addAttendanceCommands(add: Add, addBelow: (parent: Program) => Add): void {
  const agents = add('agents', 'who is connected: working, waiting or paused', async () => {
    return (await load()).agents;
  });
  const below = addBelow(agents);
  below('pause <session>', 'refuse what an agent asks for from now on', async () => {
    return (await load()).agentsPause;
  });
  below('resume [session]', 'let it ask again', async () => (await load()).agentsResume).option(
    '--all',
    'everybody who is here, also after a stop',
  );
  below('stop', 'refuse everything, whoever asks, until it is lifted', async () => {
    return (await load()).agentsStop;
  });
}
