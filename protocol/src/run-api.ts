import type { RecordRun } from './types.ts';

/** What `POST /v1/runs` is asked for: a program in a sandbox, and where it may go. */
export type RunAsked = {
  /** Last part of its agent id. */
  readonly name: string;
  /** `host`, `host:port`, or `*` for every host that is not of this machine or near it. */
  readonly hosts: readonly string[];
  /** Secrets of the vault that its requests may carry a placeholder of. */
  readonly credentials?: readonly RunCredential[];
};

/** A secret of the vault as a run knows it: never what it is. */
export type RunCredential = {
  readonly name: string;
  /** That it is bound to. */
  readonly origin: string;
  /** That it is sent in, where it says so. */
  readonly header?: string;
};

/** The first line of its answer, which lasts as long as the run. */
export type RunOpened = {
  readonly run_id: string;
  /** Of the HTTP door, outside of the sandbox. */
  readonly socket: string;
  /** Of MCP, in the same session. */
  readonly mcp_socket: string;
  /** In PEM: whom the program has to trust. Its key is in the daemon's memory alone. */
  readonly certificate: string;
  /** What stands for each secret, by its name: of this run alone, and of no use to anybody else. */
  readonly placeholders: Readonly<Record<string, string>>;
};

/**
 * How far each way out of a sandbox is looked at: every act decided and receipted, what came of it
 * recorded at the end, held within bounds and not recorded, or not there at all.
 */
export type EnforcementCoverage = Readonly<
  Record<'mcp' | 'http' | 'files' | 'processes', 'mediated' | 'recorded' | 'bounded' | 'closed'>
>;

/** What became of its requests. `refused`: never an act. `unanswered`: no whole answer came. */
export type RunVerdicts = Readonly<
  Record<'allowed' | 'blocked' | 'pending' | 'refused' | 'unanswered', number>
>;

/** `POST /v1/runs/:id/files`: what it left of files, once it has ended; answered with a receipt. */
export type RunLeft = Pick<RecordRun, 'change_set' | 'unseen' | 'counts'>;

/** Where the log says so. */
export type RunRecorded = { readonly seq: string; readonly operation_id: string };

/** `GET /v1/runs/:id`, while the run lasts. */
export type RunSummary = {
  readonly run_id: string;
  readonly agent_id: string;
  readonly session_id: string;
  readonly coverage: EnforcementCoverage;
  readonly verdicts: RunVerdicts;
  /** Requests that were performed, by host. */
  readonly reached: Readonly<Record<string, number>>;
  /** The newest ones, oldest first. */
  readonly receipts: readonly string[];
};
