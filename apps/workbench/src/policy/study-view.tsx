import { Link } from '@tanstack/react-router';
import { Badge, Foreign, Notice, type Tone, toneOf } from '../parts.tsx';
import type { Study } from './study-draft.ts';

const MOST = 50;

type Change = NonNullable<Study['change']>;

const WORDS: Readonly<Record<Change['verdict'], { readonly tone: Tone; readonly text: string }>> = {
  first: { tone: 'warn', text: 'No policy is in force: what this allows becomes possible.' },
  same: { tone: 'plain', text: 'It decides as the policy in force does.' },
  included: { tone: 'good', text: 'It tightens: proven, no request goes further than now.' },
  refused: { tone: 'warn', text: 'It widens: some requests go further than now.' },
  undecided: { tone: 'warn', text: 'It counts as widening: nobody could show otherwise.' },
};

/** What a draft means, part by part as it becomes known. */
export function StudyView({ study }: { study: Study }) {
  const { faults = [], read, past, change } = study;
  if (faults.length > 0) return <Faults faults={faults} />;
  if (read === undefined) return <p>Reading.</p>;
  return (
    <div className="space-y-4">
      <Tests read={read} />
      {change === undefined ? <p>Comparing with the policy in force.</p> : <Changed of={change} />}
      {past === undefined ? <p>Running what happened again.</p> : <Past of={past} />}
    </div>
  );
}

function Faults({ faults }: { faults: NonNullable<Study['faults']> }) {
  return (
    <section aria-label="What is wrong with the draft">
      <Notice tone="bad">{`It cannot be read: ${faults.length} faults`}</Notice>
      <ul className="mt-2 space-y-1">
        {faults.slice(0, MOST).map(({ code, message, line, column }) => (
          <li key={`${line}:${column} ${code} ${message}`}>
            <Foreign text={`${line}:${column}  ${code}: ${message}`} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function Tests({ read }: { read: NonNullable<Study['read']> }) {
  const { tests, rules, policyHash } = read;
  const failed = tests.filter(({ isPassed }) => !isPassed);
  return (
    <section aria-label="Examples in the draft">
      <p>
        <Badge tone={failed.length === 0 ? 'good' : 'bad'}>
          {`${tests.length - failed.length} of ${tests.length} examples hold`}
        </Badge>{' '}
        {`${rules.length} rules, `}
        <Foreign text={policyHash} />
      </p>
      <ul className="mt-1">
        {failed.slice(0, MOST).map(({ line, column, ruleId, expected }) => (
          <li key={`${line}:${column}`}>
            <Foreign text={`${line}:${column}  ${ruleId}`} />{' '}
            {expected === 'match' ? 'should match and does not' : 'should not match and does'}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Changed({ of }: { of: Change }) {
  const { tone, text } = WORDS[of.verdict];
  return (
    <section aria-label="What the draft changes">
      <Notice tone={tone}>
        {text}
        {of.reason === undefined ? null : <Foreign text={` ${of.reason}`} />}
      </Notice>
      <ul className="mt-2 space-y-2">
        {of.examples.slice(0, MOST).map(({ request, before, after }) => (
          <li key={`${request} ${before} ${after}`}>
            <Foreign text={request} />
            <div>
              {'was '}
              <Foreign text={before} />
              {', becomes '}
              <Foreign text={after} />
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Past({ of }: { of: NonNullable<Study['past']> }) {
  const { actions, changed } = of;
  return (
    <section aria-label="What happened, run again">
      <p>
        {`Of ${actions} recorded actions ${changed.length} would be decided otherwise`}
        {changed.length > MOST ? `; the newest ${MOST}:` : changed.length > 0 ? ':' : '.'}
      </p>
      <ul className="mt-1 space-y-1">
        {changed
          .slice(-MOST)
          .reverse()
          .map(({ seq, request_hash, target, was, becomes, rule_id }) => (
            <li key={seq}>
              <Link to="/atlas/$id" params={{ id: request_hash }} className="underline">
                {seq}
              </Link>{' '}
              <Foreign text={target} /> <Badge tone={toneOf(was)}>{was}</Badge>
              {' to '}
              <Badge tone={toneOf(becomes)}>{becomes}</Badge>{' '}
              {rule_id === undefined ? null : <Foreign text={rule_id} />}
            </li>
          ))}
      </ul>
    </section>
  );
}
