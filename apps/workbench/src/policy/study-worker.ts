import { type Draft, studyDraft } from './study-draft.ts';

/** Beside the page, so that nobody waits for a comparison while typing. */
addEventListener('message', ({ data }: MessageEvent<Draft>) => {
  for (const part of studyDraft(data)) postMessage(part);
});
