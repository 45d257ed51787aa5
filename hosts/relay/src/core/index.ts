export { nodeFrames, type Opening, openingOf } from './opening.ts';
export { sourceOf } from './source.ts';
