import type { Kept, SessionState, SqlError } from '../core/index.ts';
import type { Ran } from './engine.ts';
import type { Turn, Turns } from './turns.ts';

/** What answers the messages of a session. */
export interface SessionEngine {
  /** With `undefined` for the settings it has, as in a transaction, where none are put back. */
  run(settings: string | undefined, bytes: Uint8Array, isSynced?: boolean): Promise<Ran>;
  /** How long it has had what it has now. */
  readonly busyMs: number;
  /** The settings may no longer be those that were set. */
  forgetSettings(): void;
}

/** Where a session is answered: an engine of its own, or a place in line for that of all. */
export type Seat = {
  readonly engine: SessionEngine;
  readonly turns: Turns;
  /** What a client cancels has so long to come to its end by itself. */
  readonly cancelGraceMs: number;
  /** Ends what runs, with no more around it than needs be. */
  stop(reason: string): void;
  /** Nothing of the session is left behind. */
  leave(state: SessionState, held: Turn | undefined): Promise<void>;
};

/** How long a session may hold what others might want. */
export type Holding = {
  /** In a transaction, and silent. */
  readonly silentMs: number;
  /** For a transaction, however busy. */
  readonly holdMs: number;
  readonly statementMs: number;
};

/** Where the tables are: in an engine of the bridge's own process, or in a server. */
export interface BridgeStore {
  /** The role that reads. */
  readonly reader: string;
  readonly holding: Holding;
  /** Whoever writes rows waits in it; with the sessions where one engine serves all. */
  readonly turns: Turns;
  /** What was there when it was opened; undefined where nothing outlives the bridge. */
  readonly kept: readonly Kept[] | undefined;
  /** What a client is told at its start. */
  parameters(): Promise<Map<string, string>>;
  /** All of the statements or none; an EngineFault where it has ended. */
  write(statements: readonly string[]): Promise<void>;
  /** `onEnd` is called when it ends by itself. */
  seat(onEnd: (error: SqlError) => void): Promise<Seat>;
  close(): Promise<void>;
}

export type OpenStore = (onEnd: (reason: string) => void) => Promise<BridgeStore>;
