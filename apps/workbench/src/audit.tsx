import type { QueryAnswer } from '@ioi/protocol';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { Command } from './command.tsx';
import { Loaded } from './loaded.tsx';
import { Badge, Foreign, Time } from './parts.tsx';
import { audit } from './wallet-queries.ts';

type Row = QueryAnswer['rows'][number];

/** Of one kind: more are for the command line. */
export const MOST_USES = 50;
const KINDS = [
  ...['approval', 'certificate', 'decision', 'egress', 'epoch', 'execution', 'governance'],
  ...['grant', 'key', 'policy', 'session', 'spend'],
];
const ROW =
  'flex flex-wrap items-center gap-2 px-2 py-1 hover:bg-slate-100 dark:hover:bg-slate-900';
const SELECT = 'rounded-md border border-slate-400 bg-transparent px-2 py-1 dark:border-slate-600';

/** What authority was used for, newest first, each with its entry in the log. */
export function Audit() {
  const [kind, setKind] = useState('');
  const query = useQuery(audit(kind, MOST_USES));
  return (
    <>
      <p className="mb-2 flex flex-wrap items-center gap-3">
        <label className="flex items-center gap-2">
          Kind
          <select
            value={kind}
            onChange={({ target }) => setKind(target.value)}
            className={`${SELECT} dark:bg-slate-950`}
          >
            <option value="">all</option>
            {KINDS.map((each) => (
              <option key={each} value={each}>
                {each}
              </option>
            ))}
          </select>
        </label>
        <span>
          With what was done in the vault: <Command text="ioi wallet audit" />
        </span>
      </p>
      <Loaded query={query}>{({ rows }) => <Rows of={rows} />}</Loaded>
    </>
  );
}

function Rows({ of }: { of: readonly Row[] }) {
  if (of.length === 0) return <p>Nothing of this kind happened yet.</p>;
  return (
    <ol>
      {of.map((row) => (
        <li
          key={['seq', 'about', 'budget', 'event'].map((name) => textOf(row[name])).join(' ')}
          className="border-slate-200 border-b dark:border-slate-800"
        >
          <Use row={row} />
        </li>
      ))}
    </ol>
  );
}

function Use({ row }: { row: Row }) {
  const of = (name: string): string => textOf(row[name]);
  const who = of('agent_id');
  const why = [of('rule_id'), of('code'), of('budget')].filter((each) => each !== '');
  return (
    <Link to="/atlas/$id" params={{ id: of('seq') }} className={ROW}>
      <span className="text-sm">
        <Time millis={of('chain_time')} />
      </span>
      <Badge tone="plain">{of('kind')}</Badge>
      <Foreign text={of('result')} />
      {who === '' ? null : <Foreign text={who} />}
      <Foreign text={[...why, of('about')].join('  ')} />
    </Link>
  );
}

function textOf(value: unknown): string {
  return value === null || value === undefined ? '' : String(value);
}
