import type { NodeStatus, Upkeep } from '@ioi/protocol';

/** What is not as it should be, and where a person goes on from there. */
export type Anomaly = {
  readonly tone: 'bad' | 'warn';
  /** With names that others gave: shown inert. */
  readonly text: string;
  readonly command?: string;
  /** What the log is searched for. */
  readonly search?: string;
};

type Server = NodeStatus['servers'][number];
type Witness = NodeStatus['witnesses'][number];

/** What was pinned is not what the server says now. */
const CHANGED = ['contract.description_changed', 'contract.schema_changed'];

export function changedTools({ tools }: Server): Server['tools'] {
  return tools.filter(({ code }) => code !== undefined && CHANGED.includes(code));
}

/** The worst first. */
export function anomaliesIn(status: NodeStatus, upkeep: Upkeep | undefined): Anomaly[] {
  const { open, servers, witnesses, disk_warning: warning, policy } = status;
  const found: Anomaly[] = [
    ...unknownEffects(open.unknown),
    ...witnesses.flatMap(witnessed),
    ...servers.flatMap(served),
    ...uncovered(upkeep),
  ];
  if (policy?.mode === 'observe') {
    found.push({
      tone: 'warn',
      text: 'The policy only observes: what no BLOCK rule names is done.',
    });
  }
  if (warning !== undefined) found.push({ tone: 'warn', text: warning, command: 'ioi data show' });
  return found.sort((one, other) => Number(other.tone === 'bad') - Number(one.tone === 'bad'));
}

function unknownEffects(count: number): Anomaly[] {
  if (count === 0) return [];
  const acts = count === 1 ? 'One act' : `${count} acts`;
  const text = `${acts} may have happened or not: the end was not seen.`;
  return [{ tone: 'bad', text, command: 'ioi reconcile ID', search: 'unknown' }];
}

function witnessed({ name, state, required, code, detail }: Witness): Anomaly[] {
  if (state !== 'not_cosigned') return [];
  const tone = required ? 'bad' : 'warn';
  return [{ tone, text: `The witness ${name} did not cosign: ${code ?? ''} ${detail ?? ''}` }];
}

function served(server: Server): Anomaly[] {
  const { name, state, detail } = server;
  const changed = changedTools(server).length;
  const found: Anomaly[] = [];
  if (state === 'unreachable') {
    const text = `The server ${name} is unreachable${detail === undefined ? '' : `: ${detail}`}`;
    found.push({ tone: 'warn', text, command: `ioi mcp test ${name}` });
  }
  if (changed > 0) {
    const tools = changed === 1 ? 'One tool' : `${changed} tools`;
    const text = `${tools} of ${name} changed since a person looked, and is blocked.`;
    found.push({ tone: 'bad', text, command: `ioi mcp accept ${name}` });
  }
  return found;
}

/** An agent that was not stopped when it was probed is not bounded. */
function uncovered(upkeep: Upkeep | undefined): Anomaly[] {
  const agents = upkeep?.probe?.agents ?? [];
  return agents
    .filter(({ state }) => state === 'red')
    .map(({ title }) => ({
      tone: 'bad',
      text: `The agent ${title} was not stopped when it was probed.`,
      command: 'ioi doctor --probe',
    }));
}
