import Type from 'typebox';
import {
  IntentDefinition,
  IntentResolutionRequest,
  IntentRoute,
} from '../artifacts/intent-resolution.ts';
import { RecordRun } from '../artifacts/record-run.ts';
import {
  declare,
  flag,
  json,
  list,
  mapOf,
  object,
  of,
  oneOf,
  operations,
  optional,
  text,
  whole,
} from './declare.ts';
import { SEALING } from './problem.ts';
import { RunCommitsSeen, RunLooked, RunPortAsked, RunPortTold, RunRecorded } from './run-parts.ts';

export const RunCredential = declare(
  'RunCredential',
  'A secret of the vault as a run knows it: never what it is.',
  object({
    name: text(),
    origin: text('That it is bound to.'),
    header: optional(text('That it is sent in, where it says so.')),
  }),
);

export const RunModel = declare(
  'RunModel',
  'A route that questions of a program to its models are passed by.',
  object({
    route: text(),
    model: optional(text('That it names; every one that is not named otherwise, unless told.')),
  }),
);

export const RunAsked = declare(
  'RunAsked',
  'A program in a sandbox, and where it may go.',
  object({
    name: text('Last part of its agent id.'),
    hosts: list(
      text(),
      '`host`, `host:port`, or `*` for every host that is not of this machine or near it.',
    ),
    credentials: optional(
      list(of(RunCredential), 'Secrets that its requests may carry a placeholder of.'),
    ),
    models: optional(list(of(RunModel), 'Ways to models; without any its models are not passed.')),
    overlay: optional(flag('It works on copies of what it may write.')),
    isolation_declared: optional(
      text('It is in no sandbox of ours, and whoever starts it says that this holds it.'),
    ),
    shell_in: optional(
      text('What it has a shell do is asked for first; read against this folder.'),
    ),
  }),
);

export const RunOpened = declare(
  'RunOpened',
  'The first line of the answer, which lasts as long as the run.',
  object({
    run_id: text(),
    socket: text('Of the HTTP door, outside of the sandbox.'),
    mcp_socket: text('Of MCP, in the same session.'),
    models_socket: optional(text('That it asks models at, where they are passed.')),
    shell_socket: optional(text('That its shells ask at, where they ask.')),
    certificate: text(
      "In PEM: whom the program has to trust. Its key is in the daemon's memory alone.",
    ),
    placeholders: mapOf(
      text(),
      'What stands for each secret, by its name: of this run alone, of no use to anybody else.',
    ),
  }),
);

const coverage = oneOf(['mediated', 'recorded', 'bounded', 'closed', 'declared']);

export const EnforcementCoverage = declare(
  'EnforcementCoverage',
  'How far each way out of a sandbox is looked at: every act decided and receipted, what came ' +
    'of it recorded at the end, held within bounds and not recorded, not there at all, or held ' +
    'by what whoever started it declared, which nobody checked. ' +
    '`shell` is what `sh` and `bash` are given; programs started in any other way are ' +
    '`processes`. ' +
    '`models` are questions in the words of a provider, to the address it was given for them.',
  object({
    mcp: coverage,
    http: coverage,
    files: coverage,
    processes: coverage,
    shell: optional(coverage),
    declared: optional(text('What was said to hold it, in the words of whoever started it.')),
    models: optional(coverage),
  }),
);

export const RunVerdicts = declare(
  'RunVerdicts',
  'What became of its requests. `refused`: never an act. `unanswered`: no whole answer came.',
  object({
    allowed: whole(),
    blocked: whole(),
    pending: whole(),
    refused: whole(),
    unanswered: whole(),
  }),
);

const { change_set, unseen, counts } = RecordRun.schema.properties;

export const RunLeft = declare(
  'RunLeft',
  'What a run left of files, once it has ended.',
  object({ change_set, unseen, counts }),
);

export const ModelUse = declare(
  'ModelUse',
  'Questions that one candidate of a route answered, and what it says that they took.',
  object({
    route: text(),
    asked: text('The model as the program names it.'),
    served: text('The candidate.'),
    answers: whole(),
    input_tokens: whole(),
    output_tokens: whole(),
  }),
);

export const RunSummary = declare(
  'RunSummary',
  'What a run did so far.',
  object({
    run_id: text(),
    agent_id: text(),
    session_id: text(),
    coverage: of(EnforcementCoverage),
    verdicts: of(RunVerdicts),
    reached: mapOf(Type.Number(), 'Requests that were performed, by host.'),
    models: optional(list(of(ModelUse), 'What its models were asked, where they are passed.')),
    commits: optional(of(RunCommitsSeen)),
    ports: optional(
      list(
        object({ port: whole(), receipt_id: text() }),
        'That programs of this machine could reach, each with its newest receipt.',
      ),
    ),
    receipts: list(text(), 'The newest ones, oldest first.'),
  }),
);

export const RunMerge = declare(
  'RunMerge',
  'What became of asking that the changes of a run go into the folders they are for.',
  object({
    run_id: text(),
    state: oneOf(['merged', 'pending'], '`pending`: a person has to approve it, and it is done.'),
    change_set: text('Digest of the ChangeSet that was asked for.'),
    request_hash: text(),
    receipt_id: text('Of the execution, or of the decision that it waits.'),
    merge_id: optional(text('By which it can be undone.')),
  }),
);

export const NewSession = declare(
  'NewSession',
  'What a session is for, as the person says it.',
  object({ objective: text('In words, at most 16384 characters.') }),
);

export const LiveSession = declare(
  'LiveSession',
  'Whoever is at one of the doors now, and what the node knows of it.',
  object({
    session_id: text('As each of its requests names it.'),
    agent_id: text("The node's word for who it is."),
    way: oneOf(
      ['socket', 'http', 'sandbox', 'hook'],
      'MCP over the socket of this account, over HTTP, a sandbox of `ioi run`, or its own hooks.',
    ),
    run_id: optional(text('Of a program in a sandbox.')),
    client: optional(object({ name: text(), version: text() }, 'What it says that it is.')),
    since: text('RFC 3339.'),
    working: whole('Acts that are decided, performed or recorded now.'),
    waiting: whole('Acts that wait for a person.'),
    state: oneOf(
      ['paused', 'waiting', 'spending', 'working', 'settling', 'reasoning', 'quiet'],
      'The first of these that holds: what it asks for is refused; an act waits for a person; ' +
        'one that names an amount, or buys, is performed; one is decided or performed; the ' +
        'receipt of one is sealed; a model is asked for it, or it was answered within the last ' +
        'minute; none.',
    ),
    paused: flag('What it asks for is refused.'),
    refused: whole('What it asked for while it was paused.'),
  }),
);

export const SessionsPage = declare(
  'SessionsPage',
  'Who is at the doors.',
  object({
    stopped: flag('Everything is refused, whoever asks, until it is lifted.'),
    paused: list(text(), 'Names that whoever was paused left: who comes under one is paused.'),
    sessions: list(of(LiveSession), 'The oldest first.'),
  }),
);

export const Stopped = declare(
  'Stopped',
  'Whether everything is refused.',
  object({ stopped: flag(), cancelled: whole('Acts that waited for a person, and no more.') }),
);

export const SessionTicket = declare(
  'SessionTicket',
  'The first line of a connection that has that objective; good once, for a minute.',
  object({ ticket: text() }),
);

export const IntentsPage = declare(
  'IntentsPage',
  'What this node can be asked for.',
  object({ intents: list(of(IntentDefinition)) }),
);

const INVALID = { 400: ['request.invalid'] };

export const runOperations = operations('runs', [
  {
    route: 'POST /v1/runs',
    id: 'openRun',
    role: 'owner',
    summary: 'Open the doors of a program in a sandbox',
    description:
      'The first line says where they are; a later one, `{"look": 1}`, asks whoever opened it to ' +
      'look for commits. The run ends when whoever opened it stops reading the answer.',
    body: of(RunAsked),
    answers: { 200: { type: 'application/jsonl', schema: of(RunOpened) } },
    problems: {
      ...INVALID,
      404: ['model.unknown_route'],
      429: ['run.too_many'],
      409: ['edge.missing'],
    },
  },
  {
    route: 'GET /v1/runs/{id}',
    id: 'showRun',
    role: 'auditor',
    summary: 'A run, while it lasts',
    answers: { 200: json(of(RunSummary)) },
    problems: { 404: ['id.unknown'] },
  },
  {
    route: 'POST /v1/runs/{id}/files',
    once: true,
    id: 'recordRun',
    role: 'owner',
    summary: 'Have the log say what a run left of files, once',
    body: of(RunLeft),
    answers: { 200: json(of(RunRecorded)) },
    problems: { 400: ['request.invalid', 'run.*', ...SEALING], 404: ['id.unknown'] },
  },
  {
    route: 'POST /v1/runs/{id}/ports',
    id: 'openPort',
    role: 'owner',
    summary: 'Ask that programs of this machine reach a port of a run',
    description:
      'One act, `net::listen`. The first line says what became of it; where it may be open, the ' +
      'answer lasts as long as it may: it ends with the run, or when a person pauses or stops it.',
    body: of(RunPortAsked),
    answers: { 200: { type: 'application/jsonl', schema: of(RunPortTold) } },
    problems: { ...INVALID, 404: ['id.unknown'] },
  },
  {
    route: 'POST /v1/runs/{id}/commits',
    id: 'recordCommits',
    role: 'owner',
    summary: 'Have the log tell of commits that came into the repositories of a run',
    description: 'Answers 204 where nothing was found.',
    body: of(RunLooked),
    answers: { 200: json(of(RunRecorded)), 204: {} },
    problems: { 400: ['request.invalid', 'commits.*', ...SEALING], 404: ['id.unknown'] },
  },
  {
    route: 'POST /v1/runs/{id}/merge',
    id: 'mergeRun',
    role: 'owner',
    summary: 'Ask that what a run with an overlay changed goes into the folders it is for',
    description:
      'One act, `fs::merge`: decided by the policy, and done once. It may be asked for again ' +
      'while it waits for a person.',
    answers: { 200: json(of(RunMerge)) },
    problems: {
      ...INVALID,
      403: ['policy.*', 'approval.*', 'session.paused', 'request.invalid'],
      404: ['run.unknown'],
      409: ['run.*', 'merge.*'],
      500: ['daemon.fault'],
      502: ['execution.*', 'merge.*'],
      503: SEALING,
    },
  },
]);

const UNKNOWN = { 404: ['id.unknown'] };

export const sessionOperations = operations('sessions', [
  {
    route: 'GET /v1/sessions',
    id: 'listSessions',
    role: 'member',
    summary: 'Who is at the doors now, working, waiting or paused',
    answers: { 200: json(of(SessionsPage)) },
  },
  {
    route: 'POST /v1/sessions/{id}/pause',
    id: 'pauseSession',
    role: 'operator',
    summary: 'Refuse what a session asks for from now on',
    description:
      'What it began goes on. Whoever comes under its name after it left is paused too, also ' +
      'after a restart.',
    answers: { 200: json(of(LiveSession)) },
    problems: UNKNOWN,
  },
  {
    route: 'POST /v1/sessions/{id}/resume',
    id: 'resumeSession',
    role: 'owner',
    summary: 'Let a session ask again',
    answers: { 200: json(of(LiveSession)) },
    problems: UNKNOWN,
  },
  {
    route: 'POST /v1/stop',
    id: 'stopEverything',
    role: 'operator',
    summary: 'Refuse everything, whoever asks, until it is lifted',
    description:
      'What waits for a person is cancelled; what was sealed and has not begun does not begin. ' +
      'It holds over restarts.',
    answers: { 200: json(of(Stopped)) },
  },
  {
    route: 'DELETE /v1/stop',
    id: 'liftStop',
    role: 'owner',
    summary: 'Let the policy decide again, on whatever anybody asks for',
    description: 'Whoever was paused is resumed too.',
    answers: { 200: json(of(Stopped)) },
  },
  {
    route: 'POST /v1/sessions',
    once: true,
    id: 'openSession',
    role: 'owner',
    summary: 'A ticket for a session whose task the person states beforehand',
    body: of(NewSession),
    answers: { 201: json(of(SessionTicket)) },
    problems: INVALID,
  },
]);

export const intentOperations = operations('intents', [
  {
    route: 'GET /v1/intents',
    id: 'listIntents',
    role: 'auditor',
    summary: 'What this node can be asked for',
    answers: { 200: json(of(IntentsPage)) },
  },
  {
    route: 'POST /v1/resolve',
    id: 'resolve',
    role: 'auditor',
    summary: 'The one tool that serves what is wanted, or why none does',
    body: of(IntentResolutionRequest),
    answers: { 200: json(of(IntentRoute)) },
    problems: {
      ...INVALID,
      409: ['resolver.*', 'intent.*', 'ontology.*', 'capability.*', 'policy.*'],
      503: ['policy.*', 'bundle.*'],
    },
  },
]);
