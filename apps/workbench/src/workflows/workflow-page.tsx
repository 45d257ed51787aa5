import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import { status } from '../api.ts';
import { Loaded } from '../loaded.tsx';
import { Foreign, Title } from '../parts.tsx';
import { workflow } from './workflow-queries.ts';
import { WorkflowRuns } from './workflow-runs.tsx';

// The editor is larger than all pages together, and the name stands without it.
const WorkflowDraft = lazy(async () => ({
  default: (await import('./workflow-draft.tsx')).WorkflowDraft,
}));

/** One workflow: as it is kept, or as somebody begins it. */
export function WorkflowPage() {
  const { name } = useParams({ from: '/workflows/$name' });
  const now = useQuery(status);
  return (
    <>
      <Title>
        Workflow <Foreign text={name} />
      </Title>
      <p className="mb-3">
        <Link to="/workflows" className="underline">
          All workflows
        </Link>
        . It is a draft and allows nothing. <code>ioi workflow run</code> carries it out.
      </p>
      <Loaded query={useQuery(workflow(name))}>
        {(kept) => (
          <Suspense fallback={<p>Loading the editor.</p>}>
            <WorkflowDraft
              key={name}
              name={name}
              kept={kept}
              tools={(now.data?.servers ?? []).flatMap(({ tools }) =>
                tools.map((each) => each.name),
              )}
            />
          </Suspense>
        )}
      </Loaded>
      <WorkflowRuns name={name} />
    </>
  );
}
