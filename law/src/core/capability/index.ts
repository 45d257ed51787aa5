export { missingIn, outsideEnvelope } from './envelope.ts';
export { neverPasses } from './never.ts';
export { onlyPrimitives } from './registered.ts';
export { checkDefinitions, type Resolving, resolve } from './resolve.ts';
