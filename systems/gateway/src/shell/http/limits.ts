/** What one endpoint holds at most. Times are milliseconds. */
export type HttpLimits = {
  /** A larger request is dropped, with a receipt over its beginning. */
  readonly bodyBytes: number;
  /** Bodies that are being read, together. */
  readonly readingBytes: number;
  /** A body has to be there in this time. */
  readonly bodyMs: number;
  /** Receipts of unreadable requests that are being written. */
  readonly receipts: number;
  readonly sessions: number;
  readonly principals: number;
  /** Sessions and principals that nobody uses are forgotten. */
  readonly idleMs: number;
  /** A stream on which nothing happens says that it is there; an answer becomes a stream. */
  readonly keepAliveMs: number;
  /** A reader that takes nothing for so many of these is cut off. */
  readonly stalls: number;
  /** What a reader has not taken yet; with more it is cut off. */
  readonly unreadBytes: number;
  /** An answer that is not there by then becomes a stream whose reader can come back. */
  readonly primeMs: number;
  /** When a reader whose stream broke is to come back. */
  readonly retryMs: number;
  /** What a session keeps for readers that come back. */
  readonly replayEvents: number;
  readonly replayBytes: number;
  /** What all sessions keep for them together. */
  readonly replayTotalBytes: number;
};

const MIB = 1024 * 1024;

export const HTTP_LIMITS: HttpLimits = {
  bodyBytes: 16 * MIB,
  readingBytes: 128 * MIB,
  bodyMs: 30_000,
  receipts: 64,
  sessions: 256,
  principals: 256,
  idleMs: 1_800_000,
  keepAliveMs: 15_000,
  stalls: 8,
  unreadBytes: 16 * MIB,
  primeMs: 100,
  retryMs: 1_000,
  replayEvents: 256,
  replayBytes: 16 * MIB,
  replayTotalBytes: 128 * MIB,
};
