import { readFileSync } from 'node:fs';
import type { WorkspaceAnswer, WorkspaceJob } from '@ioi/protocol';
import { answerJob } from './shell/workspace-job.ts';

const [folder = ''] = process.argv.slice(2);
const job = JSON.parse(readFileSync(0, 'utf8')) as WorkspaceJob;
const answer: WorkspaceAnswer = answerJob(folder, job);
process.stdout.write(JSON.stringify(answer));
