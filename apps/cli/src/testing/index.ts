export { BridgeProcess, closed } from './bridge-process.ts';
export { harmfulSql } from './fuzzed-sql.ts';
export { mutatedFrame } from './mutated-frames.ts';
export { NodeWithAgent } from './node-with-agent.ts';
export { MARKET, openMarket, sampleService } from './sample-market.ts';
export { type Block, blocksIn } from './snippets.ts';
export { TestNode } from './test-node.ts';
