import { totalmem } from 'node:os';
import { type RunLimits, usualLimits } from '@ioi/drivers';
import type { RunCredential, RunModel } from '@ioi/protocol';
import type { PortRange } from './port-keeper.ts';

/** What `ioi run` asks for; paths are absolute. */
export type RunRequest = {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** Last part of its agent id. */
  readonly name: string;
  readonly read: readonly string[];
  readonly write: readonly string[];
  readonly hosts: readonly string[];
  readonly credentials: readonly (RunCredential & { readonly variable: string })[];
  /** Ways its questions to models are passed by; none are without. */
  readonly models: readonly RunModel[];
  /** Ports of it that programs of this machine may reach, as far as the policy goes. */
  readonly ports: readonly PortRange[];
  readonly env: Readonly<Record<string, string>>;
  /** Folder that is kept, and found where programs expect a home. */
  readonly homeFrom: string;
  /** Folders of the node, of which nothing is shown. */
  readonly hidden: readonly string[];
  /** Where the program finds the node. */
  readonly mcpSocketInside: string;
  /** That answers while the node is up. */
  readonly apiSocket: string;
  /** What it may use, where that is not the usual. */
  readonly limits: Partial<RunLimits>;
  /** Gets what was decided and changed, as JSON (`RunTold`), once the program has ended. */
  readonly summaryFile: string;
  /** Where folders are kept as they were; nothing is kept without it. */
  readonly keptFolder?: string | undefined;
  /** What it may write is copied, and it works on the copies. */
  readonly isOverlay: boolean;
  /** Its shells ask the node before they do something. */
  readonly isAsking: boolean;
  /** What is said to hold it, for where no sandbox can be made. */
  readonly declared?: string | undefined;
  /** It is a job of a build server, which may say that. */
  readonly isCi?: boolean | undefined;
};

export function limitsOf({ limits }: RunRequest): RunLimits {
  return { ...usualLimits(totalmem()), ...limits };
}
