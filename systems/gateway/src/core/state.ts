import type { Digest, Json } from '@ioi/canon';
import type { JsonObject, Message, RpcId } from '@ioi/jsonrpc';
import type { InputRequests, InputResponses, TaskReport } from '@ioi/protocol';
import type {
  Act,
  Answer,
  Cancellation,
  Dropped,
  Followed,
  Listing,
  ListKind,
  Notice,
  Offer,
  Proposer,
  Recalled,
} from './backend.ts';

/** Newest first: what is not understood is answered with the newest (MCP lifecycle). */
export const STATEFUL_VERSIONS = ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05'] as const;
/** Revisions in which each request says what it speaks. */
export const STATELESS_VERSIONS = ['2026-07-28'] as const;

/** Requests in flight at once, cancelled ones included until the daemon reports their end. */
export const MAX_CALLS = 256;
/** Bytes of the requests in flight together: each is held until it is answered. */
export const MAX_BYTES_IN_FLIGHT = 64 * 1024 * 1024;
/** A peer that sends this many unreadable frames is disconnected: each one costs a receipt. */
export const MAX_DROPPED = 1000;
/** Requests to a stateful client that wait for its response. */
export const MAX_ASKED = 64;
/** Acts of stateless clients that wait for their retry. */
export const MAX_WAITING = 256;
/** How long a client may take to respond, or to retry: a person may have to be found. */
export const ASK_MS = 600_000;
/** Streams of change notifications that stateless clients hold open. */
export const MAX_LISTENS = 64;
/** Acts of one client that it follows as tasks, ended ones that it may still ask for included. */
export const MAX_TASKS = 64;
/** What the ended ones answered, together. */
export const MAX_TASK_BYTES = 64 * 1024 * 1024;
/** How long a task is kept, counted from its beginning, unless its client asks for less. */
export const TASK_MS = 86_400_000;
export const SHORTEST_TASK_MS = 60_000;
/** Resources one session or one stream is subscribed to. */
export const MAX_SUBSCRIPTIONS = 256;

/** What a stateless client is asked in its answer, and the state its retry has to bring. */
export type Question = {
  readonly askId: string;
  readonly token: string;
  readonly requests: InputRequests;
  /** What the client cannot be asked, answered beforehand. */
  readonly refused: InputResponses;
  /** What the client has answered of it; a task alone is answered in parts. */
  readonly given?: InputResponses;
};

/** An act that its client follows by a name of ours (MCP tasks). */
export type Task = Followed & {
  /** Of no call where it is of a former life of the node. */
  readonly callId: string;
  readonly status: 'working' | 'input_required' | 'completed' | 'failed' | 'cancelled';
  readonly message?: string;
  /** RFC 3339. */
  readonly updatedAt: string;
  readonly pollMs: number;
  readonly ended?: Answer;
  /** Of `ended`, as text. */
  readonly bytes: number;
};

/** A request the daemon works on. `cancelled`: nobody waits for the answer any more. */
export type InFlight = {
  readonly callId: string;
  /** The stream its answer goes to. */
  readonly from: string;
  /** Absent: a stateless act that waits for its retry, or work for a listening stream. */
  readonly id?: RpcId;
  readonly era: Proposer['era'];
  readonly method: string;
  readonly byteCount: number;
  readonly cancelled: boolean;
  readonly progressToken?: RpcId;
  /** Progress must increase (MCP progress), so what does not is left out. */
  readonly lastProgress?: number;
  /** Stateless: no messages of a lower level, and none at all where it is absent. */
  readonly logLevel?: string;
  /** What the client can be asked for. */
  readonly capabilities: JsonObject;
  /** Stateless acts: what a retry has to repeat. */
  readonly act?: Act;
  readonly questions?: readonly Question[];
  /** Answers that came with the act itself, before it asked for anything. */
  readonly early?: InputResponses;
  /** An act that ended while it waited for its retry. */
  readonly ended?: Answer;
  /** The client wants a task of it, kept so long (MCP 2025-11-25, tasks). */
  readonly taskMs?: number;
  /** It is followed as this task. */
  readonly task?: string;
  /** `tasks/result`: waits for the end of this task, and no act belongs to it. */
  readonly awaits?: string;
  /** Work for a listening stream: which, and for which resource. */
  readonly listen?: { readonly listenId: string; readonly uri: string };
};

/** Requests that were or will be sent to a stateful client. */
export type OpenAsk = {
  readonly askId: string;
  readonly callId: string;
  /** Requests must not be sent before the client has said that it is initialized. */
  readonly sent: boolean;
  readonly waiting: readonly AskedRequest[];
  readonly responses: InputResponses;
};

export type AskedRequest = {
  readonly rpcId: string;
  readonly name: string;
  readonly method: string;
  readonly params?: Json;
};

/** A stream of change notifications of a stateless client (MCP subscriptions). */
export type Listen = {
  readonly listenId: string;
  readonly from: string;
  readonly id: RpcId;
  readonly lists: readonly string[];
  readonly resources: readonly string[];
  readonly tasks: readonly string[];
  /** Subscriptions the daemon still decides on; nothing is sent before they are. */
  readonly undecided: number;
};

/** One client, of either era: plain data, so that it can be stored, compared and resumed. */
export type State = {
  /** `stateless`: never initialized, whatever comes. `opened`: what comes first decides. */
  readonly phase: 'opened' | 'stateless' | 'initialized' | 'ready' | 'closed';
  readonly offer: Offer;
  readonly protocolVersion?: string;
  readonly client?: { readonly name: string; readonly version: string };
  readonly capabilities?: JsonObject;
  readonly logLevel?: string;
  readonly subscriptions: readonly string[];
  readonly inFlight: readonly InFlight[];
  readonly asks: readonly OpenAsk[];
  readonly listens: readonly Listen[];
  readonly tasks: readonly Task[];
  /** What the clock says at this step, RFC 3339; kept up to date where there are tasks. */
  readonly now: string;
  readonly nextCall: number;
  readonly dropped: number;
};

export type Request = Extract<Message, { kind: 'request' }> & {
  readonly byteCount: number;
  readonly from: string;
};

/** `from` names the stream an input came on and its answer goes to; the empty name is its own. */
export type Input =
  | { readonly kind: 'frame'; readonly bytes: Uint8Array; readonly from?: string }
  | {
      readonly kind: 'message';
      readonly message: Message;
      readonly byteCount: number;
      readonly from?: string;
    }
  | {
      readonly kind: 'oversized';
      readonly byteCount: number;
      readonly prefixDigest: Digest;
      readonly id?: RpcId;
      readonly from?: string;
    }
  | { readonly kind: 'offered'; readonly offer: Offer }
  /** The end of a `list` or an `act`; either may end in an error. */
  | { readonly kind: 'listed'; readonly callId: string; readonly listing: Listing }
  | { readonly kind: 'finished'; readonly callId: string; readonly answer: Answer }
  | {
      readonly kind: 'progress';
      readonly callId: string;
      readonly done: number;
      readonly total?: number;
      readonly message?: string;
    }
  /** `notifications/message` of an act, as the server sent its parameters. */
  | { readonly kind: 'message_of'; readonly callId: string; readonly params: Json }
  /** An act asks. `token` is random: it is what a stateless client proves its retry with. */
  | {
      readonly kind: 'asked';
      readonly callId: string;
      readonly askId: string;
      readonly token: string;
      readonly requests: InputRequests;
    }
  /** The act may be followed as a task, named so if it is none yet; how far it has come. */
  | {
      readonly kind: 'tasked';
      readonly callId: string;
      readonly taskId: string;
      readonly report: TaskReport;
    }
  /** The answer to a `recall`, before anything else is taken in. */
  | {
      readonly kind: 'recalled';
      readonly asked: AskedLater;
      readonly task: Recalled | undefined;
    }
  /** The time of an `alarm` is over. */
  | { readonly kind: 'rang'; readonly askId: string }
  | { readonly kind: 'notice'; readonly notice: Notice }
  /** A stream was closed by its reader: what it waited for is cancelled (MCP 2026-07-28). */
  | { readonly kind: 'gone'; readonly from: string }
  /** `byUs`: what the client still listens to is ended in words. */
  | { readonly kind: 'closed'; readonly byUs?: boolean };

export type SendEffect = {
  readonly kind: 'send';
  /** One JSON text without its newline. */
  readonly line: string;
  readonly to: string;
  /** Whether it answers what came on that stream, which then is over. */
  readonly last: boolean;
  /** How HTTP says it where it is not 200. */
  readonly status?: 400 | 404;
};

export type Effect =
  | SendEffect
  | { readonly kind: 'list'; readonly callId: string; readonly list: ListKind }
  | {
      readonly kind: 'act';
      readonly callId: string;
      readonly act: Act;
      readonly proposer: Proposer;
      /** Becomes a task at once (`tasked`), however long it takes. */
      readonly isTask?: boolean;
    }
  /** Nothing more comes on this stream. */
  | { readonly kind: 'over'; readonly to: string }
  | ({ readonly kind: 'cancel'; readonly callId: string } & Cancellation)
  /** What the client's side says to an ask; each is answered once. */
  | { readonly kind: 'answer'; readonly askId: string; readonly responses: InputResponses }
  /** `rang` in that time, unless the ask is answered before. */
  | { readonly kind: 'alarm'; readonly askId: string; readonly afterMs: number }
  /** The task may be one of a former life of the node. */
  | { readonly kind: 'recall'; readonly taskId: string; readonly asked: AskedLater }
  | { readonly kind: 'roots_changed' }
  | ({ readonly kind: 'drop' } & Dropped)
  | { readonly kind: 'close' };

/** A request about a task that is not known here; `proposer`: it came without a session. */
export type AskedLater = {
  readonly request: Request;
  readonly params: JsonObject;
  readonly proposer?: Proposer;
};

export type Step = { readonly state: State; readonly effects: readonly Effect[] };

/** `stateless`: for requests that each come alone, as over HTTP. */
export function openState(offer: Offer, phase: 'opened' | 'stateless' = 'opened'): State {
  const nothing = { subscriptions: [], inFlight: [], asks: [], listens: [], tasks: [] };
  return { phase, offer, ...nothing, now: '', nextCall: 1, dropped: 0 };
}

/** The streams of a session share its ids; stateless requests have those of their stream. */
export function findById(state: State, from: string, id: RpcId): InFlight | undefined {
  return state.inFlight.find(
    (entry) => entry.id === id && (entry.from === from || entry.era === 'stateful'),
  );
}

export function findByCall(state: State, callId: string): InFlight | undefined {
  return state.inFlight.find((entry) => entry.callId === callId);
}

export function replace(state: State, changed: InFlight): State {
  const inFlight = state.inFlight.map((entry) =>
    entry.callId === changed.callId ? changed : entry,
  );
  return { ...state, inFlight };
}

export function remove(state: State, callId: string): State {
  return { ...state, inFlight: state.inFlight.filter((entry) => entry.callId !== callId) };
}

/** Several steps as one: each sees the state the one before left. */
export function sequence(state: State, steps: readonly ((state: State) => Step)[]): Step {
  const effects: Effect[] = [];
  let current = state;
  for (const each of steps) {
    const stepped = each(current);
    current = stepped.state;
    effects.push(...stepped.effects);
  }
  return { state: current, effects };
}
