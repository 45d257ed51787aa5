export { type Act, isRequested } from './acts.ts';
export { draftContract, type ListedTool } from './draft-contract.ts';
export { draftPolicy } from './draft-policy.ts';
