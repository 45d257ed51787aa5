import type { EntryProof } from '@ioi/protocol';
import { check } from './check.ts';

/** Beside the page: signatures of this kind take a processor longer than a frame lasts. */
addEventListener('message', ({ data }: MessageEvent<EntryProof>) => postMessage(check(data)));
