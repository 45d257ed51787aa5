import type { ResumeToken } from '@ioi/agentgres';
import type { Attendance, Delivery, Notice, Searched, SearchQuestion } from '@ioi/agentgres/shell';
import type { Result } from '@ioi/basis';
import type {
  HeadKey,
  ProjectionCheckpoint,
  ProjectionsPage,
  QueryAnswer,
  QueryRequest,
  Rejection,
} from '@ioi/protocol';

/** A domain whose projections are wanted. */
export type ProjectionData = {
  /** The domain's: the log is in it, projections go below it. */
  readonly folder: string;
  readonly domain: string;
  /** Built-in projections are folded from when they are asked for first, not from the start. */
  readonly isOnDemand: boolean;
};

/** What the projection thread can be asked, by kind, with what it answers. */
export type Questions = {
  readonly query: {
    readonly ask: QueryAsk;
    readonly answer: { readonly answer: QueryAnswer; readonly heads: readonly HeadKey[] };
  };
  readonly list: { readonly ask: Record<string, never>; readonly answer: ProjectionsPage };
  readonly define: { readonly ask: { readonly definition: unknown }; readonly answer: Named };
  readonly remove: { readonly ask: Named; readonly answer: Named };
  readonly rebuild: { readonly ask: Named; readonly answer: Named };
  readonly checkpoint: { readonly ask: Named; readonly answer: ProjectionCheckpoint };
  readonly search: {
    readonly ask: SearchQuestion;
    /** `indexed`: entries that were looked at, from the first on. */
    readonly answer: Searched & { readonly indexed: number };
  };
  readonly subscribe: { readonly ask: SubscribeAsk; readonly answer: readonly Notice[] };
};

export type Question = keyof Questions;
export type Answer<K extends Question> = Result<Questions[K]['answer'], Rejection>;

type Named = { readonly projection: string };

export type QueryAsk = {
  readonly request: QueryRequest;
  /** Log size the rows must reflect, and how long to wait for it. */
  readonly atLeast: number;
  readonly awaitMs: number;
  /** The session that reads; absent for the owner. */
  readonly readBy?: string | undefined;
};

export type SubscribeAsk = {
  readonly subscriber: number;
  readonly projection: string;
  readonly where: unknown;
  readonly resume: ResumeToken | undefined;
};

export type SealedNow = {
  readonly kind: 'sealed';
  readonly domain: string;
  readonly size: number;
  readonly note: string;
  readonly attendance: Attendance;
};

export type ToProjections =
  | ({ readonly kind: 'open' } & ProjectionData)
  | SealedNow
  | { readonly kind: 'leave'; readonly subscriber: number }
  | { readonly kind: 'close' }
  | {
      readonly kind: 'ask';
      readonly id: number;
      readonly domain: string;
      readonly question: Question;
      readonly ask: Questions[Question]['ask'];
    };

export type FromProjections =
  | { readonly kind: 'answered'; readonly id: number; readonly result: Answer<Question> }
  | { readonly kind: 'told'; readonly deliveries: readonly Delivery[] }
  | { readonly kind: 'said'; readonly message: string; readonly about: object }
  | { readonly kind: 'closed' };
