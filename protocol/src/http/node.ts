import {
  declare,
  json,
  list,
  mapOf,
  number,
  object,
  of,
  oneOf,
  operations,
  optional,
  text,
  whole,
} from './declare.ts';
import { EnforcementCoverage } from './runs.ts';

export const ConnectedAgent = declare(
  'ConnectedAgent',
  'Whoever is connected now, and how far what it does is looked at.',
  object({
    agent_id: text('As the node calls it, whatever it says of itself.'),
    session_id: text(),
    way: oneOf(
      ['socket', 'http', 'sandbox', 'hook'],
      'The socket of this account, HTTP on this machine, a sandbox of `ioi run`, or its own hooks.',
    ),
    since: text('RFC 3339, by the clock of the node.'),
    tier: text('Isolation tier of what it asks for.'),
    coverage: optional(of(EnforcementCoverage)),
    hosts: optional(list(text(), 'Of a sandbox: where it may go at all.')),
  }),
);

export const AgentsPage = declare(
  'AgentsPage',
  'Who is connected. Of one outside a sandbox, nothing but what passes the node is known.',
  object({ agents: list(of(ConnectedAgent)) }),
);

export const MetricFamily = declare(
  'MetricFamily',
  'Figures of one name, as `GET /metrics` has them.',
  object({
    name: text(),
    kind: oneOf(['counter', 'gauge', 'histogram', 'info']),
    help: text(),
    samples: list(
      object({
        suffix: optional(text('Of a histogram: `_bucket`, `_sum` or `_count`.')),
        labels: optional(mapOf(text())),
        value: number(),
      }),
    ),
  }),
);

export const MetricsPage = declare(
  'MetricsPage',
  'How the node is, in figures.',
  object({ families: list(of(MetricFamily)) }),
);

export const NotedBackup = declare(
  'NotedBackup',
  'The last backup, as the command that made it wrote down. Nobody looked whether it is there.',
  object({ made_at: text('RFC 3339.'), file: text(), bytes: whole(), sha256: text() }),
);

export const NotedProbe = declare(
  'NotedProbe',
  'What came of the last probe of agents of this machine, on a node of its own.',
  object({
    made_at: text('RFC 3339.'),
    agents: list(
      object({ agent: text(), title: text(), state: oneOf(['green', 'red', 'unknown']) }),
    ),
  }),
);

export const Upkeep = declare(
  'Upkeep',
  'What was last done for the node from outside of it; absent where no command noted it.',
  object({ backup: optional(of(NotedBackup)), probe: optional(of(NotedProbe)) }),
);

export const nodeOperations = operations('node', [
  {
    route: 'GET /v1/agents',
    id: 'listAgents',
    role: 'auditor',
    summary: 'Who is connected, and how far it is looked at',
    answers: { 200: json(of(AgentsPage)) },
  },
  {
    route: 'GET /v1/metrics',
    id: 'readMetrics',
    role: 'auditor',
    summary: 'How the node is, in figures: those of `/metrics` as JSON',
    answers: { 200: json(of(MetricsPage)) },
  },
  {
    route: 'GET /v1/upkeep',
    id: 'readUpkeep',
    role: 'auditor',
    summary: 'The last backup and the last probe, as far as they were noted',
    answers: { 200: json(of(Upkeep)) },
  },
  {
    route: 'POST /v1/backup',
    id: 'makeBackup',
    role: 'operator',
    summary: 'Back the whole node up, sealed to its owner, into a folder of its home',
    description:
      'As `ioi backup` does; answered when the file is whole. Of those made so the newest three ' +
      'are kept. One at a time, and not within a minute of the last.',
    answers: { 201: json(of(NotedBackup)) },
    problems: { 409: ['backup.*', 'identity.*', 'prompt.*', 'recovery.*'] },
  },
]);
