import {
  declare,
  flag,
  json,
  list,
  object,
  of,
  oneOf,
  operations,
  optional,
  text,
  whole,
} from './declare.ts';

export const ExecutorStatus = declare(
  'ExecutorStatus',
  'A machine that may carry out runs of workers.',
  object({
    name: text(),
    key_hash: text(),
    state: oneOf(['admitted', 'dismissed']),
    connected: flag('Whether it is connected to this node now.'),
  }),
);

export const RunLeaseStatus = declare(
  'RunLeaseStatus',
  'Who carries out a run that is open, by the newest lease of it.',
  object({
    run_id: text(),
    holder: optional(text()),
    fence: text('`0` where nobody had it yet.'),
    expires: optional(text('Chain Time.')),
  }),
);

export const ExecutionStatus = declare(
  'ExecutionStatus',
  'Where executors connect, who they are, and what they carry out.',
  object({
    listening: optional(
      object({
        address: text('`host:port`'),
        key_hash: text('By which executors know this node.'),
        group: text('How keys are agreed on: `X25519MLKEM768`, or `X25519` where this is missing.'),
        lease_ms: whole('How long a lease lasts that is not renewed.'),
      }),
    ),
    executors: list(of(ExecutorStatus)),
    leases: list(of(RunLeaseStatus)),
  }),
);

export const executionOperations = operations('workers', [
  {
    route: 'GET /v1/execution',
    id: 'executionStatus',
    role: 'auditor',
    summary: 'Machines that carry out runs of workers for this node',
    answers: { 200: json(of(ExecutionStatus)) },
  },
]);
