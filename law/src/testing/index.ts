export * from './artifacts.ts';
export { pathsIn, replaced } from './places.ts';
export { govern, richLog, smallLog } from './sample-logs.ts';
export { sampleObjects, sampleService, serviceClass } from './sample-objects.ts';
export { type Asked, TestAgent } from './test-agent.ts';
export { TestDomain } from './test-domain.ts';
export { justification, manifestOf, TestGovernor } from './test-governor.ts';
export { type DraftedEpoch, readEntry, TestNode, type TestNodeOptions } from './test-node.ts';
export * from './typed-text.ts';
