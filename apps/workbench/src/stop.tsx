import { useState } from 'react';
import { endRun, keepFromAsking } from './api.ts';
import { BUTTON, Failed, Notice } from './parts.tsx';
import { useMayRun } from './signed-in.tsx';

const STRONG =
  'rounded-md bg-red-800 px-3 py-1 text-white hover:bg-red-900 disabled:opacity-50 ' +
  'focus-visible:outline-offset-4';

/** Orders something, and says why it was not done where it was not. */
export function useOrder(order: () => Promise<void>) {
  const [isUnderWay, setUnderWay] = useState(false);
  const [fault, setFault] = useState<Error | undefined>(undefined);
  const give = (): void => {
    setUnderWay(true);
    setFault(undefined);
    order()
      .catch(setFault)
      .finally(() => setUnderWay(false));
  };
  return { give, isUnderWay, fault };
}

export function Pause({ session }: { session: string }) {
  const { give, isUnderWay, fault } = useOrder(() => keepFromAsking({ session }));
  if (!useMayRun()) return null;
  return (
    <>
      <button type="button" onClick={give} disabled={isUnderWay} className={BUTTON}>
        Pause
      </button>
      {fault === undefined ? null : <Failed fault={fault} />}
    </>
  );
}

/** Asked about once, since a run that was ended is over. */
export function EndRun({ kind, id }: { kind: 'runs' | 'workflow-runs'; id: string }) {
  const [isAsked, setAsked] = useState(false);
  const { give, isUnderWay, fault } = useOrder(() => endRun(kind, id));
  if (!useMayRun()) return null;
  if (!isAsked) {
    return (
      <button type="button" onClick={() => setAsked(true)} className={BUTTON}>
        Cancel this run
      </button>
    );
  }
  return (
    <fieldset aria-label="Cancel this run" className="flex flex-wrap items-center gap-3">
      <p>It ends here. What was sealed goes on to its receipt.</p>
      <button type="button" onClick={give} disabled={isUnderWay} className={STRONG}>
        Cancel it now
      </button>
      <button type="button" onClick={() => setAsked(false)} className={BUTTON}>
        Let it go on
      </button>
      {fault === undefined ? null : <Failed fault={fault} />}
    </fieldset>
  );
}

/** Asked about once, since it takes a terminal to take it back. */
export function StopEverything({ isStopped }: { isStopped: boolean }) {
  const [isAsked, setAsked] = useState(false);
  const order = useOrder(async () => {
    await keepFromAsking('everything');
    setAsked(false);
  });
  const mayRun = useMayRun();
  if (isStopped || !mayRun) return null;
  if (!isAsked) {
    return (
      <button type="button" onClick={() => setAsked(true)} className={BUTTON}>
        Stop everything
      </button>
    );
  }
  return (
    <fieldset aria-label="Stop everything" className="flex flex-wrap items-center gap-3">
      <p>
        Every agent is refused from now on, also those that come, and what waits is cancelled. What
        a tool does already goes on to its end.
      </p>
      <button type="button" onClick={order.give} disabled={order.isUnderWay} className={STRONG}>
        Stop everything now
      </button>
      <button type="button" onClick={() => setAsked(false)} className={BUTTON}>
        Do not stop
      </button>
      {order.fault === undefined ? null : <Failed fault={order.fault} />}
    </fieldset>
  );
}

export function StoppedNotice() {
  return (
    <Notice tone="bad">
      STOPPED: whatever is asked for is refused. <code>ioi agents resume --all</code> lets the
      policy decide again.
    </Notice>
  );
}
