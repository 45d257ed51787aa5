export type { Act } from './acts.ts';
export { draftContract, isContract, type ListedTool } from './draft-contract.ts';
export { draftPolicy } from './draft-policy.ts';
export { isDestination } from './parameters.ts';
export { isRequested } from './requested.ts';
