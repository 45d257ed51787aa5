export { nodeFrames, type Opening, openingOf } from './opening.ts';
