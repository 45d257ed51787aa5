import type { Beside } from '@ioi/agentgres';
import type { GuardianNotice, GuardianStatus } from '@ioi/guardian';
import type { HeadText } from '@ioi/law';
import { HeadReader } from './head-reader.ts';
import type { Latest } from './latest.ts';
import { Writer, type WriterEvents } from './writer.ts';
import { NODE_DOMAIN, type WriterData } from './writer-messages.ts';

/** The node's log, open and sealed, and what is read from it. */
export type OpenNode = {
  readonly writer: Writer;
  readonly reader: HeadReader;
  readonly latest: Latest;
  readonly status: GuardianStatus;
  readonly recovered: boolean;
  /** What stood beside the log when it was opened. */
  readonly beside: readonly Beside[];
  /** From here on notices of the guardian go to the taker; those that came before go first. */
  takeNotices(taker: (notice: GuardianNotice) => void): void;
  /** Told of what is sealed now, and of every commit after it, once it can be read. */
  takeSealed(taker: () => void): void;
  /** Commits of the other domains go to the taker. */
  takeDomainSeals(taker: (sealed: SealedDomain) => void): void;
};

type SealedDomain = Parameters<WriterEvents['onSealed']>[0];

export async function openNode(
  data: WriterData,
  onFault: (code: string, message: string) => void,
): Promise<OpenNode> {
  const latest: Latest = { note: '', cosigned: '', seal: undefined };
  const held: GuardianNotice[] = [];
  let onNotice = (notice: GuardianNotice): void => void held.push(notice);
  let onDomainSeal = (_sealed: SealedDomain): void => {};
  let onSeal = (): void => {};
  let onChanges = (_changes: readonly HeadText[], _size: number, _time: string): void => {};
  const writer = new Writer(data, {
    onNotice: (notice) => onNotice(notice),
    onSealed: (sealed) => {
      const { domain, changes, note, size, seal, chainTime } = sealed;
      if (domain !== NODE_DOMAIN) return onDomainSeal(sealed);
      Object.assign(latest, { note, seal });
      onChanges(changes, size, chainTime);
      onSeal();
    },
    onFault,
  });
  const opened = await writer.opened;
  const reader = new HeadReader(data.folder);
  Object.assign(latest, { note: opened.note, seal: opened.seal });
  reader.sealed([], opened.size);
  onChanges = (changes, size, chainTime) => reader.sealed(changes, size, chainTime);
  const takeNotices = (taker: (notice: GuardianNotice) => void): void => {
    onNotice = taker;
    for (const notice of held.splice(0)) taker(notice);
  };
  const takeSealed = (taker: () => void): void => {
    onSeal = taker;
    taker();
  };
  const takeDomainSeals = (taker: (sealed: SealedDomain) => void): void => {
    onDomainSeal = taker;
  };
  const { status, recovered, beside } = opened;
  const takers = { takeNotices, takeSealed, takeDomainSeals };
  return { writer, reader, latest, status, recovered, beside, ...takers };
}
