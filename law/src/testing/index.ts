export * from './artifacts.ts';
export { richLog, smallLog } from './sample-logs.ts';
export { type Asked, TestAgent } from './test-agent.ts';
export { readEntry, TestNode, type TestNodeOptions } from './test-node.ts';
export * from './typed-text.ts';
