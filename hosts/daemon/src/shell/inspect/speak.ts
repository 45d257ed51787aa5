import type { InspectionLine, InspectionProgress } from '@ioi/protocol';

export type Speak = (line: InspectionLine) => void;

/** Told now and then, whatever the work does. */
const PROGRESS_MS = 100;

export type ReportProgress = (progress: InspectionProgress) => void;

/** Lines of progress, not more often than anyone can see. */
export function progressOver(speak: Speak): ReportProgress {
  let last = Number.NEGATIVE_INFINITY;
  return (progress) => {
    const now = performance.now();
    if (now - last < PROGRESS_MS && progress.done < progress.of) return;
    last = now;
    speak({ kind: 'progress', ...progress });
  };
}
