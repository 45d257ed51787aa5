import type { ActionRules, LogEntry } from '@ioi/protocol';
import { useEffect, useState } from 'react';
import type { Study } from './study-draft.ts';
import { working } from './working.ts';

/** Nobody stops typing for less. */
const PAUSE_MS = 250;

type Against = {
  readonly active: ActionRules | undefined;
  readonly entries: readonly LogEntry[];
};

/** What a draft means, as it becomes known; what was known of another text is gone. */
export function useStudy(text: string, { active, entries }: Against): Study {
  const [study, setStudy] = useState<Study>({});
  useEffect(() => {
    if (text.trim() === '') {
      setStudy({});
      return undefined;
    }
    let worker: Worker | undefined;
    const timer = setTimeout(() => {
      worker = working({ studying: { text, active, entries } });
      setStudy({});
      worker.addEventListener('message', ({ data }: MessageEvent<Study>) =>
        setStudy((known) => ({ ...known, ...data })),
      );
    }, PAUSE_MS);
    return () => {
      clearTimeout(timer);
      worker?.terminate();
    };
  }, [text, active, entries]);
  return study;
}
