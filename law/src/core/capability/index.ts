export { outsideEnvelope } from './envelope.ts';
export { onlyPrimitives } from './registered.ts';
export { checkDefinitions, type Resolving, resolve } from './resolve.ts';
