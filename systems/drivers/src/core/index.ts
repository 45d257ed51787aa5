export type { ListedTool, Silence, ToolAnswer } from './answer.ts';
export { type ArgumentsError, argumentsCheck, validateValue } from './argument-check.ts';
export { type BindError, bindContract } from './bind.ts';
export { filesystemContracts } from './contracts/filesystem.ts';
export {
  CLIENT_METHODS,
  type ClientMethod,
  type Method,
  methodContracts,
  methodOf,
  methodTool,
  SERVER_METHODS,
  type ServerMethod,
} from './contracts/methods.ts';
export { headersOf } from './http-headers.ts';
export { type MethodCall, type MethodCallError, messageOf, methodCall } from './method-call.ts';
export { poisonSigns } from './poison.ts';
export { type Evidenced, markersFor } from './rrsa.ts';
export { isNamedHost } from './sandbox/hosts.ts';
export { type RunLimits, usualLimits } from './sandbox/limits.ts';
export { toolPin } from './tool-pin.ts';
