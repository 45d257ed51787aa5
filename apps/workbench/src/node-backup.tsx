import type { Upkeep } from '@ioi/protocol';
import { sizeText } from './amounts.ts';
import { makeBackup } from './api.ts';
import { Command } from './command.tsx';
import { BUTTON, Failed, Foreign, Time } from './parts.tsx';
import { useMayRun } from './signed-in.tsx';
import { useOrder } from './stop.tsx';

type Noted = Upkeep['backup'] | undefined;

/** The last one as it was noted, one more, and what it takes to go on from it. */
export function Backup({ backup }: { backup: Noted }) {
  return (
    <>
      {backup === undefined ? (
        <p>No backup was noted here.</p>
      ) : (
        <p>
          <Time millis={String(Date.parse(backup.made_at))} />, <Foreign text={backup.file} />,{' '}
          {sizeText(backup.bytes)}. Whether it is still there, nobody looked.
        </p>
      )}
      <MakeOne />
      <Restoring backup={backup} />
    </>
  );
}

function MakeOne() {
  const { give, isUnderWay, fault } = useOrder(makeBackup);
  if (!useMayRun()) return null;
  return (
    <>
      <p className="my-2 flex flex-wrap items-center gap-2">
        <button type="button" className={BUTTON} onClick={give} disabled={isUnderWay}>
          Back up now
        </button>
        <span role="status">{isUnderWay ? 'Sealing.' : ''}</span>
        <span>
          into <code>backups</code> in the folder of the node, where the newest three are kept;{' '}
          <Command text="ioi backup" /> puts it elsewhere
        </span>
      </p>
      {fault === undefined ? null : <Failed fault={fault} />}
    </>
  );
}

function Restoring({ backup }: { backup: Noted }) {
  return (
    <>
      <h3 className="mt-3 font-semibold">To go on from one</h3>
      <ul className="list-inside list-disc">
        <li>
          the file, carried off this machine: with the disk it would be lost along with the node
        </li>
        <li>your recovery phrase, which alone opens it; it is asked for, and a new passphrase</li>
        <li>an empty or missing folder, so that nothing that runs is overwritten</li>
        <li>
          a checkpoint kept elsewhere, to see what the backup lacks:{' '}
          <Command text="ioi checkpoint" />
        </li>
      </ul>
      <p className="mt-1">
        Then, in a terminal:{' '}
        <Command text={`IOI_HOME=FOLDER ioi restore ${backup?.file ?? 'FILE'}`} /> Approvals, grants
        and leases of before are void then, and what waited ends.
      </p>
    </>
  );
}
