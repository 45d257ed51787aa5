export * from './artifacts.ts';
export { govern, richLog, smallLog } from './sample-logs.ts';
export { type Asked, TestAgent } from './test-agent.ts';
export { justification, manifestOf, TestGovernor } from './test-governor.ts';
export { readEntry, TestNode, type TestNodeOptions } from './test-node.ts';
