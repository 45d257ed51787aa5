import { leaseOf } from './lease-of.ts';
import { studyDraft } from './study-draft.ts';
import { suggest } from './suggest.ts';
import type { Work } from './working.ts';

/** Beside the page, so that nobody waits for a comparison while typing. */
addEventListener('message', ({ data }: MessageEvent<Work>) => {
  if ('suggesting' in data) postMessage(suggest(data.suggesting));
  else if ('leasing' in data) postMessage(leaseOf(data.leasing));
  else for (const part of studyDraft(data.studying)) postMessage(part);
});
