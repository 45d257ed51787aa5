import type { GuardianNotice, GuardianStatus } from '@ioi/guardian';
import type { HeadText } from '@ioi/law';
import { HeadReader } from './head-reader.ts';
import type { Latest } from './latest.ts';
import { Writer } from './writer.ts';
import { NODE_DOMAIN, type WriterData } from './writer-messages.ts';

/** The node's log, open and sealed, and what is read from it. */
export type OpenNode = {
  readonly writer: Writer;
  readonly reader: HeadReader;
  readonly latest: Latest;
  readonly status: GuardianStatus;
  readonly recovered: boolean;
  /** From here on notices of the guardian go to the taker; those that came before go first. */
  takeNotices(taker: (notice: GuardianNotice) => void): void;
};

export async function openNode(
  data: WriterData,
  onFault: (code: string, message: string) => void,
): Promise<OpenNode> {
  const latest: Latest = { note: '', cosigned: '', seal: undefined };
  const held: GuardianNotice[] = [];
  let onNotice = (notice: GuardianNotice): void => void held.push(notice);
  let onChanges = (_changes: readonly HeadText[], _size: number): void => {};
  const writer = new Writer(data, {
    onNotice: (notice) => onNotice(notice),
    onSealed: ({ domain, changes, note, size, seal }) => {
      if (domain !== NODE_DOMAIN) return;
      Object.assign(latest, { note, seal });
      onChanges(changes, size);
    },
    onFault,
  });
  const opened = await writer.opened;
  const reader = new HeadReader(data.folder);
  Object.assign(latest, { note: opened.note, seal: opened.seal });
  reader.sealed([], opened.size);
  onChanges = (changes, size) => reader.sealed(changes, size);
  const takeNotices = (taker: (notice: GuardianNotice) => void): void => {
    onNotice = taker;
    for (const notice of held.splice(0)) taker(notice);
  };
  const { status, recovered } = opened;
  return { writer, reader, latest, status, recovered, takeNotices };
}
