import { err, type Result } from '@ioi/basis';

/** Why a request was not carried out, or not answered. */
export type EdgeRefusal = {
  readonly code: string;
  readonly message: string;
  /** Whether anything of it may have reached the server. */
  readonly isSent: boolean;
};

/** A refusal of something that reached nobody. */
export function unsent(code: string, message: string): Result<never, EdgeRefusal> {
  return err({ code, message, isSent: false });
}
