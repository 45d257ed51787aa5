import type { EntryLine } from '@ioi/law/shown';
import { Link } from '@tanstack/react-router';
import { Badge, Foreign, Time, toneOf } from './parts.tsx';

const ROW =
  'flex h-full items-center gap-3 overflow-hidden whitespace-nowrap px-3 ' +
  'hover:bg-slate-100 dark:hover:bg-slate-800';

/** One entry of the log in one line, which leads to all about it. */
export function EntryRow({ line }: { line: EntryLine }) {
  const { seq, chainTime, word, target, path, ruleId, detail } = line;
  const about = [target, path, ruleId, detail].filter((each) => each !== undefined).join('  ');
  return (
    <Link to="/atlas/$id" params={{ id: seq }} className={ROW}>
      <span className="w-10 shrink-0 text-right font-mono text-sm sm:w-16">{seq}</span>
      <Badge tone={toneOf(word)}>{word}</Badge>
      <span className="grow overflow-hidden text-ellipsis">
        <Foreign text={about} />
      </span>
      <span className="hidden shrink-0 text-sm sm:inline">
        <Time millis={chainTime} />
      </span>
    </Link>
  );
}
