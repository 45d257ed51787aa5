export { classify, type JsonRpcCode, type JsonRpcFault } from './classify.ts';
export {
  errorLine,
  INTERNAL_ERROR,
  INVALID_PARAMS,
  INVALID_REQUEST,
  methodNotFound,
  notificationLine,
  PARSE_ERROR,
  requestLine,
  resultLine,
} from './encode.ts';
export { type Frame, LineSplitter } from './line-splitter.ts';
export {
  isObject,
  type JsonObject,
  type Message,
  type RpcError,
  type RpcId,
} from './message.ts';
