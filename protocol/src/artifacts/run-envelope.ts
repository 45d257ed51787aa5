import Type from 'typebox';
import { artifact } from './artifact.ts';
import { closed, NodeId, ShortText, Uint64, Uri } from './primitives.ts';
import { TaskId } from './task-envelope.ts';

export const RUN_EXAMPLE = `run_${'7a'.repeat(16)}`;

export const RunId = Type.String({ pattern: '^run_[0-9a-f]{32}$' });
export const WorkerId = Type.String({ pattern: '^worker://[A-Za-z0-9._~:/-]{1,200}$' });
const endpoint = (name: string) => Type.String({ pattern: `^/v1/runs/run_[0-9a-f]{32}/${name}$` });
const at = (name: string): string => `/v1/runs/${RUN_EXAMPLE}/${name}`;

export const RunEnvelope = artifact({
  name: 'RunEnvelope',
  source: 'whitepaper B.4',
  summary:
    'One run of a task: who does it, where, how far it is, and where its trace is read. ' +
    'It says how things stand and binds nothing; what binds is sealed when the run ends.',
  artifactClass: 'observational',
  schema: Type.Object(
    {
      run_id: RunId,
      task_id: TaskId,
      runtime_id: Type.String({ pattern: '^runtime://[A-Za-z0-9._~:/-]{1,200}$' }),
      worker_id: Type.Optional(WorkerId),
      service_id: Type.Optional(Uri),
      state: Type.Union([
        Type.Literal('queued'),
        Type.Literal('assigned'),
        Type.Literal('starting'),
        Type.Literal('running'),
        Type.Literal('awaiting_approval'),
        Type.Literal('paused'),
        Type.Literal('completed'),
        Type.Literal('failed'),
        Type.Literal('cancelled'),
      ]),
      assignment: Type.Object(
        {
          node_id: NodeId,
          placement_reason: ShortText,
          privacy_mode: Type.Union([
            Type.Literal('mutual_blind'),
            Type.Literal('enterprise_secure'),
            Type.Literal('local'),
            Type.Literal('hosted'),
          ]),
        },
        closed,
      ),
      event_stream: endpoint('events'),
      artifacts_endpoint: endpoint('artifacts'),
      receipts_endpoint: endpoint('receipts'),
      trace_endpoint: endpoint('trace'),
      inspect_endpoint: endpoint('inspect'),
      scorecard_endpoint: endpoint('scorecard'),
      stop_condition: Type.Optional(ShortText),
      task_state_ref: Type.Optional(Uri),
      agentgres_projection_watermark: Type.Optional(Uint64),
    },
    closed,
  ),
  examples: [
    {
      run_id: RUN_EXAMPLE,
      task_id: `task_${'6f'.repeat(16)}`,
      runtime_id: 'runtime://0f0f0f0f/daemon',
      worker_id: 'worker://local/count',
      state: 'running',
      assignment: {
        node_id: `node://local/${'0f'.repeat(16)}`,
        placement_reason: 'the worker was given to this node',
        privacy_mode: 'local',
      },
      event_stream: at('events'),
      artifacts_endpoint: at('artifacts'),
      receipts_endpoint: at('receipts'),
      trace_endpoint: at('trace'),
      inspect_endpoint: at('inspect'),
      scorecard_endpoint: at('scorecard'),
    },
  ],
  refused: [{ why: 'a state nobody defined', value: { run_id: RUN_EXAMPLE, state: 'stuck' } }],
});
