import type { WorkflowListed } from '@ioi/protocol';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { Listed, Loaded } from '../loaded.tsx';
import { Badge, BOX, BUTTON, CARD, Foreign, Title } from '../parts.tsx';
import { workflows } from './workflow-queries.ts';

const MOST = 100;

/** What somebody wrote down to be done in steps. */
export function WorkflowsPage() {
  return (
    <>
      <Title>Workflows</Title>
      <p className="mb-3">
        A workflow says what is done in which order, what it may use up, and where a person decides.
        Here they are written and checked; <code>ioi workflow run</code> carries one out.
      </p>
      <Begin />
      <Loaded query={useQuery(workflows)}>
        {(page) => (
          <>
            {page.workflows.length === 0 ? <p>No workflow is kept here.</p> : null}
            <Listed
              of={page.workflows}
              most={MOST}
              more={<code>ioi workflow list</code>}
              idOf={({ name }) => name}
            >
              {(each) => <Row workflow={each} />}
            </Listed>
          </>
        )}
      </Loaded>
    </>
  );
}

function Begin() {
  const [name, setName] = useState('');
  const navigate = useNavigate();
  const begin = (event: FormEvent): void => {
    event.preventDefault();
    void navigate({ to: '/workflows/$name', params: { name } });
  };
  return (
    <form onSubmit={begin} className="mb-4 flex flex-wrap items-center gap-3">
      <label className="flex items-center gap-2">
        Name
        <input
          value={name}
          onChange={({ target }) => setName(target.value)}
          pattern="[a-z0-9][a-z0-9\-]{0,63}"
          title="a to z, 0 to 9 and -, at most 64"
          placeholder="weekly-notes"
          required
          className={BOX}
        />
      </label>
      <button type="submit" className={BUTTON}>
        Write one
      </button>
    </form>
  );
}

function Row({ workflow }: { workflow: WorkflowListed }) {
  const { name, title, version, steps, faults } = workflow;
  return (
    <article className={`${CARD} flex flex-wrap items-center gap-3`}>
      <Link to="/workflows/$name" params={{ name }} className="underline">
        <Foreign text={name} />
      </Link>
      <span className="grow">
        <Foreign text={`${title} ${version}`} />
      </span>
      <span>{steps === 1 ? '1 step' : `${steps} steps`}</span>
      <Badge tone={faults === 0 ? 'good' : 'bad'}>{faults === 0 ? 'ok' : `${faults} faults`}</Badge>
    </article>
  );
}
