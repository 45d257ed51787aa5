export { BridgeProcess, closed } from './bridge-process.ts';
export { harmfulSql } from './fuzzed-sql.ts';
export { IdentityProvider, PEOPLE_CLIENT_ID } from './identity-provider.ts';
export { mutatedFrame } from './mutated-frames.ts';
export { MARKET, openMarket, sampleService } from './sample-market.ts';
export { TestNode } from './test-node.ts';
export { visitAs } from './visit-as.ts';
