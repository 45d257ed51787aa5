export * from './artifacts.ts';
export { richLog, smallLog } from './sample-logs.ts';
export { sampleObjects, sampleService, serviceClass } from './sample-objects.ts';
export { type Asked, TestAgent } from './test-agent.ts';
export { TestDomain } from './test-domain.ts';
export { readEntry, TestNode, type TestNodeOptions } from './test-node.ts';
