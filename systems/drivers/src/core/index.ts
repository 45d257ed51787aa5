export type { ListedTool, Silence, ToolAnswer } from './answer.ts';
export { type ArgumentsError, validateArguments } from './argument-check.ts';
export { type BindError, bindContract } from './bind.ts';
export { filesystemContracts } from './contracts/filesystem.ts';
export { type Evidenced, markersFor } from './rrsa.ts';
