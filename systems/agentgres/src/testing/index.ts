export { MemoryLog } from './memory-log.ts';
export { anyDefinition, anyEntries, definitionOf, entryOf } from './projections.ts';
export { signedLease } from './sessions.ts';
export { type StoreFixture, storeSuite } from './store-suite.ts';
